/**
 * Reads a manifest, index or schema 1 manifest from the bytes a registry sent: tolerant to what registries add or
 * leave out, strict where a wrong reading would be dangerous. Sources: OCI image-spec manifest.md, image-index.md,
 * descriptor.md; Docker manifest-v2-2 and manifest-v2-1.
 */
import * as v from 'valibot';
import { CoreError } from '../common/CoreError.ts';
import type { Descriptor } from './descriptor.ts';
import { isDigest } from './digest.ts';
import type { Digest } from './digest.ts';
import { informative, stringMap } from './informative.ts';
import type { Manifest } from './manifest.ts';
import { isIndexType, isSchema1Type, MediaType } from './mediaType.ts';
import { parseJson } from './parseJson.ts';

/** Registries must take manifests up to this size; nobody has a bigger one. Bytes. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

const OCTET_STREAM = 'application/octet-stream';
const KNOWN_TYPES: ReadonlySet<string> = new Set([
  MediaType.ociIndex,
  MediaType.dockerIndex,
  MediaType.ociManifest,
  MediaType.dockerManifest,
  MediaType.dockerSchema1,
  MediaType.dockerSchema1Signed,
]);

const platformSchema = informative(
  v.object({
    os: v.pipe(v.string(), v.nonEmpty()),
    architecture: v.pipe(v.string(), v.nonEmpty()),
    variant: informative(v.string()),
    'os.version': informative(v.string()),
  }),
);

const digestSchema = v.custom<Digest>(
  (value) => typeof value === 'string' && isDigest(value),
  'not a digest',
);

const descriptorSchema = v.pipe(
  v.object({
    mediaType: v.nullish(v.string(), OCTET_STREAM),
    digest: digestSchema,
    size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    annotations: informative(stringMap),
    artifactType: informative(v.string()),
    platform: platformSchema,
    urls: informative(v.array(v.string())),
  }),
  v.transform(({ mediaType, digest, size, annotations, artifactType, platform, urls }): Descriptor => {
    const osVersion = platform?.['os.version'];
    return {
      mediaType,
      digest,
      sizeInBytes: size,
      ...(annotations && { annotations }),
      ...(artifactType && { artifactType }),
      ...(platform && {
        platform: {
          os: platform.os,
          architecture: platform.architecture,
          ...(platform.variant && { variant: platform.variant }),
          ...(osVersion && { osVersion }),
        },
      }),
      ...(urls && urls.length > 0 && { urls }),
    };
  }),
);

const documentSchema = v.object({
  schemaVersion: informative(v.number()),
  mediaType: informative(v.string()),
  artifactType: informative(v.string()),
  annotations: informative(stringMap),
  subject: v.nullish(descriptorSchema),
  config: v.nullish(descriptorSchema),
  layers: v.nullish(v.array(descriptorSchema)),
  manifests: v.nullish(v.array(descriptorSchema)),
  fsLayers: v.nullish(v.array(v.object({ blobSum: digestSchema }))),
  signatures: informative(v.array(v.unknown())),
  name: v.fallback(v.string(), ''),
  tag: v.fallback(v.string(), ''),
  architecture: v.fallback(v.string(), ''),
});

type ManifestDocument = v.InferOutput<typeof documentSchema>;

/**
 * @param contentType the Content-Type it was served with; where that is no manifest type, its own `mediaType` counts,
 *   and where it has none, its shape.
 * @param digest of `bytes`, checked by the caller.
 * @throws CoreError `tooLarge` over 4 MiB; `protocol` with reason `notJson`, `manifestsAndLayers` (one document that
 *   is both an index and an image), `mediaTypeMismatch` (served as another kind than it is), `badDescriptor`
 *   (`subject` names the field) or `unknownManifest`.
 */
export function parseManifest(bytes: Uint8Array, contentType: string | undefined, digest: Digest): Manifest {
  if (bytes.byteLength > MAX_MANIFEST_BYTES) {
    throw new CoreError('tooLarge', `manifest ${digest} is over ${MAX_MANIFEST_BYTES} bytes`, {
      reason: 'manifest',
    });
  }
  const document = parseDocument(bytes);
  if (document.manifests && (document.layers || document.config || document.fsLayers)) {
    throw protocolError('manifestsAndLayers', 'the document is both an index and an image');
  }
  const mediaType = mediaTypeOf(document, contentType);
  const base = {
    mediaType,
    digest,
    bytes,
    annotations: document.annotations ?? {},
    ...(document.artifactType && { artifactType: document.artifactType }),
    ...(document.subject && { subject: document.subject }),
  };
  if (isIndexType(mediaType)) return { ...base, kind: 'index', manifests: document.manifests ?? [] };
  if (isSchema1Type(mediaType)) {
    const { name, tag, architecture, fsLayers } = document;
    return { ...base, kind: 'legacy', name, tag, architecture, layers: legacyLayers(fsLayers ?? []) };
  }
  if (!document.config) throw protocolError('unknownManifest', 'an image manifest without a config');
  return { ...base, kind: 'manifest', config: document.config, layers: document.layers ?? [] };
}

function parseDocument(bytes: Uint8Array): ManifestDocument {
  const result = v.safeParse(documentSchema, parseJson(bytes, 'manifest'));
  if (result.success) return result.output;
  const path = v.getDotPath(result.issues[0]) ?? undefined;
  if (path === undefined) throw protocolError('unknownManifest', 'the manifest is not a JSON object');
  throw protocolError('badDescriptor', `the manifest has a bad descriptor: ${path}`, path);
}

/** What the document is called: as served, else as it says itself, else by its shape. Its shape must agree. */
function mediaTypeOf(document: ManifestDocument, contentType: string | undefined): string {
  const served = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  const named = [served, document.mediaType].find((type) => type !== undefined && KNOWN_TYPES.has(type));
  const shape = shapeOf(document);
  if (named === undefined && shape === undefined) {
    throw protocolError('unknownManifest', 'the document is no manifest of a known kind');
  }
  if (named !== undefined && shape !== undefined && kindOf(named) !== kindOf(shape)) {
    throw protocolError('mediaTypeMismatch', `served as ${named}, but it looks like ${shape}`);
  }
  return named ?? shape!;
}

function shapeOf({ manifests, config, layers, fsLayers, signatures }: ManifestDocument): string | undefined {
  if (manifests) return MediaType.ociIndex;
  if (config || layers) return MediaType.ociManifest;
  if (fsLayers) return signatures?.length ? MediaType.dockerSchema1Signed : MediaType.dockerSchema1;
  return undefined;
}

function kindOf(mediaType: string): Manifest['kind'] {
  if (isIndexType(mediaType)) return 'index';
  return isSchema1Type(mediaType) ? 'legacy' : 'manifest';
}

/** Schema 1 lists the topmost layer first and knows no sizes. */
function legacyLayers(fsLayers: readonly { readonly blobSum: Digest }[]): Descriptor[] {
  return fsLayers
    .map(({ blobSum }) => ({ mediaType: MediaType.dockerLayerGzip, digest: blobSum, sizeInBytes: 0 }))
    .reverse();
}

function protocolError(reason: string, message: string, subject?: string): CoreError {
  return new CoreError('protocol', message, { reason, ...(subject !== undefined && { subject }) });
}
