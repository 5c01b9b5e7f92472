/** PUT of kept bytes under a tag, checked, with the registry's refusal told truthfully. */
import { CoreError, isCoreError } from '../common/CoreError.ts';
import type { RegistryClient } from '../registry/RegistryClient.ts';
import type { KeptManifest } from './TagRemover.ts';

/** What a registry says when something the manifest lists is gone. Source: OCI distribution-spec, "Error Codes". */
const MISSING_CONTENT = new Set(['MANIFEST_BLOB_UNKNOWN', 'BLOB_UNKNOWN', 'MANIFEST_UNKNOWN']);

/**
 * @throws CoreError `notFound` with reason `garbageCollected` when layers or child manifests are gone;
 *   `digestMismatch` when the registry stored something else.
 */
export async function putManifestBack(
  client: RegistryClient,
  repository: string,
  tag: string,
  { mediaType, bytes, digest }: KeptManifest,
  signal: AbortSignal,
): Promise<void> {
  let stored: string;
  try {
    ({ digest: stored } = await client.putManifest(repository, tag, mediaType, bytes, signal));
  } catch (error) {
    if (isCoreError(error) && error.details.code !== undefined && MISSING_CONTENT.has(error.details.code)) {
      throw new CoreError(
        'notFound',
        'the registry has collected parts of the image as garbage',
        { ...error.details, subject: `${repository}:${tag}`, reason: 'garbageCollected' },
        error,
      );
    }
    throw error;
  }
  if (stored !== digest) {
    throw new CoreError('digestMismatch', 'the registry stored another digest than was sent', {
      subject: `${repository}:${tag}`,
    });
  }
}
