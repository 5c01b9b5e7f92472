/** Reads everything an ImageView shows, in as few requests as it takes: two or three. */
import * as v from 'valibot';
import { CoreError, isCoreError } from '../common/CoreError.ts';
import { nullLogger, type Logger } from '../common/Logger.ts';
import { artifactKindOf, artifactTypeName, artifactTypeOf } from '../oci/artifact.ts';
import { attestedDigest, splitAttestations } from '../oci/attestation.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { pairHistoryWithLayers } from '../oci/historyLayers.ts';
import { parseImageConfig, type HistoryEntry, type ImageConfig } from '../oci/imageConfig.ts';
import { informative } from '../oci/informative.ts';
import type { ImageManifest, LegacyManifest, Manifest } from '../oci/manifest.ts';
import { isIndexType } from '../oci/mediaType.ts';
import { parseJson } from '../oci/parseJson.ts';
import { formatPlatform } from '../oci/platform.ts';
import { formatInstruction } from './formatInstruction.ts';
import type {
  AttestationView,
  ChartView,
  DescriptorView,
  ImageView,
  ImageViewProblem,
  LayerView,
  NamedValue,
  PlatformView,
  RuntimeView,
  SelectedView,
  StepView,
} from './ImageView.ts';

/** One repository to read from. */
export interface ManifestSource {
  getManifest(reference: string, signal: AbortSignal): Promise<Manifest>;
  /** Digest verified; CoreError `tooLarge` over `maxBytes`. */
  readBlob(digest: Digest, maxBytes: number, signal: AbortSignal): Promise<Uint8Array>;
}

export interface LoadImageViewOptions {
  /** The index entry to open. Where the index does not hold it (the tag moved), the default is opened. */
  readonly platformDigest?: string;
  /** Opened by default, on Linux, where the index has it. Default `amd64`. */
  readonly architecture?: string;
  readonly logger?: Logger;
}

/** Configs are a few KiB; labels of buildpacks and SBOM tools make some of them large. */
export const MAX_CONFIG_BYTES = 8 * 1024 * 1024;

/**
 * @throws whatever the source throws for the manifests themselves; a configuration that cannot be read is a
 *   `problem` of the view. `protocol` with reason `nestedIndex` where an entry is not what its descriptor says.
 */
export async function loadImageView(
  source: ManifestSource,
  reference: string,
  signal: AbortSignal,
  options: LoadImageViewOptions = {},
): Promise<ImageView> {
  const manifest = await source.getManifest(reference, signal);
  const problems: ImageViewProblem[] = [];
  const attempt: Attempt = async (part, work) => {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) throw error;
      (options.logger ?? nullLogger).debug(`${part} of ${manifest.digest}: ${String(error)}`);
      problems.push({ part, kind: isCoreError(error) ? error.kind : 'unknown' });
      return undefined;
    }
  };
  const children = splitAttestations(manifest.kind === 'index' ? manifest.manifests : []);
  const chosen = choosePlatform(children.platforms, options);
  const selected = await loadSelected(source, manifest, chosen, attempt, signal);
  const artifactType = artifactTypeOf(manifest);
  return {
    reference,
    digest: manifest.digest,
    mediaType: manifest.mediaType,
    kind: artifactKindOf(manifest),
    ...(artifactType !== undefined && { artifactType, artifactTypeName: artifactTypeName(artifactType) }),
    manifestSizeInBytes: manifest.bytes.byteLength,
    platforms: children.platforms.map(toPlatformView),
    attestations: children.attestations.map(toAttestationView),
    ...(selected && { selected }),
    annotations: toNamedValues(manifest.annotations),
    ...(manifest.subject && { subject: toDescriptorView(manifest.subject) }),
    problems,
  };
}

type Attempt = <T>(part: ImageViewProblem['part'], work: () => Promise<T>) => Promise<T | undefined>;

function choosePlatform(
  platforms: readonly Descriptor[],
  { platformDigest, architecture = 'amd64' }: LoadImageViewOptions,
): Descriptor | undefined {
  const images = platforms.filter(({ mediaType }) => !isIndexType(mediaType));
  const isLinux = (wanted: string) =>
    images.find(({ platform }) => platform?.os === 'linux' && platform.architecture === wanted);
  return (
    images.find(({ digest }) => digest === platformDigest) ??
    isLinux(architecture) ??
    isLinux('amd64') ??
    images[0]
  );
}

