/** Where saving begins: the folder that was chosen last, the workspace, or the home. */
import { homedir } from 'node:os';
import * as vscode from 'vscode';
import type { LastAnswers } from '../../platform/LastAnswers.ts';

const ANSWER = 'saveFolder';

export function startFolder(answers: LastAnswers): vscode.Uri {
  const last = answers.get(ANSWER);
  if (last !== undefined) return vscode.Uri.file(last);
  const workspace = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file');
  return workspace?.uri ?? vscode.Uri.file(homedir());
}

export async function rememberFolder(answers: LastAnswers, folder: vscode.Uri): Promise<void> {
  await answers.remember(ANSWER, folder.fsPath);
}
