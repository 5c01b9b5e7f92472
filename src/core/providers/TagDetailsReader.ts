/**
 * Reads what is shown beside a tag: one manifest, one config, and for an index the manifests of its platforms. All of
 * it is content by digest, so it is kept for good and read once however many tags share it.
 */
import pLimit from 'p-limit';
import * as v from 'valibot';
import { isCoreError } from '../common/CoreError.ts';
import { artifactKindOf, artifactTypeOf } from '../oci/artifact.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { parseImageConfig } from '../oci/imageConfig.ts';
import type { ImageConfig } from '../oci/imageConfig.ts';
import type { ImageManifest, IndexManifest, LegacyManifest, Manifest } from '../oci/manifest.ts';
import { isIndexType, isSchema1Type } from '../oci/mediaType.ts';
import type { Platform } from '../oci/platform.ts';
import { isUnknownPlatform } from '../oci/platform.ts';
import type { RegistryClient } from '../registry/RegistryClient.ts';
import { DigestCache } from './DigestCache.ts';
import type { TagDetails } from './RegistryProvider.ts';

const MAX_CONFIG_BYTES = 4 * 1024 * 1024;
/** Platforms of one index whose manifests are read; beyond, the size stays unknown. */
const MAX_PLATFORMS_READ = 32;
const MAX_INDEX_DEPTH = 8;
const PARALLEL_READS = 4;
/** Before Docker was: times of reproducible builds (1970, 1980) say nothing about age. */
const FIRST_IMAGE_MS = Date.UTC(2013, 2);

type ConfigFacts = Pick<TagDetails, 'createdAt' | 'platforms'>;

/** What a platform, or all of an index, adds up to. */
interface PlatformFacts {
  /** Undefined where a manifest is missing (sparse copies) or there are too many, too deep: unknown, not zero. */
  readonly sizeInBytes?: number;
  /** Config of the first image in it. */
  readonly config?: Descriptor;
}

export class TagDetailsReader {
  readonly #client: RegistryClient;
  readonly #details = new DigestCache<TagDetails>();
  readonly #configs = new DigestCache<ConfigFacts>();
  readonly #platforms = new DigestCache<PlatformFacts>();
  readonly #limit = pLimit(PARALLEL_READS);

  constructor(client: RegistryClient) {
    this.#client = client;
  }

  /** What is already known of a digest. */
  peek(digest: Digest): TagDetails | undefined {
    return this.#details.peek(digest);
  }

  /** Gets the manifest that `reference` (tag or digest) names, and its details. */
  async read(repository: string, reference: string, signal: AbortSignal): Promise<TagDetails> {
    const manifest = await this.#client.getManifest(repository, reference, signal);
    const { digest } = manifest;
    return this.#details.get(digest, signal, (shared) => this.#describe(repository, manifest, shared));
  }

  async #describe(repository: string, manifest: Manifest, signal: AbortSignal): Promise<TagDetails> {
    const artifactType = artifactTypeOf(manifest);
    const base = {
      digest: manifest.digest,
      mediaType: manifest.mediaType,
      kind: artifactKindOf(manifest),
      ...(artifactType !== undefined && { artifactType }),
    };
    switch (manifest.kind) {
      case 'manifest':
        return {
          ...base,
          ...(await this.#describeManifest(repository, manifest, base.kind === 'image', signal)),
        };
      case 'index':
        return { ...base, ...(await this.#describeIndex(repository, manifest, signal)) };
      case 'legacy':
        return { ...base, ...describeLegacy(manifest) };
    }
  }

  async #describeManifest(
    repository: string,
    manifest: ImageManifest,
    isImage: boolean,
    signal: AbortSignal,
  ): Promise<Partial<TagDetails>> {
    const sizeInBytes = sizeOf(manifest);
    const annotated = annotatedTime(manifest);
    if (!isImage) return { sizeInBytes, ...annotated };
    return { sizeInBytes, ...annotated, ...(await this.#config(repository, manifest.config, signal)) };
  }

  async #describeIndex(
    repository: string,
    index: IndexManifest,
    signal: AbortSignal,
  ): Promise<Partial<TagDetails>> {
    const entries = index.manifests.filter(isRunnable);
    const platforms = uniquePlatforms(entries.flatMap(({ platform }) => platform ?? []));
    const base = { ...(platforms.length > 0 && { platforms }), ...annotatedTime(index) };
    const { sizeInBytes, config } = await this.#sumOf(repository, entries, new Set([index.digest]), signal);
    const { createdAt } = config ? await this.#config(repository, config, signal) : {};
    return { ...base, ...(sizeInBytes !== undefined && { sizeInBytes }), ...(createdAt && { createdAt }) };
  }

  /** @param visited digests of the indexes above, against one that holds itself. */
  async #sumOf(
    repository: string,
    entries: readonly Descriptor[],
    visited: ReadonlySet<Digest>,
    signal: AbortSignal,
  ): Promise<PlatformFacts> {
    if (entries.length > MAX_PLATFORMS_READ || visited.size > MAX_INDEX_DEPTH) return {};
    const facts = await Promise.all(
      entries
        .filter(({ digest }) => !visited.has(digest))
        .map((entry) =>
          isIndexType(entry.mediaType)
            ? this.#nested(repository, entry.digest, visited, signal)
            : this.#platform(repository, entry.digest, signal),
        ),
    );
    const sizes = facts.flatMap(({ sizeInBytes }) => sizeInBytes ?? []);
    const config = facts.find((fact) => fact.config)?.config;
    return {
      ...(sizes.length === facts.length && { sizeInBytes: sizes.reduce((sum, size) => sum + size, 0) }),
      ...(config && { config }),
    };
  }

  async #nested(
    repository: string,
    digest: Digest,
    visited: ReadonlySet<Digest>,
    signal: AbortSignal,
  ): Promise<PlatformFacts> {
    const index = await this.#manifest(repository, digest, signal);
    if (index?.kind !== 'index') return {};
    const entries = index.manifests.filter(isRunnable);
    return this.#sumOf(repository, entries, new Set([...visited, digest]), signal);
  }

