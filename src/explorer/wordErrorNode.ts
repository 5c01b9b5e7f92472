/** What an error node says and offers: the words of its error, and what its place in the tree adds to them. */
import { l10n } from 'vscode';
import { isCoreError } from '../core/common/CoreError.ts';
import { toDisplayLine } from '../core/common/displayText.ts';
import { wordError, type WordedError } from '../platform/wordError.ts';
import type { ErrorNode, RegistriesNode } from './nodes.ts';

export function wordErrorNode(node: ErrorNode): WordedError {
  const container = localContainerOf(node);
  if (container === undefined || !isCoreError(node.error, 'connectionRefused')) return wordError(node.error);
  return {
    summary: l10n.t('Registry is stopped'),
    message: l10n.t(
      'The local registry "{0}" is stopped. Start it to see its images.',
      toDisplayLine(container),
    ),
    action: 'startLocalRegistry',
  };
}

/** The container of the registry that `node` is below, where Berth runs it. */
function localContainerOf(node: RegistriesNode): string | undefined {
  let above: RegistriesNode | undefined = node;
  while (above && above.kind !== 'registry') above = above.parent;
  return above?.connection.localContainer;
}
