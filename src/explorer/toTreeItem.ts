/** How each kind of node looks: label, description, icon, tooltip, menus (contextValue) and what a screen reader says. */
import * as vscode from 'vscode';
import { toDisplayLine, toDisplayText } from '../core/common/displayText.ts';
import type { ArtifactKind } from '../core/oci/artifact.ts';
import { shortDigest } from '../core/oci/digest.ts';
import { formatPlatform } from '../core/oci/platform.ts';
import {
  FINDING_SEVERITIES,
  type FindingCounts,
  type TagDetails,
  type TagLock,
} from '../core/providers/RegistryProvider.ts';
import type { Connection } from '../platform/Connection.ts';
import { describeMirrors } from '../platform/pullMirrors.ts';
import type { RegistryMirror } from '../core/credentials/registriesConf.ts';
import type { CapabilityFinding } from '../core/registry/capability.ts';
import { formatAge, formatCount, formatDate, formatSize } from '../platform/format.ts';
import { summarizeCapabilities } from '../platform/summarizeCapabilities.ts';
import { actionLabel } from '../platform/wordError.ts';
import type { SignatureOutcome } from '../core/trust/CheckedSignature.ts';
import type { Verification } from '../platform/Verifications.ts';
import type {
  ErrorNode,
  ReferrerNode,
  RegistriesNode,
  RegistryNode,
  RepositoryNode,
  TagNode,
} from './nodes.ts';
import {
  describeCheck,
  describeDocument,
  describePlace,
  verifiedWith,
} from '../platform/describeDocument.ts';
import { wordErrorNode } from './wordErrorNode.ts';

/** What is known of a node besides its own data; it may arrive later. */
export interface TreeState {
  readonly details?: TagDetails;
  readonly detailsFailed?: boolean;
  readonly filter?: string;
  readonly hasWebPage?: boolean;
  /** The registry wants a repository to be there before a push. */
  readonly canCreateRepository?: boolean;
  /** Of an image whose signature was verified in this session. */
  readonly verification?: Verification;
  /** What came out for a document that was checked in this session. */
  readonly checked?: { readonly outcome: SignatureOutcome; readonly keyName: string };
  /** What was found out about the repository; empty until somebody asked. */
  readonly capabilities?: readonly CapabilityFinding[];
}

const { Collapsed } = vscode.TreeItemCollapsibleState;

export function toTreeItem(node: RegistriesNode, state: TreeState): vscode.TreeItem {
  const item = createItem(node, state);
  item.id = node.id;
  // VS Code asks for what is missing when the mouse rests on it; see registryTooltip.
  if (node.kind === 'registry') delete item.tooltip;
  return item;
}

