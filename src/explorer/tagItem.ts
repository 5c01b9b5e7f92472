/** How a tag looks: what it is, how old and how big, and in the tooltip all that is known of it. */
import * as vscode from 'vscode';
import { toDisplayLine } from '../core/common/displayText.ts';
import type { ArtifactKind } from '../core/oci/artifact.ts';
import { formatPlatform } from '../core/oci/platform.ts';
import { FINDING_SEVERITIES, type FindingCounts, type TagLock } from '../core/providers/RegistryProvider.ts';
import { formatAge, formatCount, formatDate, formatSize } from '../platform/format.ts';
import type { TagNode } from './nodes.ts';
import type { TreeState } from './TreeState.ts';
import { withDetails } from './withDetails.ts';

const TAG_ICONS: Readonly<Record<ArtifactKind, string>> = {
  image: 'package',
  index: 'type-hierarchy-sub',
  helm: 'compass',
  artifact: 'file-binary',
  legacy: 'history',
};

function kindLabel(kind: ArtifactKind): string {
  switch (kind) {
    case 'image':
      return vscode.l10n.t('image');
    case 'index':
      return vscode.l10n.t('multi-platform image');
    case 'helm':
      return vscode.l10n.t('Helm chart');
    case 'artifact':
      return vscode.l10n.t('artifact');
    case 'legacy':
      return vscode.l10n.t('image in the outdated schema 1');
  }
}

export function tagItem(
  node: TagNode,
  { details, detailsFailed, hasWebPage, verification }: TreeState,
): vscode.TreeItem {
  const age = details?.createdAt && formatAge(details.createdAt);
  const size = details?.sizeInBytes === undefined ? undefined : formatSize(details.sizeInBytes);
  const count = details?.platforms?.length ?? 0;
  const platforms = count > 1 ? vscode.l10n.t('{0} platforms', formatCount(count)) : undefined;
  const locked = details?.locks ? vscode.l10n.t('locked') : undefined;
  const tooltip = details
    ? [
        `${node.repository}:${node.tag}`,
        kindLabel(details.kind) + (details.artifactType ? ` (${details.artifactType})` : ''),
        details.digest,
        details.platforms?.length
          ? vscode.l10n.t('Platforms: {0}', details.platforms.map(formatPlatform).join(', '))
          : undefined,
        size && vscode.l10n.t('Compressed size: {0}', size),
        age && details.createdAt && vscode.l10n.t('Created: {0}', formatDate(details.createdAt)),
        details.findings && findingsLine(details.findings),
        verification &&
          vscode.l10n.t(
            'Signature verified in this session with {0} ({1})',
            verification.keyName,
            verification.fingerprint,
          ),
        details.locks && locksLine(details.locks),
      ]
        .filter((line) => line !== undefined)
        .map((line) => toDisplayLine(line))
        .join('\n')
    : detailsFailed
      ? vscode.l10n.t('The details of this tag could not be read. Open it to see why.')
      : vscode.l10n.t('Reading details…');
  return withDetails(new vscode.TreeItem(node.tag, vscode.TreeItemCollapsibleState.Collapsed), {
    description: [verification && vscode.l10n.t('verified'), age, size, platforms, locked]
      .filter(Boolean)
      .join(' · '),
    icon: locked ? 'lock' : details ? TAG_ICONS[details.kind] : detailsFailed ? 'warning' : 'tag',
    contextValue: hasWebPage ? 'tag:hasWeb' : 'tag',
    tooltip,
    spoken: details
      ? vscode.l10n.t('Tag {0}, {1}', node.tag, kindLabel(details.kind))
      : vscode.l10n.t('Tag {0}', node.tag),
  });
}

/** What the registry does not let happen to the tag. */
function locksLine(locks: readonly TagLock[]): string {
  return locks.includes('write')
    ? vscode.l10n.t('Locked: the registry neither deletes nor moves it')
    : vscode.l10n.t('Locked: the registry does not delete it');
}

/** What the registry's scan found, the worst first. */
function findingsLine(findings: FindingCounts): string {
  const counts = FINDING_SEVERITIES.flatMap((severity) =>
    findings[severity] ? `${formatCount(findings[severity])} ${severityLabel(severity)}` : [],
  );
  return counts.length > 0
    ? vscode.l10n.t('Vulnerabilities found: {0}', counts.join(', '))
    : vscode.l10n.t('The scan of the registry found no vulnerability');
}

function severityLabel(severity: (typeof FINDING_SEVERITIES)[number]): string {
  switch (severity) {
    case 'critical':
      return vscode.l10n.t('critical');
    case 'high':
      return vscode.l10n.t('high');
    case 'medium':
      return vscode.l10n.t('medium');
    case 'low':
      return vscode.l10n.t('low');
    case 'informational':
      return vscode.l10n.t('informational');
    case 'undefined':
      return vscode.l10n.t('unrated');
  }
}
