/** Rules of clean-ups, and why a tag goes or stays, in words. */
import { l10n } from 'vscode';
import { toDisplayLine } from '../core/common/displayText.ts';
import type { BytesFreed } from '../core/operations/cleanup/CleanUpPlan.ts';
import type { CleanUpRule, CleanUpRuleSet } from '../core/operations/cleanup/CleanUpRules.ts';
import type { CleanUpReason } from '../core/operations/cleanup/decideTags.ts';
import { formatCount, formatSize } from './format.ts';

/** `nightly-*, older than 14 days, not among the newest 10`. */
function wordRule(rule: CleanUpRule): string {
  const { tags, versions, preReleases, olderThanDays, notPulledForDays, keepNewest, keepPatches } = rule;
  return [
    rule.untagged ? l10n.t('no tag') : undefined,
    tags === undefined || tags === '*' ? undefined : tags,
    preReleases === undefined ? undefined : preReleases ? l10n.t('pre-release') : l10n.t('release'),
    versions === undefined ? undefined : l10n.t('version {0}', versions),
    olderThanDays === undefined
      ? undefined
      : olderThanDays === 1
        ? l10n.t('older than 1 day')
        : l10n.t('older than {0} days', formatCount(olderThanDays)),
    notPulledForDays === undefined
      ? undefined
      : notPulledForDays === 1
        ? l10n.t('not pulled for 1 day')
        : l10n.t('not pulled for {0} days', formatCount(notPulledForDays)),
    keepNewest === undefined ? undefined : l10n.t('not among the newest {0}', formatCount(keepNewest)),
    keepPatches === undefined
      ? undefined
      : keepPatches === 1
        ? l10n.t('not the latest patch')
        : l10n.t('not among the latest {0} patches', formatCount(keepPatches)),
  ]
    .filter((part) => part !== undefined)
    .map((part) => toDisplayLine(part))
    .join(', ');
}

export function wordRuleSet({ delete: rules }: CleanUpRuleSet): string {
  return rules.map((rule) => wordRule(rule) || l10n.t('every tag')).join(' · ');
}

export function wordReason(reason: CleanUpReason): string {
  switch (reason.kind) {
    case 'rule':
      return wordRule(reason.rule) || l10n.t('every tag');
    case 'noRule':
      return l10n.t('no rule fits');
    case 'pattern':
      return l10n.t('protected by "{0}"', toDisplayLine(reason.pattern));
    case 'used':
      return l10n.t('used in {0}', toDisplayLine(reason.file));
    case 'locked':
      return l10n.t('locked by the registry');
    case 'signed':
      return l10n.t('signed');
    case 'signatureUnknown':
      return l10n.t('perhaps signed: the registry did not say');
    case 'unknown':
      return l10n.t('cannot be read');
    case 'platformOf':
      return l10n.t('part of {0}', toDisplayLine(reason.holder, 60));
    case 'subjectOf':
      return l10n.t('{0} refers to it', toDisplayLine(reason.holder, 60));
    case 'attachment':
      return l10n.t('attached to {0}', toDisplayLine(reason.subject.slice(0, 19)));
    case 'subjectUnknown':
      return l10n.t('attached to what no tag leads to');
    case 'siblingStays':
      return l10n.t(
        'shares its image with {0}, and only whole images go here',
        toDisplayLine(reason.sibling),
      );
  }
}

/** `at most 1.2 GB`; undefined where nothing is known. */
export function wordBytesFreed({ sizeInBytes, basis }: BytesFreed): string | undefined {
  switch (basis) {
    case 'blobs':
      return formatSize(sizeInBytes);
    case 'sizes':
      return l10n.t('at most {0}', formatSize(sizeInBytes));
    case 'partly':
      return sizeInBytes === 0 ? undefined : l10n.t('about {0} or more', formatSize(sizeInBytes));
  }
}
