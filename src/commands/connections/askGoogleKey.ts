/** The key file of a Google service account, which is the password of the user `_json_key`. */
import * as vscode from 'vscode';
import { readServiceAccountKeyFile } from '../../core/providers/google/serviceAccountKey.ts';

/**
 * The content on one line, as a password has to be; undefined where no file was chosen.
 * @throws CoreError `invalidInput` with reason `googleKeyFile` for any other file.
 */
export async function askGoogleKey(title: string): Promise<string | undefined> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title,
      openLabel: vscode.l10n.t('Use Key'),
      filters: { [vscode.l10n.t('Key of a service account')]: ['json'] },
    })) ?? [];
  return file && readServiceAccountKeyFile(file.fsPath);
}
