/** A deletion plan in words: exactly what goes, what stays, and what is not known. */
import { l10n } from 'vscode';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { shortDigest } from '../../core/oci/digest.ts';
import type { DeletionPlan, PlannedTag } from '../../core/operations/DeletionPlan.ts';
import { formatCount, formatSize } from '../../platform/format.ts';

const SHOWN = 8;

export interface PlanWords {
  /** The question. */
  readonly title: string;
  /** What it takes, a paragraph a fact. */
  readonly detail: string;
  /** Tags that go, so that the button can say how many; 0 when nothing can be deleted. */
  readonly deletable: number;
}

export function describePlan(plan: DeletionPlan): PlanWords {
  const going = plan.tags.filter(({ method }) => method !== 'impossible');
  const staying = plan.tags.filter(
    (tag): tag is Extract<PlannedTag, { method: 'impossible' }> => tag.method === 'impossible',
  );
  const title =
    going.length === 1
      ? l10n.t('Delete the tag "{0}" of {1}?', going[0]!.tag, plan.repository)
      : l10n.t('Delete {0} tags of {1}?', formatCount(going.length), plan.repository);
  const facts = [
    going.length > 1
      ? names(going.map(({ tag, digest }) => `${tag} (${shortDigest(digest ?? '')})`))
      : undefined,
    siblingFact(plan, going),
    plan.alsoDeleted.length > 0
      ? l10n.t('This registry deletes only whole images. These tags go as well: {0}', names(plan.alsoDeleted))
      : undefined,
    plan.deletedImages?.length
      ? l10n.t(
          'No other tag is on {0}: this registry deletes the image together with its last tag.',
          names(plan.deletedImages.map((digest) => shortDigest(digest))),
        )
      : undefined,
    ...plan.holdingIndexes.map(({ tags, holds }) =>
      l10n.t(
        'The multi-platform image {0} holds {1}.',
        tags.length > 0 ? names(tags) : '',
        shortDigest(holds),
      ),
    ),
    plan.orphanedReferrers.length > 0
      ? l10n.t(
          'Signatures, SBOMs and the like that lose their image: {0}',
          formatCount(plan.orphanedReferrers.length),
        )
      : undefined,
    bytesFact(plan),
    knowledgeFact(plan),
    staying.length > 0
      ? l10n.t('Not deleted: {0}', names(staying.map(({ tag, reason }) => `${tag} (${reasonWords(reason)})`)))
      : undefined,
    going.length > 0
      ? l10n.t('Undo is in the Activity view until the registry collects its garbage.')
      : undefined,
  ];
  return { title, detail: facts.filter(Boolean).join('\n\n'), deletable: going.length };
}

/** Why a tag cannot be deleted, in words. */
export function reasonWords(reason: Extract<PlannedTag, { method: 'impossible' }>['reason']): string {
  switch (reason) {
    case 'notFound':
      return l10n.t('it is not there any more');
    case 'deleteDisabled':
      return l10n.t(
        'deletion is switched off; the administrator can allow it, in Distribution with REGISTRY_STORAGE_DELETE_ENABLED=true',
      );
    case 'forbidden':
      return l10n.t('this account may not delete');
    case 'siblingsUnknown':
      return l10n.t('other tags would go with it, and not all of them could be found');
  }
}

function siblingFact(plan: DeletionPlan, going: readonly PlannedTag[]): string | undefined {
  const deleted = new Set([...going.map(({ tag }) => tag), ...plan.alsoDeleted]);
  const siblings = [...new Set(going.flatMap((tag) => tag.siblings))].filter((tag) => !deleted.has(tag));
  return siblings.length > 0 ? l10n.t('Tags on the same image that stay: {0}', names(siblings)) : undefined;
}

function bytesFact({ bytesFreed, knowledge }: DeletionPlan): string | undefined {
  if (bytesFreed === undefined || bytesFreed === 0) return undefined;
  return knowledge.bytesFreedIsUpperBound
    ? l10n.t('Up to {0} can be freed.', formatSize(bytesFreed))
    : l10n.t('{0} can be freed when the registry collects its garbage.', formatSize(bytesFreed));
}

function knowledgeFact({ knowledge }: DeletionPlan): string | undefined {
  const { tagsExamined, tagsTotal, listingComplete, referrersKnown } = knowledge;
  return [
    tagsExamined < tagsTotal || !listingComplete
      ? l10n.t(
          'Looked at {0} of {1} tags; others may share the image.',
          formatCount(tagsExamined),
          listingComplete ? formatCount(tagsTotal) : `${formatCount(tagsTotal)}+`,
        )
      : undefined,
    referrersKnown ? undefined : l10n.t('Whether signatures are attached is not known.'),
  ]
    .filter(Boolean)
    .join(' ');
}

function names(all: readonly string[]): string {
  const shown = all.slice(0, SHOWN).map((name) => toDisplayLine(name));
  return all.length > SHOWN
    ? l10n.t('{0} and {1} more', shown.join(', '), formatCount(all.length - SHOWN))
    : shown.join(', ');
}
