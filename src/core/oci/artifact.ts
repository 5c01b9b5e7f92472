/** What kind of thing a tag points at, for icons, menus and labels. */
import type { ImageManifest, Manifest } from './manifest.ts';
import { MediaType } from './mediaType.ts';

export type ArtifactKind = 'image' | 'index' | 'helm' | 'artifact' | 'legacy';

const IMAGE_CONFIGS: ReadonlySet<string> = new Set([MediaType.ociConfig, MediaType.dockerConfig]);
const IMAGE_LAYER = /^application\/vnd\.(?:oci\.image\.layer\.|docker\.image\.rootfs\.)/;
/** Config types that say nothing about the artifact. */
const EMPTY_CONFIGS: ReadonlySet<string> = new Set([
  MediaType.ociEmpty,
  'application/vnd.unknown.config.v1+json', // what oras writes where it is given none
  'application/octet-stream',
  'application/json',
]);

/**
 * An image needs an image's config and an image's layers: signatures and attestations borrow the config type, and
 * artifacts pushed with oras borrow the layer type.
 */
export function artifactKindOf(manifest: Manifest): ArtifactKind {
  if (manifest.kind === 'index') return 'index';
  if (manifest.kind === 'legacy') return 'legacy';
  if (isHelmChart(manifest)) return 'helm';
  return isImage(manifest) ? 'image' : 'artifact';
}

/** The media type that names an artifact: its artifactType, else its config's type, else its first layer's. Undefined for plain images. */
export function artifactTypeOf(manifest: Manifest): string | undefined {
  if (manifest.artifactType !== undefined) return manifest.artifactType;
  if (manifest.kind !== 'manifest' || isImage(manifest)) return undefined;
  const configType = manifest.config.mediaType;
  const isTelling = !IMAGE_CONFIGS.has(configType) && !EMPTY_CONFIGS.has(configType);
  return isTelling ? configType : (manifest.layers[0]?.mediaType ?? configType);
}

const NAMES: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^application\/vnd\.cncf\.helm\./, 'Helm chart'],
  [/^application\/vnd\.dev\.sigstore\.bundle/, 'Sigstore bundle'],
  [/^application\/vnd\.dev\.cosign\.(?:simplesigning|artifact\.sig)/, 'Cosign signature'],
  [/^application\/vnd\.cncf\.notary\./, 'Notation signature'],
  [/^application\/vnd\.docker\.attestation\./, 'BuildKit attestation'],
  [/^application\/vnd\.(?:dsse\.envelope|in-toto)|\+dsse$/, 'In-toto attestation'],
  [/^(?:application|text)\/(?:vnd\.)?(?:spdx|syft)/, 'SBOM (SPDX)'],
  [/^application\/vnd\.cyclonedx/, 'SBOM (CycloneDX)'],
  [/^application\/vnd\.dev\.cosign\.artifact\.sbom/, 'SBOM'],
  [
    /^application\/(?:vnd\.wasm|wasm)|^application\/vnd\.bytecodealliance\.wasm|wasm\.content/,
    'WebAssembly module',
  ],
  [/^application\/vnd\.sylabs\.sif\./, 'Singularity image'],
  [/^application\/vnd\.cncf\.openpolicyagent\./, 'OPA policy bundle'],
  [/^application\/vnd\.cncf\.flux\./, 'Flux artifact'],
  [
    /^application\/vnd\.cncf\.model\.|^application\/vnd\.docker\.ai\.model|^application\/vnd\.ollama/,
    'AI model',
  ],
  [/^application\/vnd\.docker\.compose/, 'Compose application'],
  [/^application\/vnd\.docker\.plugin\./, 'Docker plugin'],
  [/^application\/vnd\.amazon\.soci\./, 'SOCI index'],
  [/^application\/vnd\.devcontainers/, 'Dev container feature'],
  [/^application\/vnd\.aquasec\.trivy\./, 'Trivy database'],
  [/^application\/sarif/, 'SARIF report'],
];

/** A name people know for an artifact type, else the type without its ceremony: `application/vnd.acme.rocket.v1+json` is `acme.rocket`. */
export function artifactTypeName(artifactType: string): string {
  const known = NAMES.find(([pattern]) => pattern.test(artifactType));
  if (known) return known[1];
  const plain = artifactType
    .replace(/^application\//, '')
    .replace(/^vnd\./, '')
    .replace(/\+[\w-]+$/, '')
    .replace(/\.v\d+[\w.-]*$/, '')
    .replace(/\.config$/, '');
  return plain === '' ? artifactType : plain;
}

function isHelmChart({ config, artifactType }: ImageManifest): boolean {
  return config.mediaType === MediaType.helmConfig || artifactType === MediaType.helmConfig;
}

function isImage({ mediaType, config, layers }: ImageManifest): boolean {
  // Docker 1.10 pushed image configs as octet streams.
  const isOldDocker =
    mediaType === MediaType.dockerManifest && config.mediaType === 'application/octet-stream';
  const hasImageLayers = layers.length === 0 || layers.some((layer) => IMAGE_LAYER.test(layer.mediaType));
  return (IMAGE_CONFIGS.has(config.mediaType) || isOldDocker) && hasImageLayers;
}
