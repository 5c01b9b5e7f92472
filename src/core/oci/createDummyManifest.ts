/** The throw-away manifest a tag is moved to where a registry deletes by digest only (protocol.md, "Delete one tag"). */
import { randomUUID } from 'node:crypto';
import { digestOf } from './digest.ts';
import type { Digest } from './digest.ts';
import { MediaType } from './mediaType.ts';

export interface DummyManifest {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  /** Blob to upload first; the same for every dummy. */
  readonly config: Uint8Array;
}

/** Unique, so that deleting its digest cannot touch any other tag. Source: OCI image-spec manifest.md. */
export function createDummyManifest(): DummyManifest {
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [] },
    }),
  );
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: { mediaType: MediaType.ociConfig, digest: digestOf(config), size: config.byteLength },
      layers: [],
      annotations: { 'io.github.berth.deleting': randomUUID() },
    }),
  );
  return { mediaType: MediaType.ociManifest, digest: digestOf(bytes), bytes, config };
}
