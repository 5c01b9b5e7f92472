/**
 * Copies images from one place to another under given tags. First all of it is there, then the tag is written: a reader
 * sees the old image or the whole new one. What tags pointed to before is kept in the journal, which also knows how to go
 * on after a crash.
 */
import pLimit from 'p-limit';
import { CoreError } from '../../common/CoreError.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Manifest } from '../../oci/manifest.ts';
import { isSchema1Type } from '../../oci/mediaType.ts';
import { parseManifest } from '../../oci/parseManifest.ts';
import { parseTag } from '../../oci/reference.ts';
import { cancelledError, linkSignals, throwIfCancelled } from '../../registry/transport/cancellation.ts';
import type { Journal, JournalCopy, JournalItem, JournalOperation, RunningOperation } from '../Journal.ts';
import type { ResolvedTag } from '../resolveTag.ts';
import { asCoreError, moved } from '../TagRemover.ts';
import { CopyMeter } from './CopyMeter.ts';
import type { CopyProgress } from './CopyMeter.ts';
import { ImageCopier } from './ImageCopier.ts';
import { ImageGraph } from './ImageGraph.ts';
import type { GraphNode } from './ImageGraph.ts';
import type { ImageSink, ImageSource } from './ImageStore.ts';
import { KnownBlobs } from './KnownBlobs.ts';
import { entryOfPlatform, selectPlatforms } from './selectPlatforms.ts';

export interface CopyWish {
  /** Tag or digest at the source. */
  readonly source: string;
  /** The digest shown when the person decided: `conflict` where `source` is elsewhere now (row 56). */
  readonly expectedDigest?: Digest;
  /** Absent: the image comes without a tag. */
  readonly targetTag?: string;
}

export interface CopyRequest {
  readonly wishes: readonly CopyWish[];
  /** Of indexes only these, as `formatPlatform` writes them. Absent: all. */
  readonly platforms?: readonly string[];
  /** With exactly one platform: its image alone instead of an index that lists it. */
  readonly withoutIndex?: boolean;
}

export interface PlannedCopy {
  readonly source: string;
  /** The tag, or the digest of what comes without one: unique within the plan. */
  readonly tag: string;
  readonly isTagged: boolean;
  /** What the tag will be on. */
  readonly manifest: Manifest;
  /** What it is made of, where some platforms of an index were chosen. */
  readonly sourceDigest: Digest;
  /** What the tag is on now. */
  readonly previous?: ResolvedTag;
}

export interface CopyTagsOptions {
  readonly journal: Journal;
  /** Of the destination. */
  readonly target: { readonly connectionId: string; readonly registry: string; readonly repository: string };
  readonly from: JournalCopy['source'];
  readonly referrers: boolean;
  readonly stage?: string;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: CopyProgress) => void;
  readonly knownBlobs?: KnownBlobs;
  /** Called once the journal has it, before anything is sent. */
  readonly onBegin?: (operationId: string) => void;
}

export interface CopyResult {
  /** In the journal, to undo or resume it. */
  readonly operationId: string;
  /** One for each planned copy, in order. */
  readonly outcomes: readonly CopyOutcome[];
  /** Layers that stayed where their URLs say. */
  readonly foreignLayers: number;
  /** Cosign's tags that are on something else at the destination and were left there. */
  readonly attachmentsLeft: readonly string[];
}

export interface CopyOutcome {
  readonly tag: string;
  readonly digest: Digest;
  readonly previousDigest?: Digest;
  /** Absent: it is there. */
  readonly error?: CoreError;
}

const CONCURRENCY = 4;
/** After Cancel, how long is asked what became of a tag that was being written. */
const CHECK_TIMEOUT_MS = 700;

/**
 * What will come and what it replaces; reads one manifest a wish.
 * @throws CoreError `conflict` with reason `tagMoved` for a source that moved; `unsupported` with reason
 *   `legacyManifest` for schema 1; `notFound` for what is not there.
 */
export async function planCopy(
  source: ImageSource,
  sink: ImageSink,
  { wishes, platforms, withoutIndex }: CopyRequest,
  signal: AbortSignal,
): Promise<PlannedCopy[]> {
  const limit = pLimit(CONCURRENCY);
  const plan = await Promise.all(
    wishes.map((wish) =>
      limit(async () => {
        const targetTag = wish.targetTag === undefined ? undefined : parseTag(wish.targetTag);
        const [found, previous] = await Promise.all([
          source.getManifest(wish.source, signal),
          targetTag === undefined ? undefined : sink.resolve(targetTag, signal),
        ]);
        if (wish.expectedDigest !== undefined && found.digest !== wish.expectedDigest)
          throw moved(wish.source);
        const manifest = await chosen(source, found, platforms, withoutIndex === true, signal);
        if (isSchema1Type(manifest.mediaType)) {
          throw new CoreError('unsupported', 'schema 1 manifests cannot be copied', {
            subject: wish.source,
            reason: 'legacyManifest',
          });
        }
        return {
          source: wish.source,
          tag: targetTag ?? manifest.digest,
          isTagged: targetTag !== undefined,
          manifest,
          sourceDigest: found.digest,
          ...(previous && { previous }),
        };
      }),
    ),
  );
  return [...new Map(plan.map((planned) => [planned.tag, planned])).values()];
}

