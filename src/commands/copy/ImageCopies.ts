/**
 * Carries copies out for people: shows what will be replaced and asks, runs with progress in bytes, offers Undo, and
 * takes up again what was interrupted, failed or was cancelled.
 */
import * as vscode from 'vscode';
import { isCoreError } from '../../core/common/CoreError.ts';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { isDigest, shortDigest } from '../../core/oci/digest.ts';
import type { CopyResult, PlannedCopy } from '../../core/operations/copy/copyTags.ts';
import type { ImageSource } from '../../core/operations/copy/ImageStore.ts';
import type { KnownBlobs } from '../../core/operations/copy/KnownBlobs.ts';
import type { RegistryImages } from '../../core/operations/copy/RegistryImages.ts';
import type { JournalOperation } from '../../core/operations/Journal.ts';
import type { ActivityHandle } from '../../platform/Activity.ts';
import { confirm, dismissed } from '../../platform/ask.ts';
import { createSignal } from '../../platform/cancellation.ts';
import type { RegistrySession } from '../../platform/RegistrySession.ts';
import { wordError } from '../../platform/wordError.ts';
import { agreesToCreate, createRepository } from '../images/createRepository.ts';
import { fullReference } from '../tags/manifestTarget.ts';
import { titleOf } from '../tags/TagUndo.ts';
import type { InterruptedOperations } from '../tags/TagUndo.ts';
import type { Services } from '../Services.ts';
import type { CopyOrder, RepositoryPlace } from './CopyOrder.ts';
import { CopyProgressText } from './CopyProgressText.ts';

/** Stands before the path of a layout or archive where a connection's id is expected. */
const FILE = 'file:';

/** How an import names its source, here and in the journal. */
export function fileConnection(path: string): string {
  return FILE + path;
}

/** What is copied from: a repository, or a layout on this machine. */
interface Origin {
  readonly images: ImageSource;
  readonly registry: string;
  readonly place: RepositoryPlace;
}

/** A repository with the way to it. */
interface End {
  readonly place: RepositoryPlace;
  readonly session: RegistrySession;
  readonly images: RegistryImages;
}

const SHOWN_TAGS = 8;

type Needs = Pick<
  Services,
  'sessions' | 'registriesTree' | 'registriesView' | 'activity' | 'journal' | 'tagUndo'
>;

export class ImageCopies implements InterruptedOperations {
  readonly #services: Needs;
  #knownBlobs: KnownBlobs | undefined;

  constructor(services: Needs) {
    this.#services = services;
  }

