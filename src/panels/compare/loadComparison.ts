/** Finds out what the two names of a comparison mean: one platform of each, with its config and its layers. */
import { CoreError } from '../../core/common/CoreError.ts';
import type { Docker } from '../../core/docker/Docker.ts';
import { MAX_CONFIG_BYTES } from '../../core/image/loadImageView.ts';
import { splitAttestations } from '../../core/oci/attestation.ts';
import type { Descriptor } from '../../core/oci/descriptor.ts';
import { parseDigest, type Digest } from '../../core/oci/digest.ts';
import { parseImageConfig, type ImageConfig } from '../../core/oci/imageConfig.ts';
import type { Manifest } from '../../core/oci/manifest.ts';
import { isIndexType } from '../../core/oci/mediaType.ts';
import { formatPlatform } from '../../core/oci/platform.ts';
import type { ImageAddress } from '../../platform/imageFileAddress.ts';
import type { RegistrySessions } from '../../platform/RegistrySessions.ts';
import type { CompareRequest, CompareTarget } from './comparePanelProtocol.ts';

export interface ComparedImage {
  readonly target: CompareTarget;
  readonly address: ImageAddress;
  readonly digest: Digest;
  /** Two manifests may hold one image: compressed anew, or in the engine, which has no manifest. */
  readonly configDigest: Digest;
  readonly config: ImageConfig;
  readonly layers: readonly Descriptor[];
  /** Compressed; undefined for an image of the engine. */
  readonly sizeInBytes?: number;
  readonly platform: string;
  /** What the index lists about this platform. */
  readonly attestations: readonly Descriptor[];
}

export interface LoadedComparison {
  readonly before: ComparedImage;
  readonly after: ComparedImage;
  /** Names of platforms to choose from: those of both, or of the only one that has several. */
  readonly platforms: readonly string[];
}

/** Nothing in it can differ: an image's config names its files by their digests, an artifact's may be empty. */
export function isSameImage({ before, after }: LoadedComparison): boolean {
  const namesFiles = before.config.diffIds.length > 0;
  return before.digest === after.digest || (namesFiles && before.configDigest === after.configDigest);
}

export interface ComparisonSources {
  readonly sessions: Pick<RegistrySessions, 'open'>;
  readonly docker: Pick<Docker, 'imageConfig'>;
}

/** A target with its manifest, where it has one. */
interface Found {
  readonly target: CompareTarget;
  readonly manifest?: Manifest;
  readonly platforms: ReadonlyMap<string, Descriptor>;
}

/** @throws CoreError, `unsupported` with reason `noFiles` for what is no image to compare */
export async function loadComparison(
  { sessions, docker }: ComparisonSources,
  { before, after, platform }: CompareRequest,
  signal: AbortSignal,
): Promise<LoadedComparison> {
  const [left, right] = await Promise.all([before, after].map((each) => find(sessions, each, signal)));
  const common = commonPlatforms(left!.platforms, right!.platforms);
  const wanted = platform ?? ownPlatform(common);
  const [first, second] = await Promise.all([
    open({ sessions, docker }, left!, wanted, signal),
    open({ sessions, docker }, right!, wanted, signal),
  ]);
  return { before: first, after: second, platforms: common };
}

async function find(
  sessions: Pick<RegistrySessions, 'open'>,
  target: CompareTarget,
  signal: AbortSignal,
): Promise<Found> {
  if (target.kind === 'docker') return { target, platforms: new Map() };
  const { client } = await sessions.open(target.connectionId);
  const manifest = await client.getManifest(target.repository, target.reference, signal);
  const entries = manifest.kind === 'index' ? splitAttestations(manifest.manifests).platforms : [];
  const platforms = entries.flatMap((entry): [string, Descriptor][] =>
    entry.platform && !isIndexType(entry.mediaType) ? [[nameOf(entry), entry]] : [],
  );
  return { target, manifest, platforms: new Map(platforms) };
}

/** Windows images differ in the version only. */
function nameOf({ platform }: Descriptor): string {
  const { osVersion } = platform!;
  return osVersion === undefined ? formatPlatform(platform!) : `${formatPlatform(platform!)} ${osVersion}`;
}

function commonPlatforms(
  left: ReadonlyMap<string, Descriptor>,
  right: ReadonlyMap<string, Descriptor>,
): string[] {
  if (left.size === 0) return [...right.keys()];
  if (right.size === 0) return [...left.keys()];
  return [...left.keys()].filter((name) => right.has(name));
}

function ownPlatform(names: readonly string[]): string | undefined {
  const own = `linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`;
  return names.find((name) => name === own || name.startsWith(`${own}/`)) ?? names[0];
}

async function open(
  { sessions, docker }: ComparisonSources,
  { target, manifest, platforms }: Found,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<ComparedImage> {
  if (target.kind === 'docker') {
    const config = await docker.imageConfig(target.imageId, signal);
    const imageId = parseDigest(target.imageId);
    return {
      target,
      address: { kind: 'docker', imageId },
      digest: imageId,
      configDigest: imageId,
      config,
      layers: config.diffIds.map((diffId) => ({ mediaType: '', digest: diffId as Digest, sizeInBytes: 0 })),
      platform: platformOf(config),
      attestations: [],
    };
  }
  const { client } = await sessions.open(target.connectionId);
  const { repository, connectionId } = target;
  const entry = platforms.get(wanted ?? '') ?? platforms.get(ownPlatform([...platforms.keys()]) ?? '');
  const image =
    manifest?.kind === 'index' && entry
      ? await client.getManifest(repository, entry.digest, signal)
      : manifest;
  if (image?.kind !== 'manifest') throw noImage(target);
  const bytes = await client.readBlob(repository, image.config.digest, MAX_CONFIG_BYTES, signal);
  const config = parseImageConfig(bytes);
  const attestations = manifest?.kind === 'index' ? splitAttestations(manifest.manifests).attestations : [];
  return {
    target,
    address: { kind: 'registry', connectionId, repository, digest: image.digest },
    digest: image.digest,
    configDigest: image.config.digest,
    config,
    layers: image.layers,
    sizeInBytes: image.layers.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, image.config.sizeInBytes),
    platform: entry ? nameOf(entry) : platformOf(config),
    attestations,
  };
}

function platformOf({ os, architecture, variant }: ImageConfig): string {
  return formatPlatform({ os, architecture, ...(variant !== undefined && { variant }) });
}

function noImage(target: CompareTarget): CoreError {
  return new CoreError('unsupported', 'not an image', {
    operation: 'compare images',
    subject: target.name,
    reason: 'noFiles',
  });
}
