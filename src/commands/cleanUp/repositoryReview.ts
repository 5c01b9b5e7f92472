/** A clean-up plan of a repository as the text the person reviews. */
import { l10n } from 'vscode';
import type { CleanUpEntry, CleanUpPlan } from '../../core/operations/cleanup/CleanUpPlan.ts';
import type { ReviewRow } from '../../core/operations/cleanup/reviewText.ts';
import { formatReview } from '../../core/operations/cleanup/reviewText.ts';
import { formatCount, formatSize } from '../../platform/format.ts';
import { wordBytesFreed, wordReason } from '../../platform/wordCleanUp.ts';

export function repositoryReviewText(
  plan: CleanUpPlan,
  registry: string,
  reclaim: string | undefined,
): string {
  const { entries, knowledge } = plan;
  const tags = entries.filter(({ isManifest }) => !isManifest);
  const going = entries.filter(({ action }) => action === 'delete');
  const goingTags = going.filter(({ isManifest }) => !isManifest);
  const freed = wordBytesFreed(plan.bytesFreed);
  const head = [
    l10n.t('Clean up {0} on {1}', plan.repository, registry),
    l10n.t('Rules: {0}', plan.rules),
    '',
    l10n.t('{0} of {1} tags go.', formatCount(goingTags.length), formatCount(tags.length)),
    going.length > goingTags.length
      ? l10n.t('{0} manifests without a tag go.', formatCount(going.length - goingTags.length))
      : undefined,
    freed === undefined ? undefined : l10n.t('Bytes that come free: {0}, each layer counted once.', freed),
    reclaim,
    knowledge.listingComplete
      ? undefined
      : l10n.t('The registry ended its listing early: what it did not list stays.'),
    knowledge.untaggedUnlisted
      ? l10n.t('This registry does not list manifests without a tag: the rules for them do nothing.')
      : undefined,
    knowledge.pullsUnknown
      ? l10n.t('This registry does not tell when a tag was last pulled: the rules for that do nothing.')
      : undefined,
    '',
    l10n.t('The word before a tag decides: change it to "keep" or "delete". What has no line stays.'),
    l10n.t('Nothing is deleted before you choose Run Clean-Up, above or in the title of this editor,'),
    l10n.t('and all of it can be undone from the Activity view until the registry collects its garbage.'),
  ];
  const rows = (action: CleanUpEntry['action'], isManifest: boolean): ReviewRow[] =>
    entries.filter((entry) => entry.action === action && entry.isManifest === isManifest).map(rowOf);
  const section = (title: string, action: CleanUpEntry['action'], isManifest: boolean) => {
    const all = rows(action, isManifest);
    return { title: `${title} (${formatCount(all.length)})`, rows: all };
  };
  return formatReview(
    head.filter((line) => line !== undefined),
    [
      section(l10n.t('Tags that go'), 'delete', false),
      section(l10n.t('Tags that stay'), 'keep', false),
      section(l10n.t('Manifests without a tag that go'), 'delete', true),
      section(l10n.t('Manifests without a tag that stay'), 'keep', true),
    ],
  );
}

function rowOf(entry: CleanUpEntry): ReviewRow {
  const { action, name, sizeInBytes, createdAt, reason } = entry;
  return {
    action,
    name,
    columns: [
      sizeInBytes === undefined ? '' : formatSize(sizeInBytes),
      createdAt?.toISOString().slice(0, 10) ?? '',
      wordReason(reason),
    ],
  };
}
