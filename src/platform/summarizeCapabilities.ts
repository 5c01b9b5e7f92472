/** What a registry can do or not, in a line each; the sentences are in wordCapability, which is loaded with the panel. */
import { l10n } from 'vscode';
import type { CapabilityFinding, CapabilityName } from '../core/registry/capability.ts';

export function capabilityTitle(name: CapabilityName): string {
  switch (name) {
    case 'catalog':
      return l10n.t('List the repositories');
    case 'publicSearch':
      return l10n.t('Search public repositories');
    case 'listedDetails':
      return l10n.t('Size and date in the list of tags');
    case 'tagPages':
      return l10n.t('List tags in pages');
    case 'deleteByTag':
      return l10n.t('Delete one tag');
    case 'deleteByDigest':
      return l10n.t('Delete an image by digest');
    case 'referrers':
      return l10n.t('Referrers API');
    case 'range':
      return l10n.t('Read parts of a layer');
    case 'mount':
      return l10n.t('Mount layers from another repository');
  }
}

/** One line for each finding, for a tooltip. */
export function summarizeCapabilities(findings: readonly CapabilityFinding[]): string[] {
  const marks = { yes: '✓', no: '✗', unknown: '?' } as const;
  return findings
    .filter(({ reason }) => reason !== 'askFirst')
    .map(({ name, answer }) => `${marks[answer]} ${capabilityTitle(name)}`);
}