async function loadSelected(
  source: ManifestSource,
  manifest: Manifest,
  chosen: Descriptor | undefined,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<SelectedView | undefined> {
  if (manifest.kind !== 'index') return toSelectedView(source, manifest, undefined, attempt, signal);
  if (!chosen) return undefined;
  const child = await source.getManifest(chosen.digest, signal);
  if (child.kind === 'index') {
    throw new CoreError('protocol', 'an index entry is itself an index', {
      reason: 'nestedIndex',
      subject: chosen.digest,
    });
  }
  return toSelectedView(source, child, chosen, attempt, signal);
}

async function toSelectedView(
  source: ManifestSource,
  manifest: ImageManifest | LegacyManifest,
  entry: Descriptor | undefined,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<SelectedView> {
  const base = {
    digest: manifest.digest,
    mediaType: manifest.mediaType,
    manifestSizeInBytes: manifest.bytes.byteLength,
    annotations: toNamedValues(manifest.annotations),
  };
  if (manifest.kind === 'legacy') {
    const { architecture } = manifest;
    return {
      ...base,
      ...(architecture !== '' && { platform: `linux/${architecture}` }),
      steps: manifest.layers.map(({ digest, mediaType }) => ({
        layer: { digest, mediaType, annotations: [], foreign: false },
      })),
      historyMatches: true,
    };
  }
  const kind = artifactKindOf(manifest);
  const config = manifest.config;
  const readConfig = () => source.readBlob(config.digest, MAX_CONFIG_BYTES, signal);
  const image =
    kind === 'image' ? await attempt('config', async () => parseImageConfig(await readConfig())) : undefined;
  const chart =
    kind === 'helm' ? await attempt('config', async () => parseChart(await readConfig())) : undefined;
  const platform = entry?.platform ?? (image && image.os !== '' ? image : undefined);
  const createdAt = image?.created?.toISOString() ?? manifest.annotations['org.opencontainers.image.created'];
  const { rows, matches } = pairHistoryWithLayers(image?.history ?? [], manifest.layers);
  return {
    ...base,
    ...(platform && { platform: labelPlatform(platform) }),
    totalSizeInBytes: manifest.layers.reduce((sum, layer) => sum + layer.sizeInBytes, config.sizeInBytes),
    ...(createdAt !== undefined && { createdAt }),
    config: toDescriptorView(config),
    steps: rows.map(({ entry: step, layer }) => toStepView(step, layer)),
    // An image without any history is no contradiction.
    historyMatches: matches || !image?.history.length,
    ...(image && { runtime: toRuntimeView(image) }),
    ...(chart && { chart }),
  };
}

const chartText = informative(v.pipe(v.string(), v.nonEmpty()));
const chartSchema = v.object({
  name: chartText,
  version: chartText,
  appVersion: chartText,
  kubeVersion: chartText,
  type: chartText,
  description: chartText,
});

/** Source: Helm, "Use OCI-based registries": the config blob is Chart.yaml as JSON. */
function parseChart(bytes: Uint8Array): ChartView {
  const result = v.safeParse(chartSchema, parseJson(bytes, 'chart config'));
  if (!result.success) {
    throw new CoreError('protocol', 'the chart config is not a JSON object', { reason: 'badChartConfig' });
  }
  return Object.fromEntries(Object.entries(result.output).filter(([, value]) => value !== undefined));
}

function toRuntimeView(config: ImageConfig): RuntimeView {
  const { entrypoint, cmd, user, workingDir, exposedPorts, volumes, stopSignal, healthcheck, author } =
    config;
  return {
    entrypoint,
    command: cmd,
    ...(user !== undefined && { user }),
    ...(workingDir !== undefined && { workingDirectory: workingDir }),
    ports: exposedPorts,
    volumes,
    ...(stopSignal !== undefined && { stopSignal }),
    ...(healthcheck && { healthcheck }),
    ...(author !== undefined && { author }),
    environment: config.env,
    labels: toNamedValues(config.labels),
  };
}

function toStepView(step: HistoryEntry | undefined, layer: Descriptor | undefined): StepView {
  return {
    ...(step && { instruction: formatInstruction(step.createdBy), createdBy: step.createdBy }),
    ...(step?.comment !== undefined && { comment: step.comment }),
    ...(step?.created && { createdAt: step.created.toISOString() }),
    ...(layer && { layer: toLayerView(layer) }),
  };
}

function toLayerView(layer: Descriptor): LayerView {
  return {
    ...toDescriptorView(layer),
    annotations: toNamedValues(layer.annotations ?? {}),
    foreign: layer.urls !== undefined || /foreign|nondistributable/.test(layer.mediaType),
  };
}

function toPlatformView(child: Descriptor): PlatformView {
  const { platform, artifactType, mediaType } = child;
  const label = platform ? labelPlatform(platform) : artifactTypeName(artifactType ?? mediaType);
  return { ...toDescriptorView(child), label, isIndex: isIndexType(mediaType) };
}

function toAttestationView(child: Descriptor): AttestationView {
  const describes = attestedDigest(child);
  return { ...toDescriptorView(child), ...(describes !== undefined && { describes }) };
}

function toDescriptorView({ digest, mediaType, sizeInBytes }: Descriptor): DescriptorView {
  return { digest, mediaType, sizeInBytes };
}

/** Windows images differ by nothing but their OS version. */
function labelPlatform(platform: NonNullable<Descriptor['platform']>): string {
  const name = formatPlatform(platform);
  return platform.osVersion ? `${name} (${platform.osVersion})` : name;
}

function toNamedValues(record: Readonly<Record<string, string>>): NamedValue[] {
  return Object.entries(record).map(([name, value]) => ({ name, value }));
}
