/** Adds or moves a tag in the registry: the manifest's own bytes under another tag, nothing pulled. */
import { CoreError } from '../common/CoreError.ts';
import type { Digest } from '../oci/digest.ts';
import { parseTag } from '../oci/reference.ts';
import type { RegistryProvider } from '../providers/RegistryProvider.ts';
import type { Journal } from './Journal.ts';
import { putManifestBack } from './putManifestBack.ts';
import { resolveTag } from './resolveTag.ts';
import type { ResolvedTag } from './resolveTag.ts';
import { asCoreError, moved } from './TagRemover.ts';
import type { KeptManifest } from './TagRemover.ts';

export interface RetagRequest {
  readonly repository: string;
  /** Tag or digest of what is to be tagged. */
  readonly source: string;
  readonly targetTag: string;
  /** The digest shown when the person decided: `conflict` where `source` is elsewhere now (row 56). */
  readonly expectedDigest?: Digest;
  /** Moves a tag that is on another digest; what it was on is kept in the journal. */
  readonly overwrite?: boolean;
}

export interface RetagOptions {
  readonly journal: Journal;
  readonly connectionId: string;
  readonly signal: AbortSignal;
}

export interface RetagResult {
  readonly digest: Digest;
  /** What the tag was on before; undefined: it is new. */
  readonly previousDigest?: Digest;
  /** In the journal, for undoRetag. Undefined: the tag was there already and nothing was sent. */
  readonly operationId?: string;
}

/**
 * @throws CoreError `conflict` with reason `tagExists` (needs `overwrite`) or `tagMoved`; `unsupported` with reason
 *   `legacyManifest` (schema 1 holds its own tag and is never rewritten); `invalidInput` for a bad tag.
 */
export async function retag(
  provider: RegistryProvider,
  request: RetagRequest,
  options: RetagOptions,
): Promise<RetagResult> {
  const { repository, source, expectedDigest } = request;
  const targetTag = parseTag(request.targetTag);
  const [manifest, previous] = await Promise.all([
    provider.client.getManifest(repository, source, options.signal),
    resolveTag(provider.client, repository, targetTag, options.signal),
  ]);
  if (expectedDigest !== undefined && manifest.digest !== expectedDigest) throw moved(source);
  if (manifest.kind === 'legacy') {
    throw new CoreError('unsupported', 'schema 1 manifests cannot get another tag', {
      subject: source,
      reason: 'legacyManifest',
    });
  }
  if (previous?.digest === manifest.digest)
    return { digest: manifest.digest, previousDigest: previous.digest };
  if (previous && request.overwrite !== true) {
    throw new CoreError('conflict', 'the tag exists on another digest', {
      subject: targetTag,
      reason: 'tagExists',
    });
  }
  const operationId = await moveTag(provider, repository, targetTag, manifest, previous, options);
  return { digest: manifest.digest, ...(previous && { previousDigest: previous.digest }), operationId };
}

/**
 * Puts `tag` on `manifest` with a journal entry that can take it back to `previous`.
 * @returns the journal's operation id.
 */
export async function moveTag(
  provider: RegistryProvider,
  repository: string,
  tag: string,
  manifest: KeptManifest,
  previous: ResolvedTag | undefined,
  { journal, connectionId, signal }: RetagOptions,
): Promise<string> {
  const { client } = provider;
  const replaced = previous && (await client.getManifest(repository, previous.digest, signal));
  const operation = await journal.begin(
    {
      kind: 'retag',
      connectionId,
      registry: client.endpoint.referenceHost,
      repository,
      items: [
        {
          tag,
          digest: manifest.digest,
          mediaType: manifest.mediaType,
          ...(replaced && { previousDigest: replaced.digest, previousMediaType: replaced.mediaType }),
          state: 'pending',
        },
      ],
    },
    replaced ? [replaced] : [],
  );
  try {
    await putManifestBack(client, repository, tag, manifest, signal);
  } catch (error) {
    await operation.update(tag, { state: asCoreError(error).kind === 'cancelled' ? 'unknown' : 'kept' });
    await operation.finish();
    throw error;
  }
  await operation.update(tag, { state: 'done' });
  await operation.finish();
  return operation.id;
}