  /** Asks before a tag is replaced; a promotion is always asked about. @throws CancellationError when that is declined. */
  async run(order: CopyOrder): Promise<void> {
    const [source, target] = await Promise.all([this.#openOrigin(order.source), this.#open(order.target)]);
    await this.#ensureRepository(target);
    const plan = await this.#plan(order, source, target);
    await confirmPlan(order, plan, target);
    const { copyTags } = await import('../../core/operations/copy/copyTags.ts');
    await this.#carryOut(titleFor(order, plan, target), target, (handle, report) =>
      copyTags(source.images, target.images, plan, order, {
        journal: this.#services.journal,
        target: journalPlace(target),
        from: { ...source.place, registry: source.registry },
        referrers: order.referrers,
        signal: handle.signal,
        onProgress: report,
        ...(this.#knownBlobs && { knownBlobs: this.#knownBlobs }),
        ...(order.stage !== undefined && { stage: order.stage }),
        onBegin: (id) => handle.offerResume(() => this.#resumeById(id)),
      }),
    );
  }

  async resume(operation: JournalOperation): Promise<void> {
    const { copy } = operation;
    if (!copy) return;
    const [source, target] = await Promise.all([this.#openOrigin(copy.source), this.#open(operation)]);
    const { resumeCopy } = await import('../../core/operations/copy/copyTags.ts');
    await this.#carryOut(titleOf(operation), target, (handle, report) => {
      handle.offerResume(() => this.#resumeById(operation.id));
      return resumeCopy(source.images, target.images, operation, {
        journal: this.#services.journal,
        signal: handle.signal,
        onProgress: report,
        ...(this.#knownBlobs && { knownBlobs: this.#knownBlobs }),
      });
    });
  }

  async rollBack(operation: JournalOperation): Promise<void> {
    const target = await this.#open(operation);
    const { giveUpCopy } = await import('../../core/operations/copy/copyTags.ts');
    const signal = AbortSignal.timeout(60_000);
    await giveUpCopy(target.images, operation, { journal: this.#services.journal, signal });
    const after = await this.#services.journal.get(operation.id);
    if (after?.items.some(({ state }) => state === 'done')) await this.#services.tagUndo.undo(operation.id);
  }

  async #resumeById(id: string): Promise<void> {
    const operation = await this.#services.journal.get(id);
    if (operation) await this.resume(operation);
  }

  async #openOrigin(place: RepositoryPlace): Promise<Origin> {
    const { connectionId } = place;
    if (!connectionId.startsWith(FILE)) {
      const { images, session } = await this.#open(place);
      return { images, place, registry: session.endpoint.referenceHost };
    }
    const path = connectionId.slice(FILE.length);
    const { openLayout } = await import('../../core/operations/copy/layout/openLayout.ts');
    const images = await openLayout(path, new AbortController().signal);
    return { images, place, registry: path };
  }

  async #open(place: RepositoryPlace): Promise<End> {
    const session = await this.#services.sessions.open(place.connectionId);
    const [{ RegistryImages }, { KnownBlobs }] = await Promise.all([
      import('../../core/operations/copy/RegistryImages.ts'),
      import('../../core/operations/copy/KnownBlobs.ts'),
    ]);
    this.#knownBlobs ??= new KnownBlobs();
    return { place, session, images: new RegistryImages(session.client, place.repository) };
  }

  /** Some registries take images only for repositories that are there. */
  async #ensureRepository({
    place: { repository },
    session: { provider, client, endpoint },
  }: End): Promise<void> {
    if (!provider.createRepository) return;
    try {
      await client.listTags(repository, undefined, 1, AbortSignal.timeout(30_000));
    } catch (error) {
      if (!isCoreError(error, 'notFound')) return;
      if (!(await agreesToCreate(endpoint.referenceHost, repository))) throw dismissed();
      await createRepository(provider, repository);
    }
  }

  /** Resolves all again (row 56): what has moved since it was shown is asked about. */
  async #plan(order: CopyOrder, source: Origin, target: End): Promise<PlannedCopy[]> {
    const { planCopy } = await import('../../core/operations/copy/copyTags.ts');
    const plan = (request: CopyOrder) =>
      vscode.window.withProgress(
        {
          location: vscode.ProgressLocation.Notification,
          title: vscode.l10n.t('Looking at what is to be copied'),
          cancellable: true,
        },
        async (_, token) => {
          using cancellation = createSignal(token);
          return await planCopy(source.images, target.images, request, cancellation.signal);
        },
      );
    try {
      return await plan(order);
    } catch (error) {
      if (!isCoreError(error, 'conflict') || error.details.reason !== 'tagMoved') throw error;
      const agreed = await confirm(
        vscode.l10n.t(
          '{0} points to another image than was shown.',
          toDisplayLine(error.details.subject ?? ''),
        ),
        vscode.l10n.t('Somebody pushed to it meanwhile. Copy what it points to now?'),
        vscode.l10n.t('Copy What Is There Now'),
      );
      if (!agreed) throw dismissed();
      const wishes = order.wishes.map(({ source: from, targetTag }) => ({
        source: from,
        ...(targetTag !== undefined && { targetTag }),
      }));
      return await plan({ ...order, wishes });
    }
  }

  async #carryOut(
    title: string,
    target: End,
    work: (handle: ActivityHandle, report: CopyProgressText['report']) => Promise<CopyResult>,
  ): Promise<void> {
    let activityId = '';
    let isUndoable = false;
    const { connectionId, repository } = target.place;
    let result: CopyResult;
    try {
      result = await this.#services.activity.run({ title, icon: 'copy' }, async (handle) => {
        activityId = handle.id;
        const text = new CopyProgressText(handle);
        const done = await work(handle, text.report);
        isUndoable = done.outcomes.some(
          ({ error, digest, previousDigest }) => !error && digest !== previousDigest,
        );
        return {
          ...done,
          detail: text.summary(),
          ...(done.outcomes.length === 1 && { digest: done.outcomes[0]!.digest }),
          ...(isUndoable && { undo: () => this.#services.tagUndo.undo(done.operationId) }),
        };
      });
    } finally {
      this.#services.sessions.notifyRepositoryChanged(connectionId, repository);
    }
    await this.#announce(title, target, result, isUndoable ? activityId : undefined);
  }

