/** Which public key to verify with: the last one of the repository, one of the workspace, or any file. */
import * as vscode from 'vscode';
import { CoreError } from '../../core/common/CoreError.ts';
import type { PublicKey } from '../../core/trust/publicKey.ts';
import { askPick, dismissed } from '../../platform/ask.ts';
import type { LastAnswers } from '../../platform/LastAnswers.ts';

export interface ChosenKey {
  readonly uri: vscode.Uri;
  readonly name: string;
  readonly key: PublicKey;
}

/** Keys of a workspace that are offered. */
const MAX_FOUND = 20;

/**
 * Remembers the file (never its content) for the repository, in this workspace.
 * @throws CoreError `invalidInput` where the file is no public key; CancellationError when dismissed.
 */
export async function askPublicKey(
  answers: LastAnswers,
  { connectionId, repository }: { readonly connectionId: string; readonly repository: string },
  title: string,
): Promise<ChosenKey> {
  const question = `publicKey.${connectionId}/${repository}`;
  const uri = await askKeyFile(title, answers.get(question));
  const chosen = { uri, name: nameOf(uri), key: await readKey(uri) };
  await answers.remember(question, uri.toString());
  return chosen;
}

async function askKeyFile(title: string, remembered: string | undefined): Promise<vscode.Uri> {
  const found = await vscode.workspace.findFiles('**/*.pub', '**/node_modules/**', MAX_FOUND);
  const last = remembered === undefined ? undefined : vscode.Uri.parse(remembered);
  const others = found.filter((uri) => uri.toString() !== remembered).sort(byPath);
  if (!last && others.length === 0) return askAnyFile(title);
  const item = (uri: vscode.Uri, detail?: string) => ({
    label: nameOf(uri),
    description: vscode.workspace.asRelativePath(vscode.Uri.joinPath(uri, '..')),
    ...(detail !== undefined && { detail }),
    uri,
  });
  const { uri } = await askPick<vscode.QuickPickItem & { readonly uri: vscode.Uri | undefined }>({
    title,
    placeholder: vscode.l10n.t('Choose the public key of the signer'),
    items: [
      ...(last ? [item(last, vscode.l10n.t('used last for this repository'))] : []),
      ...others.map((each) => item(each)),
      { label: vscode.l10n.t('Choose a File…'), uri: undefined },
    ],
  });
  return uri ?? askAnyFile(title);
}

async function askAnyFile(title: string): Promise<vscode.Uri> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const files = await vscode.window.showOpenDialog({
    title,
    openLabel: vscode.l10n.t('Verify'),
    ...(folder && { defaultUri: folder }),
    filters: {
      [vscode.l10n.t('Public keys')]: ['pub', 'pem', 'key'],
      [vscode.l10n.t('All files')]: ['*'],
    },
  });
  if (!files?.[0]) throw dismissed();
  return files[0];
}

async function readKey(uri: vscode.Uri): Promise<PublicKey> {
  const { MAX_KEY_FILE_BYTES, parsePublicKey } = await import('../../core/trust/publicKey.ts');
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > MAX_KEY_FILE_BYTES) {
      throw new CoreError('invalidInput', 'too large for a key', { reason: 'notPem' });
    }
    return await parsePublicKey(new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)));
  } catch (error) {
    if (error instanceof vscode.FileSystemError) {
      throw new CoreError('invalidInput', 'the key file cannot be read', {
        reason: 'keyFileMissing',
        subject: vscode.workspace.asRelativePath(uri),
      });
    }
    throw error;
  }
}

function nameOf(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf('/') + 1);
}

function byPath(a: vscode.Uri, b: vscode.Uri): number {
  return a.path.localeCompare(b.path, 'en');
}