function createItem(node: RegistriesNode, state: TreeState): vscode.TreeItem {
  switch (node.kind) {
    case 'registry':
      return registryItem(node, state);
    case 'invalidConnection':
      return withDetails(new vscode.TreeItem(vscode.l10n.t('Invalid connection')), {
        description: node.invalid.problem,
        icon: 'error',
        contextValue: 'invalidConnection',
        command: {
          command: 'workbench.action.openSettings',
          title: vscode.l10n.t('Open Settings'),
          arguments: ['berth.connections'],
        },
      });
    case 'namespace':
      return withDetails(new vscode.TreeItem(node.namespace, Collapsed), {
        icon: 'folder',
        contextValue: state.canCreateRepository ? 'namespace:canCreate' : 'namespace',
        spoken: vscode.l10n.t('Namespace {0}', node.namespace),
      });
    case 'repository':
      return repositoryItem(node, state);
    case 'tag':
      return tagItem(node, state);
    case 'platform':
      return withDetails(new vscode.TreeItem(node.label, Collapsed), {
        description: shortDigest(node.descriptor.digest),
        icon: 'device-desktop',
        contextValue: 'platform',
        tooltip: node.descriptor.digest,
        spoken: vscode.l10n.t('Platform {0}', node.label),
      });
    case 'layers': {
      const total = node.layers.reduce((sum, layer) => sum + layer.sizeInBytes, 0);
      return withDetails(new vscode.TreeItem(vscode.l10n.t('Layers'), Collapsed), {
        description: `${formatCount(node.layers.length)} · ${formatSize(total)}`,
        icon: 'layers',
        contextValue: 'layers',
        spoken: vscode.l10n.t('{0} layers, {1}', node.layers.length, formatSize(total)),
      });
    }
    case 'layer':
      return withDetails(new vscode.TreeItem(shortDigest(node.descriptor.digest)), {
        description: formatSize(node.descriptor.sizeInBytes),
        icon: 'file-zip',
        contextValue: 'layer',
        tooltip: `${node.descriptor.digest}\n${toDisplayLine(node.descriptor.mediaType)}`,
        spoken: vscode.l10n.t('Layer {0}, {1}', node.position, formatSize(node.descriptor.sizeInBytes)),
      });
    case 'referrers':
      return withDetails(new vscode.TreeItem(vscode.l10n.t('Referrers'), Collapsed), {
        description: [
          formatCount(node.attachments.length),
          state.verification && verifiedWith(state.verification),
        ]
          .filter(Boolean)
          .join(' · '),
        icon: 'references',
        contextValue: 'referrers',
        spoken: vscode.l10n.t('{0} referrers', node.attachments.length),
      });
    case 'referrer':
      return referrerItem(node, state);
    case 'loadMore':
      return withDetails(new vscode.TreeItem(vscode.l10n.t('Load More…')), {
        description:
          node.total === undefined
            ? vscode.l10n.t('{0} shown', formatCount(node.shown))
            : vscode.l10n.t('{0} of {1} shown', formatCount(node.shown), formatCount(node.total)),
        icon: 'ellipsis',
        contextValue: 'loadMore',
        command: {
          command: 'berth.loadMore',
          title: vscode.l10n.t('Load More'),
          arguments: [node],
        },
      });
    case 'error':
      return errorItem(node);
    case 'message':
      return withDetails(new vscode.TreeItem(node.text), { icon: 'info', contextValue: 'message' });
  }
}

interface Details {
  readonly description?: string;
  readonly icon: string;
  readonly iconColor?: string;
  readonly contextValue: string;
  readonly tooltip?: string;
  /** What a screen reader says instead of the label. */
  readonly spoken?: string;
  readonly command?: vscode.Command;
}

/** Every text passes here: what came from outside is made safe to show at this one point. */
function withDetails(item: vscode.TreeItem, details: Details): vscode.TreeItem {
  const label = toDisplayLine(typeof item.label === 'string' ? item.label : '');
  const description = details.description === undefined ? undefined : toDisplayLine(details.description);
  const spoken = toDisplayLine(details.spoken ?? label, 600);
  item.label = label;
  item.iconPath = new vscode.ThemeIcon(
    details.icon,
    details.iconColor === undefined ? undefined : new vscode.ThemeColor(details.iconColor),
  );
  item.contextValue = details.contextValue;
  if (description !== undefined) item.description = description;
  // A plain string is never Markdown; the label stands in where there is nothing to add.
  item.tooltip = toDisplayText(details.tooltip ?? label);
  if (details.command) item.command = details.command;
  item.accessibilityInformation = {
    label: [spoken, description && spoken.includes(description) ? undefined : description]
      .filter(Boolean)
      .join(', '),
  };
  return item;
}

