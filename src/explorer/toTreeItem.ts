/** How each kind of node looks: label, description, icon, tooltip, menus (contextValue) and what a screen reader says. */
import * as vscode from 'vscode';
import { toDisplayLine, toDisplayText } from '../core/common/displayText.ts';
import { shortDigest } from '../core/oci/digest.ts';
import type { Connection } from '../platform/Connection.ts';
import { describeMirrors } from '../platform/pullMirrors.ts';
import type { RegistryMirror } from '../core/credentials/registriesConf.ts';
import type { CapabilityFinding } from '../core/registry/capability.ts';
import { formatCount, formatDate, formatSize } from '../platform/format.ts';
import { summarizeCapabilities } from '../platform/summarizeCapabilities.ts';
import { actionLabel } from '../platform/wordError.ts';
import type { ErrorNode, ReferrerNode, RegistriesNode, RegistryNode, RepositoryNode } from './nodes.ts';
import {
  describeCheck,
  describeDocument,
  describePlace,
  verifiedWith,
} from '../platform/describeDocument.ts';
import { tagItem } from './tagItem.ts';
import type { TreeState } from './TreeState.ts';
import { withDetails } from './withDetails.ts';
import { wordErrorNode } from './wordErrorNode.ts';

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
