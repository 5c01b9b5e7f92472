/**
 * Who built an image, from what. Sources: SLSA provenance v0.2 and v1 (slsa.dev/spec); BuildKit
 * docs/attestations/slsa-definitions.md for what Docker's builds fill in.
 */
import * as v from 'valibot';
import { isDigest, type Digest } from '../oci/digest.ts';
import { informative, stringMap } from '../oci/informative.ts';
import { parseSource, type SourceCommit } from './sourceCommit.ts';

/** All of it is the builder's claim. */
export interface Provenance {
  /** URI of the builder: often the CI workflow. */
  readonly builder?: string;
  readonly buildType?: string;
  readonly source?: SourceCommit;
  readonly materials: readonly Material[];
  readonly finishedAt?: Date;
}

/** Something the build used. */
export interface Material {
  readonly uri: string;
  readonly digest?: Digest;
}

const text = informative(v.pipe(v.string(), v.nonEmpty()));
const digests = v.fallback(stringMap, {});
const resource = v.object({ uri: text, digest: digests });
const resources = v.fallback(v.array(v.fallback(resource, { uri: undefined, digest: {} })), []);
const vcs = informative(v.object({ source: text, revision: text }));
const builder = informative(v.object({ id: text }));

const v02 = v.object({
  builder,
  buildType: text,
  invocation: informative(v.object({ configSource: informative(resource) })),
  materials: resources,
  metadata: informative(
    v.object({
      buildFinishedOn: text,
      'https://mobyproject.org/buildkit@v1#metadata': informative(v.object({ vcs })),
    }),
  ),
});

const v1 = v.object({
  buildDefinition: v.object({
    buildType: text,
    externalParameters: informative(v.object({ configSource: informative(resource), source: text })),
    resolvedDependencies: resources,
  }),
  runDetails: informative(
    v.object({
      builder,
      metadata: informative(
        v.object({
          finishedOn: text,
          finishedAt: text,
          buildkit_metadata: informative(v.object({ vcs })),
        }),
      ),
    }),
  ),
});

/** @param predicate of an in-toto statement. Undefined where it is no provenance of SLSA. */
export function readProvenance(predicate: unknown): Provenance | undefined {
  const asV1 = v.safeParse(v1, predicate);
  if (asV1.success) {
    const { buildDefinition, runDetails } = asV1.output;
    const { externalParameters, resolvedDependencies } = buildDefinition;
    return provenanceOf({
      builder: runDetails?.builder?.id,
      buildType: buildDefinition.buildType,
      vcs: runDetails?.metadata?.buildkit_metadata?.vcs,
      configSource: externalParameters?.configSource,
      materials: resolvedDependencies,
      finished: runDetails?.metadata?.finishedOn ?? runDetails?.metadata?.finishedAt,
    });
  }
  const asV02 = v.safeParse(v02, predicate);
  if (!asV02.success) return undefined;
  const { metadata, invocation, materials, buildType } = asV02.output;
  if (buildType === undefined && asV02.output.builder?.id === undefined) return undefined;
  return provenanceOf({
    builder: asV02.output.builder?.id,
    buildType,
    vcs: metadata?.['https://mobyproject.org/buildkit@v1#metadata']?.vcs,
    configSource: invocation?.configSource,
    materials,
    finished: metadata?.buildFinishedOn,
  });
}

interface Facts {
  readonly builder: string | undefined;
  readonly buildType: string | undefined;
  readonly vcs: v.InferOutput<typeof vcs>;
  readonly configSource: v.InferOutput<typeof resource> | undefined;
  readonly materials: readonly v.InferOutput<typeof resource>[];
  readonly finished: string | undefined;
}

function provenanceOf({
  builder: id,
  buildType,
  vcs: from,
  configSource,
  materials,
  finished,
}: Facts): Provenance {
  const candidates = [
    from && { uri: from.source, commit: from.revision },
    configSource && { uri: configSource.uri, commit: commitOf(configSource.digest) },
    ...materials
      .filter(({ uri }) => uri !== undefined && /^git\+|\.git(?:$|[#@])/.test(uri))
      .map(({ uri, digest }) => ({ uri, commit: commitOf(digest) })),
  ];
  const source = candidates
    .map((candidate) => candidate?.uri && parseSource(candidate.uri, candidate.commit))
    .find((found) => typeof found === 'object');
  const finishedAt = new Date(finished ?? NaN);
  return {
    ...(id !== undefined && { builder: id }),
    ...(buildType !== undefined && { buildType }),
    ...(source && { source }),
    materials: materials.flatMap(({ uri, digest }) => {
      if (uri === undefined) return [];
      const known = Object.entries(digest)
        .map(([algorithm, hex]) => `${algorithm}:${hex}`)
        .find(isDigest);
      return [{ uri, ...(known && { digest: known }) }];
    }),
    ...(!Number.isNaN(finishedAt.getTime()) && { finishedAt }),
  };
}

function commitOf(digest: Readonly<Record<string, string>>): string | undefined {
  return digest['gitCommit'] ?? digest['sha1'];
}