/**
 * Carries a plan out. A tag that fails does not stop the others: its outcome carries the error.
 * @throws CoreError `cancelled`; what went wrong when nothing was copied; `disk` when the journal cannot be written, and
 *   then nothing was sent.
 */
export async function copyTags(
  source: ImageSource,
  sink: ImageSink,
  plan: readonly PlannedCopy[],
  request: Pick<CopyRequest, 'platforms'>,
  options: CopyTagsOptions,
): Promise<CopyResult> {
  const { journal, target, from, referrers, stage, signal } = options;
  const replaced = await Promise.all(
    plan.flatMap(({ previous, manifest }) =>
      previous && previous.digest !== manifest.digest ? [sink.getManifest(previous.digest, signal)] : [],
    ),
  );
  const operation = await journal.begin(
    {
      kind: 'copy',
      ...target,
      items: plan.map(toItem),
      copy: {
        source: from,
        referrers,
        ...(request.platforms && { platforms: [...request.platforms] }),
        ...(stage !== undefined && { stage }),
      },
    },
    // An index made of chosen platforms is nowhere else.
    [
      ...replaced,
      ...plan.filter((each) => each.sourceDigest !== each.manifest.digest).map(({ manifest }) => manifest),
    ],
  );
  options.onBegin?.(operation.id);
  return run(source, sink, plan, operation, options);
}

/**
 * Goes on with an interrupted copy, or one that failed or was cancelled: what the destination has by now is not sent
 * again. Tags that somebody moved meanwhile are left where they are: `conflict` with reason `tagMoved`.
 */
export async function resumeCopy(
  source: ImageSource,
  sink: ImageSink,
  operation: JournalOperation,
  options: Pick<CopyTagsOptions, 'journal' | 'signal' | 'onProgress' | 'knownBlobs'>,
): Promise<CopyResult> {
  const { journal, signal } = options;
  const running = await journal.resume(operation.id);
  const open = running.items.filter(({ state }) => state !== 'done' && state !== 'undone');
  try {
    const plan = await Promise.all(
      open.map(async (item): Promise<PlannedCopy> => {
        const { digest, mediaType, tag, sourceDigest = digest, previousDigest, previousMediaType } = item;
        return {
          source: sourceDigest,
          tag,
          isTagged: tag !== digest,
          manifest:
            sourceDigest === digest
              ? await source.getManifest(digest, signal)
              : await keptManifest(journal, digest, mediaType),
          sourceDigest,
          ...(previousDigest !== undefined && {
            previous: { digest: previousDigest, mediaType: previousMediaType ?? mediaType },
          }),
        };
      }),
    );
    const referrers = operation.copy?.referrers ?? false;
    return await run(source, sink, plan, running, { ...options, referrers });
  } catch (error) {
    await running.finish();
    throw error;
  }
}

/** The same for a sink that nobody else writes to, a folder or an archive: nothing is journalled, nothing can be undone. */
export async function exportImages(
  source: ImageSource,
  sink: ImageSink,
  plan: readonly PlannedCopy[],
  options: Pick<CopyTagsOptions, 'referrers' | 'signal' | 'onProgress'>,
): Promise<CopyResult> {
  const unrecorded = { id: '', update: () => Promise.resolve(), finish: () => Promise.resolve() };
  return run(source, sink, plan, unrecorded, options);
}

/** Forgets an interrupted copy. Nothing was named that the journal does not say was: its done tags can still be undone. */
export async function giveUpCopy(
  sink: ImageSink,
  operation: JournalOperation,
  { journal, signal }: Pick<CopyTagsOptions, 'journal' | 'signal'>,
): Promise<void> {
  const running = await journal.resume(operation.id);
  for (const item of running.items) {
    if (item.state === 'pending' || item.state === 'unknown') {
      await running.update(item.tag, { state: await stateOf(sink, item, signal) });
    }
  }
  await running.finish();
}

