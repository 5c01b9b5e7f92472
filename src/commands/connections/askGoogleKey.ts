/** The key file of a Google service account, which is the password of the user `_json_key`. */
import { readFile, stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import * as v from 'valibot';
import { CoreError } from '../../core/common/CoreError.ts';

/** A key is about 2 KiB. */
const MAX_KEY_BYTES = 64 * 1024;

const keyFile = v.pipe(
  v.string(),
  v.parseJson(),
  v.looseObject({ type: v.literal('service_account'), client_email: v.string(), private_key: v.string() }),
);

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
  return file && readGoogleKey(file.fsPath);
}

export async function readGoogleKey(path: string): Promise<string> {
  const { size } = await stat(path);
  const key = v.safeParse(keyFile, size > MAX_KEY_BYTES ? '' : await readFile(path, 'utf8'));
  if (key.success) return JSON.stringify(key.output);
  // Nothing of it is quoted, and no cause is kept: it may be another secret.
  throw new CoreError('invalidInput', 'not the key of a service account', {
    subject: path,
    reason: 'googleKeyFile',
  });
}
