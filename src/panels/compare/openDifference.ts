/** Differing files in VS Code's editors: each side is read from the one layer that holds it, and nothing else is. */
import * as vscode from 'vscode';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { changedFiles } from '../../core/image/compare/changedFiles.ts';
import type { FileDifference, FileFacts } from '../../core/image/compare/compareFiles.ts';
import { formatCount } from '../../platform/format.ts';
import { formatImageFile } from '../../platform/imageFileAddress.ts';
import type { ComparedImage, LoadedComparison } from './loadComparison.ts';

/** Both sides beside each other, or the only one there is. */
export async function openDifference(
  loaded: LoadedComparison,
  { path, before, after }: FileDifference,
): Promise<void> {
  const [left, right] = [uriOf(loaded.before, before), uriOf(loaded.after, after)];
  const titles = [loaded.before.target.title, loaded.after.target.title].map((title) => toDisplayLine(title));
  if (left && right) {
    const title = toDisplayLine(`${nameOf(path)} (${titles.join(' ↔ ')})`);
    await vscode.commands.executeCommand('vscode.diff', left, right, title, { preview: true });
  } else if (left ?? right) {
    await vscode.commands.executeCommand('vscode.open', left ?? right, { preview: true });
  }
}

/** The changed files among `differences` in one multi-diff editor; where there are many, the first ones. */
export async function openAllDifferences(
  loaded: LoadedComparison,
  differences: readonly FileDifference[],
): Promise<void> {
  const { shown, total } = changedFiles(differences);
  if (total === 0) {
    await vscode.window.showInformationMessage(
      vscode.l10n.t('None of the files that are shown has changed its content.'),
    );
    return;
  }
  if (total > shown.length) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t(
        '{0} files have changed; the first {1} are open. Filter the list to see others.',
        formatCount(total),
        formatCount(shown.length),
      ),
    );
  }
  const title = vscode.l10n.t(
    'Changes from {0} to {1}',
    toDisplayLine(loaded.before.target.title),
    toDisplayLine(loaded.after.target.title),
  );
  const resources = shown.map(({ before, after }) => {
    const [left, right] = [uriOf(loaded.before, before), uriOf(loaded.after, after)];
    return [right, left, right];
  });
  await vscode.commands.executeCommand('vscode.changes', title, resources);
}

function uriOf({ address }: ComparedImage, facts: FileFacts | undefined): vscode.Uri | undefined {
  return facts?.type === 'file'
    ? vscode.Uri.from(formatImageFile({ image: address, layer: facts.layer, path: facts.layerPath }))
    : undefined;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