  async #platform(repository: string, digest: Digest, signal: AbortSignal): Promise<PlatformFacts> {
    return this.#platforms.get(digest, signal, async (shared) => {
      const manifest = await this.#manifest(repository, digest, shared);
      if (manifest?.kind !== 'manifest') return {};
      const isImage = artifactKindOf(manifest) === 'image';
      return { sizeInBytes: sizeOf(manifest), ...(isImage && { config: manifest.config }) };
    });
  }

  async #manifest(repository: string, digest: Digest, signal: AbortSignal): Promise<Manifest | undefined> {
    try {
      return await this.#limit(() => this.#client.getManifest(repository, digest, signal));
    } catch (error) {
      if (isCoreError(error, 'notFound')) return undefined;
      throw error;
    }
  }

  /** Age and platform; nothing where the config is gone, too large or unreadable: a tag is shown all the same. */
  async #config(repository: string, { digest }: Descriptor, signal: AbortSignal): Promise<ConfigFacts> {
    return this.#configs.get(digest, signal, async (shared) => {
      try {
        const bytes = await this.#client.readBlob(repository, digest, MAX_CONFIG_BYTES, shared);
        return factsOf(parseImageConfig(bytes));
      } catch (error) {
        if (isCoreError(error, 'notFound', 'tooLarge', 'protocol')) return {};
        throw error;
      }
    });
  }
}

/** Compressed bytes of config and layers. */
function sizeOf({ config, layers }: ImageManifest): number {
  return layers.reduce((sum, layer) => sum + layer.sizeInBytes, config.sizeInBytes);
}

/** Not an attestation or another attachment of BuildKit, and not schema 1. */
function isRunnable({ platform, annotations, mediaType }: Descriptor): boolean {
  return (
    !isUnknownPlatform(platform) &&
    annotations?.['vnd.docker.reference.type'] === undefined &&
    !isSchema1Type(mediaType)
  );
}

function uniquePlatforms(platforms: readonly Platform[]): Platform[] {
  const key = ({ os, architecture, variant, osVersion }: Platform): string =>
    [os, architecture, variant, osVersion].join('/');
  return [...new Map(platforms.map((platform) => [key(platform), platform])).values()];
}

function annotatedTime({ annotations }: Manifest): Pick<TagDetails, 'createdAt'> {
  return tellingTime(new Date(annotations['org.opencontainers.image.created'] ?? NaN));
}

function tellingTime(time: Date | undefined): Pick<TagDetails, 'createdAt'> {
  return time !== undefined && time.getTime() >= FIRST_IMAGE_MS ? { createdAt: time } : {};
}

function factsOf({ created, os, architecture, variant, osVersion }: ImageConfig): ConfigFacts {
  const platform = { os, architecture, ...(variant && { variant }), ...(osVersion && { osVersion }) };
  return { ...tellingTime(created), ...(os !== '' && architecture !== '' && { platforms: [platform] }) };
}

const legacySchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    history: v.pipe(
      v.array(
        v.object({ v1Compatibility: v.pipe(v.string(), v.parseJson(), v.object({ created: v.string() })) }),
      ),
      v.minLength(1),
    ),
  }),
);

/** Schema 1 carries the config of its topmost layer within itself. Sizes are unknown. */
function describeLegacy({ bytes, architecture }: LegacyManifest): Partial<TagDetails> {
  const document = v.safeParse(legacySchema, new TextDecoder().decode(bytes));
  const created = document.success ? document.output.history[0]?.v1Compatibility.created : undefined;
  return {
    ...tellingTime(new Date(created ?? NaN)),
    ...(architecture !== '' && { platforms: [{ os: 'linux', architecture }] }),
  };
}
