/** Images with signatures that real cosign made (recorded/cosign/record.ts), to push to any registry. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, type Digest } from '../../src/core/oci/digest.ts';
import type { RegistryClient } from '../../src/core/registry/RegistryClient.ts';

export interface RecordedManifest {
  readonly tags: readonly string[];
  readonly mediaType: string;
  readonly manifest: string;
  readonly blobs: readonly string[];
}

export interface RecordedSignatures {
  readonly image: RecordedManifest;
  readonly attachments: readonly RecordedManifest[];
}

const FOLDER = join(import.meta.dirname, 'recorded/cosign');

export async function readRecordedSignatures(name: string): Promise<RecordedSignatures> {
  return JSON.parse(await readFile(join(FOLDER, `${name}.json`), 'utf8')) as RecordedSignatures;
}

/** PEM of a key the recordings were signed with: `p256`, `p384`, `ed25519`, `rsa`. */
export async function recordedPublicKey(name: string): Promise<string> {
  return readFile(recordedPublicKeyFile(name), 'utf8');
}

function recordedPublicKeyFile(name: string): string {
  return join(FOLDER, `${name}.pub`);
}

/** Pushes the image as `v1` with everything attached to it. @returns the image's digest. */
export async function pushRecorded(
  client: RegistryClient,
  repository: string,
  { image, attachments }: RecordedSignatures,
): Promise<Digest> {
  const { signal } = new AbortController();
  for (const { tags, mediaType, manifest, blobs } of [image, ...attachments]) {
    for (const blob of blobs) await client.uploadBlob(repository, Buffer.from(blob), signal);
    const bytes = Buffer.from(manifest);
    for (const reference of tags.length > 0 ? tags : [digestOf(bytes)]) {
      await client.putManifest(repository, reference, mediaType, bytes, signal);
    }
  }
  return digestOf(Buffer.from(image.manifest));
}
