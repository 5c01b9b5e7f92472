/** Asks for the certificate files of a connection, and looks at them where they are chosen: what cannot work is never kept. */
import { dirname, join, sep } from 'node:path';
import * as vscode from 'vscode';
import { isCoreError } from '../../core/common/CoreError.ts';
import {
  expandFilePath,
  readCertificateFiles,
  type CertificateFiles,
} from '../../core/credentials/certificateFiles.ts';
import { askText } from '../../platform/ask.ts';
import type { ConnectionSetting } from '../../platform/Connection.ts';
import { credentialEnvironment } from '../../platform/credentialEnvironment.ts';
import { wordError } from '../../platform/wordError.ts';

export type ClientCertificateFiles = Pick<ConnectionSetting, 'clientCertFile' | 'clientKeyFile'>;

export interface ClientCertificateAnswer extends ClientCertificateFiles {
  readonly clientCertFile: string;
  /** To be kept in the secret storage. */
  readonly keyPassphrase?: string;
}

/** Undefined when a file dialog was left. @throws CancellationError when the passphrase was not given. */
export async function askClientCertificate(
  title: string,
  current: ClientCertificateFiles,
): Promise<ClientCertificateAnswer | undefined> {
  for (;;) {
    const clientCertFile = await askFile(
      vscode.l10n.t('Client Certificate (PEM)'),
      ['pem', 'crt', 'cert', 'cer'],
      current.clientCertFile,
    );
    if (clientCertFile === undefined) return undefined;
    const clientKeyFile = (await holdsKey(clientCertFile))
      ? undefined
      : await askFile(
          vscode.l10n.t('Private Key of the Certificate (PEM)'),
          ['pem', 'key'],
          current.clientKeyFile ?? clientCertFile,
        );
    const files = { clientCertFile, ...(clientKeyFile !== undefined && { clientKeyFile }) };
    const problem = await problemOf(files);
    if (problem === undefined) return files;
    if (isCoreError(problem, 'tls') && problem.details.reason === 'clientKeyEncrypted') {
      return { ...files, keyPassphrase: await askKeyPassphrase(title, files) };
    }
    if (!(await wantsAnother(problem))) return undefined;
  }
}

/** The file of a certificate authority; undefined when the dialog was left. */
export async function askCertificateAuthority(current: string | undefined): Promise<string | undefined> {
  for (;;) {
    const caFile = await askFile(
      vscode.l10n.t('Certificate Authority (PEM)'),
      ['pem', 'crt', 'cert', 'cer'],
      current,
    );
    const problem = caFile === undefined ? undefined : await problemOf({ caFile });
    if (!problem) return caFile;
    if (!(await wantsAnother(problem))) return undefined;
  }
}

/** Says what is wrong with a chosen file; true to choose again. */
async function wantsAnother(problem: Error): Promise<boolean> {
  const again = vscode.l10n.t('Choose Again');
  const { message } = wordError(problem);
  return (await vscode.window.showErrorMessage(message, { modal: true }, again)) === again;
}

/** @throws CancellationError when dismissed. */
export function askKeyPassphrase(title: string, files: ClientCertificateFiles): Promise<string> {
  return askText({
    title,
    prompt: vscode.l10n.t('Passphrase of {0}', files.clientKeyFile ?? files.clientCertFile ?? ''),
    password: true,
    accept: async (passphrase) => {
      const problem = await problemOf(files, passphrase);
      if (problem) throw problem;
      return passphrase;
    },
    describe: (error) =>
      isCoreError(error, 'tls') && error.details.reason === 'clientKeyPassphrase'
        ? vscode.l10n.t('This passphrase does not open the key.')
        : wordError(error).message,
  });
}

/** The key may be in the file of the certificate. Whatever else is wrong with it is told once both are known. */
async function holdsKey(clientCertFile: string): Promise<boolean> {
  const problem = await problemOf({ clientCertFile });
  return !(isCoreError(problem, 'tls') && problem.details.reason === 'clientKeyMissing');
}

async function problemOf(files: CertificateFiles, passphrase?: string): Promise<Error | undefined> {
  return readCertificateFiles(files, credentialEnvironment(), () => Promise.resolve(passphrase)).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
}

async function askFile(
  title: string,
  extensions: readonly string[],
  current: string | undefined,
): Promise<string | undefined> {
  const environment = credentialEnvironment();
  const path = current === undefined ? undefined : expandFilePath(current, environment);
  const chosen = await vscode.window.showOpenDialog({
    title,
    openLabel: vscode.l10n.t('Choose'),
    defaultUri: vscode.Uri.file(path === undefined ? environment.homeDir : dirname(path)),
    filters: { PEM: [...extensions], [vscode.l10n.t('All files')]: ['*'] },
  });
  return chosen?.[0] && withHome(chosen[0].fsPath, environment.homeDir);
}

/** `~/…` for what is in the home: settings are shared between machines. */
function withHome(path: string, homeDir: string): string {
  const home = join(homeDir, sep);
  return path.startsWith(home) ? `~/${path.slice(home.length).replaceAll('\\', '/')}` : path;
}
