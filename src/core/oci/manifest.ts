/**
 * Manifests and indexes, parsed once from raw bytes. The raw bytes stay beside the parsed form because a digest
 * holds only for them. Sources: OCI image-spec manifest.md and image-index.md; Docker manifest-v2-2.
 */
import type { Descriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';

interface ManifestBase {
  /** The type it was served as, or its own `mediaType` where the server named none. */
  readonly mediaType: string;
  readonly digest: Digest;
  /** Exactly what the registry sent; never re-serialise. */
  readonly bytes: Uint8Array;
  readonly annotations: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  /** The manifest this one refers to (a signature's image). */
  readonly subject?: Descriptor;
}

/** One image or artifact. */
export interface ImageManifest extends ManifestBase {
  readonly kind: 'manifest';
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** A multi-platform image or any list of manifests. */
export interface IndexManifest extends ManifestBase {
  readonly kind: 'index';
  readonly manifests: readonly Descriptor[];
}

/** Docker schema 1: shown, never rewritten. `layers` come from `fsLayers`, topmost first in the file, base first here; sizes unknown (0). */
export interface LegacyManifest extends ManifestBase {
  readonly kind: 'legacy';
  readonly name: string;
  readonly tag: string;
  readonly architecture: string;
  readonly layers: readonly Descriptor[];
}

export type Manifest = ImageManifest | IndexManifest | LegacyManifest;