function registryItem({ connection }: RegistryNode, { canCreateRepository }: TreeState): vscode.TreeItem {
  const host = connection.url.replace(/^https?:\/\//i, '');
  const unencrypted = connection.url.toLowerCase().startsWith('http:');
  const local = connection.localContainer !== undefined;
  return withDetails(new vscode.TreeItem(connection.name, Collapsed), {
    description: [
      host === connection.name ? undefined : host,
      connection.auth === 'password' ? connection.username : undefined,
      unencrypted && !local ? vscode.l10n.t('http') : undefined,
    ]
      .filter(Boolean)
      .join(' · '),
    icon: local ? 'server-environment' : connection.provider === 'dockerHub' ? 'cloud' : 'server',
    contextValue: [
      'registry',
      local ? ':local' : '',
      connection.auth === 'password' ? ':canSignOut' : '',
      canCreateRepository ? ':canCreate' : '',
    ].join(''),
    spoken: vscode.l10n.t('Registry {0}', connection.name),
  });
}

/** @param mirrors where docker and podman may pull from instead. */
export function registryTooltip(
  connection: Connection,
  mirrors: readonly RegistryMirror[],
  capabilities: readonly CapabilityFinding[],
): string {
  const lines = [
    connection.url,
    ...(mirrors.length === 0
      ? []
      : [vscode.l10n.t('Shown from the registry itself; pulls may come from {0}', describeMirrors(mirrors))]),
    ...summarizeCapabilities(capabilities),
  ];
  return toDisplayText(lines.join('\n'));
}

function repositoryItem(node: RepositoryNode, state: TreeState): vscode.TreeItem {
  const { filter, hasWebPage, capabilities = [] } = state;
  const name = node.repository.slice(node.repository.lastIndexOf('/') + 1);
  return withDetails(new vscode.TreeItem(name, Collapsed), {
    ...(filter && { description: vscode.l10n.t('filter: {0}', filter) }),
    icon: node.pinned ? 'pinned' : 'repo',
    contextValue: [
      'repository',
      node.pinned ? ':pinned' : '',
      filter ? ':filtered' : '',
      hasWebPage ? ':hasWeb' : '',
    ].join(''),
    tooltip: [node.repository, ...summarizeCapabilities(capabilities)].join('\n'),
    spoken: vscode.l10n.t('Repository {0}', node.repository),
  });
}

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

function tagItem(
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
  return withDetails(new vscode.TreeItem(node.tag, Collapsed), {
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

function referrerItem(node: ReferrerNode, { checked }: TreeState): vscode.TreeItem {
  const { document, descriptor, platform } = node;
  const { label, icon } = describeDocument(document);
  const state = describeCheck(document, checked);
  const size = (document.blob ?? descriptor).sizeInBytes;
  const isVerified = checked?.outcome === 'verified';
  return withDetails(new vscode.TreeItem(label), {
    description: [platform, state, formatSize(size)].filter(Boolean).join(' · '),
    icon: isVerified ? 'verified' : icon,
    ...(isVerified && { iconColor: 'testing.iconPassed' }),
    contextValue: `referrer:${document.kind}`,
    tooltip: [
      document.type,
      vscode.l10n.t('Found in: {0}', document.attachment.foundIn.map(describePlace).join(', ')),
      document.createdAt && vscode.l10n.t('Created: {0}', formatDate(document.createdAt)),
      vscode.l10n.t('Attached to: {0}', document.attachment.subject),
      vscode.l10n.t('Manifest: {0}', descriptor.digest),
    ]
      .filter((line) => line !== undefined)
      .map((line) => toDisplayLine(line))
      .join('\n'),
    spoken: label,
    command: {
      command: 'berth.openReferrer',
      title: vscode.l10n.t('Open Referrer'),
      arguments: [node],
    },
  });
}

function errorItem(node: ErrorNode): vscode.TreeItem {
  const { summary, message, action } = wordErrorNode(node);
  return withDetails(new vscode.TreeItem(summary), {
    description: actionLabel(action),
    icon: 'error',
    iconColor: 'list.errorForeground',
    contextValue: `error:${action}`,
    tooltip: message,
    spoken: message,
    command: {
      command: 'berth.resolveError',
      title: actionLabel(action),
      arguments: [node],
    },
  });
}
