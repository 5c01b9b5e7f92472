/**
 * Takes one tag away and leaves it, whatever fails and whenever Cancel comes, either where it was or gone: never on
 * the dummy manifest, and its siblings where they were.
 */
import pLimit from 'p-limit';
import { CoreError, isCoreError } from '../common/CoreError.ts';
import type { Digest } from '../oci/digest.ts';
import type { Manifest } from '../oci/manifest.ts';
import type { RegistryProvider } from '../providers/RegistryProvider.ts';
import type { RegistryClient } from '../registry/RegistryClient.ts';
import { cancelledError, delay, throwIfCancelled } from '../registry/transport/cancellation.ts';
import { probeDeleteByDigest } from './chooseDeleteMethod.ts';
import { createDummyManifest } from '../oci/createDummyManifest.ts';
import { resolveTag } from './resolveTag.ts';

/** Where the tag is afterwards. `unknown`: the registry cannot be asked, or would not take the tag back. */
export type Removal =
  | { readonly state: 'deleted' }
  | { readonly state: 'kept'; readonly error: CoreError }
  | { readonly state: 'unknown'; readonly error: CoreError };

export interface SiblingCheck {
  /** Were gone, and are back. */
  readonly restored: readonly string[];
  /** The registry could not be asked, or does not take them back. */
  readonly unverified: readonly string[];
}

/** What is kept of a deleted manifest: enough to put it back. */
export type KeptManifest = Pick<Manifest, 'digest' | 'mediaType' | 'bytes'>;

export interface TagRemoverOptions {
  readonly client: RegistryClient;
  readonly repository: string;
  readonly signal: AbortSignal;
  /** The registry's own way to delete one tag, where it has one besides the distribution API. */
  readonly deleteTag?: RegistryProvider['deleteTag'];
  /** First pause between attempts to put things right, doubled each time. Milliseconds. */
  readonly retryDelayMs?: number;
}

/** Once a tag is off its manifest Cancel waits for it to be settled, at most this long. */
const SETTLE_TIMEOUT_MS = 60_000;
/** After a failure, how long is asked what became of the tag; after Cancel a person is waiting. */
const CHECK_TIMEOUT_MS = 10_000;
const CHECK_TIMEOUT_AFTER_CANCEL_MS = 900;
const SETTLE_ATTEMPTS = 8;
const SIBLING_ATTEMPTS = 4;
const CONCURRENCY = 6;
const DEFAULT_RETRY_DELAY_MS = 100;
const MAX_RETRY_DELAY_MS = 5_000;

export class TagRemover {
  readonly #client: RegistryClient;
  readonly #repository: string;
  readonly #signal: AbortSignal;
  readonly #retryDelayMs: number;
  readonly #deleteTag: RegistryProvider['deleteTag'];

  constructor({ client, repository, signal, retryDelayMs, deleteTag }: TagRemoverOptions) {
    this.#deleteTag = deleteTag;
    this.#client = client;
    this.#repository = repository;
    this.#signal = signal;
    this.#retryDelayMs = retryDelayMs ?? DEFAULT_RETRY_DELAY_MS;
  }

  /** One DELETE of `reference` (the tag, or its digest); a lost reply is checked (row 33). */
  async deleteReference(tag: string, reference: string, digest: Digest): Promise<Removal> {
    try {
      if (this.#deleteTag && reference === tag) {
        await this.#deleteTag(this.#repository, tag, this.#signal);
      } else {
        await this.#client.deleteManifest(this.#repository, reference, this.#signal);
      }
      return { state: 'deleted' };
    } catch (error) {
      return this.#afterFailure(tag, digest, asCoreError(error));
    }
  }