async function run(
  source: ImageSource,
  sink: ImageSink,
  plan: readonly PlannedCopy[],
  operation: Pick<RunningOperation, 'id' | 'update' | 'finish'>,
  options: Pick<CopyTagsOptions, 'referrers' | 'signal' | 'onProgress' | 'knownBlobs'>,
): Promise<CopyResult> {
  const ending = new AbortController();
  const scope = linkSignals(options.signal, ending.signal);
  const { signal } = scope;
  const meter = new CopyMeter(options.onProgress ?? (() => undefined));
  const knownBlobs = options.knownBlobs ?? new KnownBlobs();
  const copier = new ImageCopier({ source, sink, meter, knownBlobs, signal });
  const graph = new ImageGraph(source, signal);
  const attachmentsLeft: string[] = [];
  let foreignLayers = 0;
  const limit = pLimit(CONCURRENCY);

  const copyOne = async (planned: PlannedCopy): Promise<CopyOutcome> => {
    const { tag, manifest, isTagged, previous } = planned;
    const outcome = { tag, digest: manifest.digest, ...(previous && { previousDigest: previous.digest }) };
    try {
      throwIfCancelled(signal);
      const node = await graph.read(manifest);
      const attachments = options.referrers ? await graph.attachmentsOf(node) : [];
      for (const each of [node, ...attachments.map((attachment) => attachment.node)]) {
        meter.expect(blobsOf(each));
        foreignLayers += each.foreign.length;
      }
      if (isTagged) await copier.prepare(node);
      else await copier.put(node);
      for (const attachment of attachments) {
        if (!(await copier.attach(attachment))) attachmentsLeft.push(attachment.tag!);
      }
      if (isTagged) await writeTag(sink, planned, signal);
      await operation.update(tag, { state: 'done' });
      return outcome;
    } catch (error) {
      const failure = asCoreError(error);
      const state = await stateOf(sink, toItem(planned), AbortSignal.timeout(CHECK_TIMEOUT_MS)).catch(
        () => 'unknown' as const,
      );
      await operation.update(tag, { state });
      // The reply to Cancel or to a cut line was lost, the tag was not.
      return state === 'done' && isTagged ? outcome : { ...outcome, error: failure };
    }
  };

  try {
    const outcomes = await Promise.all(plan.map((planned) => limit(() => copyOne(planned))));
    ending.abort();
    await copier.settled();
    await operation.finish();
    const failed = outcomes.flatMap(({ error }) => (error ? [error] : []));
    if (options.signal.aborted && failed.length > 0) throw cancelledError(options.signal);
    if (failed.length === outcomes.length && failed.length > 0) throw failed[0]!;
    return { operationId: operation.id, outcomes, foreignLayers, attachmentsLeft };
  } finally {
    scope.unlink();
  }
}

/** The last step. Looks once more whether the tag is where it was when the person agreed. */
async function writeTag(
  sink: ImageSink,
  { tag, manifest, previous }: PlannedCopy,
  signal: AbortSignal,
): Promise<void> {
  const now = await sink.resolve(tag, signal);
  if (now?.digest === manifest.digest) return;
  if (now?.digest !== previous?.digest) throw moved(tag);
  await sink.putManifest(tag, manifest, signal);
}

async function stateOf(
  sink: ImageSink,
  { tag, digest }: Pick<JournalItem, 'tag' | 'digest'>,
  signal: AbortSignal,
): Promise<'done' | 'kept'> {
  if (tag === digest) return (await sink.hasManifest(digest, signal)) ? 'done' : 'kept';
  return (await sink.resolve(tag, signal))?.digest === digest ? 'done' : 'kept';
}

async function chosen(
  source: ImageSource,
  manifest: Manifest,
  platforms: readonly string[] | undefined,
  withoutIndex: boolean,
  signal: AbortSignal,
): Promise<Manifest> {
  if (!platforms || manifest.kind !== 'index') return manifest;
  if (!withoutIndex || platforms.length !== 1) return selectPlatforms(manifest, platforms);
  return source.getManifest(entryOfPlatform(manifest, platforms[0]!).digest, signal);
}

/** An index made of chosen platforms, which no registry may have yet. */
async function keptManifest(journal: Journal, digest: Digest, mediaType: string): Promise<Manifest> {
  return parseManifest(await journal.readManifest(digest), mediaType, digest);
}

function blobsOf({ blobs, children }: GraphNode): Descriptor[] {
  return [...blobs, ...children.flatMap(blobsOf)];
}

function toItem({ tag, manifest, sourceDigest, previous }: PlannedCopy): JournalItem {
  return {
    tag,
    digest: manifest.digest,
    mediaType: manifest.mediaType,
    ...(previous && { previousDigest: previous.digest, previousMediaType: previous.mediaType }),
    ...(sourceDigest !== manifest.digest && { sourceDigest }),
    state: 'pending',
  };
}