  async #announce(
    title: string,
    target: End,
    { outcomes, attachmentsLeft }: CopyResult,
    activityId: string | undefined,
  ): Promise<void> {
    const failed = outcomes.filter(({ error }) => error);
    const undo = vscode.l10n.t('Undo');
    const show = vscode.l10n.t('Show in Registries');
    const buttons = [...(activityId === undefined ? [] : [undo]), show];
    const notes =
      attachmentsLeft.length > 0
        ? [vscode.l10n.t('Signatures that the destination has of its own were left as they are.')]
        : [];
    const answer =
      failed.length > 0
        ? await vscode.window.showWarningMessage(
            vscode.l10n.t(
              '{0}: {1} of {2} failed. {3}',
              title,
              failed.length,
              outcomes.length,
              wordError(failed[0]!.error).message,
            ),
            ...buttons,
          )
        : await vscode.window.showInformationMessage(
            [vscode.l10n.t('{0}: done.', title), ...notes].join(' '),
            ...buttons,
          );
    if (answer === undo && activityId !== undefined) await this.#services.activity.undo(activityId);
    if (answer !== show) return;
    const { connectionId, repository } = target.place;
    const tag = outcomes.find(({ error, tag: name }) => !error && !isDigest(name))?.tag;
    const node =
      tag === undefined
        ? this.#services.registriesTree.repositoryNode(connectionId, repository)
        : this.#services.registriesTree.tagNode(connectionId, repository, tag);
    if (node) await this.#services.registriesView.reveal(node, { select: true, focus: true });
  }
}

/** What is replaced is named, old and new. */
async function confirmPlan(order: CopyOrder, plan: readonly PlannedCopy[], target: End): Promise<void> {
  const replaced = plan.filter(({ previous, manifest }) => previous && previous.digest !== manifest.digest);
  if (replaced.length === 0 && order.stage === undefined) return;
  const shown = (order.stage === undefined ? replaced : plan).slice(0, SHOWN_TAGS);
  const rest = (order.stage === undefined ? replaced : plan).length - shown.length;
  const lines = shown.map((planned) => describeReplacement(planned, target));
  if (rest > 0) lines.push(vscode.l10n.t('… and {0} more', rest));
  if (replaced.length > 0) {
    lines.push('', vscode.l10n.t('What the tag points to now is kept, and Undo puts it back.'));
  }
  const first = shown[0]!;
  const agreed =
    order.stage === undefined
      ? await confirm(
          replaced.length === 1
            ? vscode.l10n.t('The tag "{0}" is on another image. Replace it?', first.tag)
            : vscode.l10n.t('{0} tags are on other images. Replace them?', replaced.length),
          lines.join('\n'),
          vscode.l10n.t('Replace'),
        )
      : await confirm(
          vscode.l10n.t('Promote {0} to {1}?', first.source, order.stage),
          lines.join('\n'),
          vscode.l10n.t('Promote'),
        );
  if (!agreed) throw dismissed();
}

function describeReplacement(
  { tag, previous, manifest, isTagged }: PlannedCopy,
  { place, session }: End,
): string {
  const reference = fullReference(session.endpoint, place.repository, isTagged ? tag : manifest.digest);
  if (!previous) return vscode.l10n.t('{0}: new', reference);
  if (previous.digest === manifest.digest) return vscode.l10n.t('{0}: on this image already', reference);
  return vscode.l10n.t(
    '{0}: now {1}, then {2}',
    reference,
    shortDigest(previous.digest),
    shortDigest(manifest.digest),
  );
}

function titleFor(
  { stage, wishes }: CopyOrder,
  plan: readonly PlannedCopy[],
  { place, session }: End,
): string {
  const [only] = plan;
  const what =
    wishes.length === 1
      ? isDigest(wishes[0]!.source)
        ? shortDigest(wishes[0]!.source)
        : wishes[0]!.source
      : vscode.l10n.t('{0} tags', wishes.length);
  const reference = wishes.length === 1 && only?.isTagged ? only.tag : undefined;
  return stage === undefined
    ? vscode.l10n.t('Copy {0} to {1}', what, fullReference(session.endpoint, place.repository, reference))
    : vscode.l10n.t('Promote {0} to {1}', what, toDisplayLine(stage));
}

function journalPlace({ place, session }: End) {
  const { connectionId, repository } = place;
  return { connectionId, repository, registry: session.endpoint.referenceHost };
}