  /**
   * Moves `tag` to a unique dummy and deletes that by digest.
   * @param onDummy is told the dummy's digest before the tag may be on it, and must have kept it when it resolves.
   */
  async deleteThroughDummy(
    tag: string,
    manifest: KeptManifest,
    onDummy: (dummy: Digest) => Promise<void>,
  ): Promise<Removal> {
    const dummy = createDummyManifest();
    try {
      // Preflight: with delete by digest disabled the tag would be stuck on an empty image.
      const preflight = await probeDeleteByDigest(this.#client, this.#repository, this.#signal);
      if (preflight !== 'possible') return { state: 'kept', error: refused(tag, preflight) };
      await this.#client.uploadBlob(this.#repository, dummy.config, this.#signal);
      await onDummy(dummy.digest);
      throwIfCancelled(this.#signal);
    } catch (error) {
      return { state: 'kept', error: asCoreError(error) };
    }
    // From here no request is broken off by Cancel: a PUT whose end nobody saw might move the tag afterwards.
    const settle = AbortSignal.timeout(SETTLE_TIMEOUT_MS);
    let failure: CoreError | undefined;
    try {
      await this.#client.putManifest(this.#repository, tag, dummy.mediaType, dummy.bytes, settle);
      throwIfCancelled(this.#signal);
      await this.#client.deleteManifest(this.#repository, dummy.digest, settle);
    } catch (error) {
      failure = settle.aborted ? tooSlow(tag) : asCoreError(error);
    }
    return this.settle(tag, manifest, dummy.digest, failure);
  }

  /**
   * Looks where the tag is, and takes it off the dummy if it is there.
   * @param failure why the deletion did not go through; undefined: the registry said it did.
   */
  async settle(
    tag: string,
    manifest: KeptManifest,
    dummy: Digest,
    failure: CoreError | undefined,
  ): Promise<Removal> {
    const deadline = AbortSignal.timeout(SETTLE_TIMEOUT_MS);
    let lastError = failure;
    let pauseMs = this.#retryDelayMs;
    for (let attempt = 1; attempt <= SETTLE_ATTEMPTS; attempt++) {
      try {
        const target = await resolveTag(this.#client, this.#repository, tag, deadline);
        if (!target) return { state: 'deleted' };
        if (target.digest === manifest.digest) return { state: 'kept', error: failure ?? notDeleted(tag) };
        if (target.digest !== dummy) return { state: 'kept', error: moved(tag) };
        // A registry that said it has deleted may take a moment to show it; one that refused will not.
        if (failure || attempt > 2) await this.#putBack(tag, manifest, deadline);
      } catch (error) {
        lastError = asCoreError(error);
      }
      if (deadline.aborted) break;
      await delay(pauseMs, deadline).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, MAX_RETRY_DELAY_MS);
    }
    return { state: 'unknown', error: lastError ?? notDeleted(tag) };
  }

  /** Looks after tags that must have stayed, and puts back those that went all the same. */
  async checkSiblings(siblings: readonly string[], manifest: KeptManifest): Promise<SiblingCheck> {
    const deadline = AbortSignal.timeout(SETTLE_TIMEOUT_MS);
    const limit = pLimit(CONCURRENCY);
    const states = await Promise.all(
      siblings.map((sibling) => limit(() => this.#checkSibling(sibling, manifest, deadline))),
    );
    const inState = (wanted: string): string[] => siblings.filter((_, index) => states[index] === wanted);
    return { restored: inState('restored'), unverified: inState('unverified') };
  }

  async #checkSibling(
    sibling: string,
    manifest: KeptManifest,
    deadline: AbortSignal,
  ): Promise<'there' | 'restored' | 'unverified'> {
    let wasGone = false;
    for (let attempt = 1; attempt <= SIBLING_ATTEMPTS; attempt++) {
      try {
        if (await resolveTag(this.#client, this.#repository, sibling, deadline)) {
          return wasGone ? 'restored' : 'there';
        }
        wasGone = true;
        await this.#putBack(sibling, manifest, deadline);
      } catch (error) {
        asCoreError(error);
      }
    }
    return 'unverified';
  }

  async #putBack(tag: string, { mediaType, bytes }: KeptManifest, signal: AbortSignal): Promise<void> {
    await this.#client.putManifest(this.#repository, tag, mediaType, bytes, signal);
  }

  async #afterFailure(tag: string, digest: Digest, error: CoreError): Promise<Removal> {
    try {
      const target = await resolveTag(
        this.#client,
        this.#repository,
        tag,
        AbortSignal.timeout(this.#signal.aborted ? CHECK_TIMEOUT_AFTER_CANCEL_MS : CHECK_TIMEOUT_MS),
      );
      if (!target) return { state: 'deleted' };
      return { state: 'kept', error: target.digest === digest ? error : moved(tag) };
    } catch {
      return { state: 'unknown', error };
    }
  }
}

/** Everything the registry layer throws is a CoreError; anything else is a defect and goes up as it is. */
export function asCoreError(error: unknown): CoreError {
  if (isCoreError(error)) return error;
  if (error instanceof Error && error.name === 'AbortError') return cancelledError();
  throw error;
}

export function moved(tag: string): CoreError {
  return new CoreError('conflict', 'the tag moved since it was shown', { subject: tag, reason: 'tagMoved' });
}

/** Why a tag cannot be deleted, as the error a person is shown. */
export function refused(tag: string, reason: string): CoreError {
  const kind = reason === 'notFound' || reason === 'forbidden' ? reason : 'unsupported';
  return new CoreError(kind, `the tag cannot be deleted: ${reason}`, { subject: tag, reason });
}

function tooSlow(tag: string): CoreError {
  return new CoreError('timeout', 'the registry took too long to delete the tag', { subject: tag });
}

function notDeleted(tag: string): CoreError {
  return new CoreError('protocol', 'the registry accepted the deletion but kept the tag', {
    subject: tag,
    reason: 'deleteIgnored',
  });
}
