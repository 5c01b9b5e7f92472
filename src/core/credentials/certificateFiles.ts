/** The certificate files that a connection names in its settings: an authority to trust, a certificate to show. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { CoreError } from '../common/CoreError.ts';
import type { CredentialEnvironment } from './CredentialEnvironment.ts';

/** Paths as they stand in the settings; see expandFilePath. */
export interface CertificateFiles {
  readonly caFile?: string | undefined;
  readonly clientCertFile?: string | undefined;
  /** Absent: the key is in `clientCertFile` as well. */
  readonly clientKeyFile?: string | undefined;
}

/** Fits TlsOptions. */
export interface FileCertificates {
  readonly additionalCaPem: readonly string[];
  readonly clientCertificatePem?: string;
  /** Not encrypted, whatever the file is. */
  readonly clientKeyPem?: string;
}

/** `details.reason` of what is wrong with a pair that was read. */
export type ClientPairProblem =
  | 'clientFileNotPem'
  | 'clientKeyMissing'
  | 'clientKeyEncrypted'
  | 'clientKeyPassphrase' // the passphrase is not the key's
  | 'clientKeyMismatch'
  | 'clientCertificateExpired';

/**
 * @param passphrase asked only where the key is encrypted; undefined where none is known.
 * @throws CoreError `tls`, `subject` the path as written; `reason` a ClientPairProblem, `clientCertificateMissing` (a key
 *   alone), or `Missing`, `Unreadable`, `Relative`, `NotPem` after `caFile` or `clientFile`.
 */
export async function readCertificateFiles(
  { caFile, clientCertFile, clientKeyFile }: CertificateFiles,
  environment: CredentialEnvironment,
  passphrase: () => Promise<string | undefined>,
): Promise<FileCertificates> {
  const additionalCaPem: string[] = [];
  if (caFile) {
    const pem = await read(caFile, 'ca', environment);
    if (!isCertificate(pem)) throw problem('caFileNotPem', caFile);
    additionalCaPem.push(pem);
  }
  if (!clientCertFile) {
    if (clientKeyFile) throw problem('clientCertificateMissing', clientKeyFile);
    return { additionalCaPem };
  }
  const certificatePem = await read(clientCertFile, 'client', environment);
  const keyPem = clientKeyFile ? await read(clientKeyFile, 'client', environment) : certificatePem;
  const pair = await openClientPair(certificatePem, keyPem, passphrase);
  if (typeof pair !== 'string') return { additionalCaPem, ...pair };
  const isAboutKey =
    pair.startsWith('clientKey') || (pair === 'clientFileNotPem' && isCertificate(certificatePem));
  throw problem(pair, isAboutKey ? (clientKeyFile ?? clientCertFile) : clientCertFile);
}

/** A certificate with its key, the key decrypted; or what is wrong with them. */
export async function openClientPair(
  certificatePem: string,
  keyPem: string,
  passphrase: () => Promise<string | undefined>,
): Promise<Required<Pick<FileCertificates, 'clientCertificatePem' | 'clientKeyPem'>> | ClientPairProblem> {
  const certificate = tryParseCertificate(certificatePem);
  if (!certificate) return 'clientFileNotPem';
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(keyPem)) {
    return isCertificate(keyPem) ? 'clientKeyMissing' : 'clientFileNotPem';
  }
  const isEncrypted = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(keyPem);
  const secret = isEncrypted ? await passphrase() : undefined;
  if (isEncrypted && secret === undefined) return 'clientKeyEncrypted';
  const key = tryParseKey(keyPem, secret);
  if (!key) return isEncrypted ? 'clientKeyPassphrase' : 'clientFileNotPem';
  if (!certificate.checkPrivateKey(key)) return 'clientKeyMismatch';
  if (certificate.validToDate.getTime() < Date.now()) return 'clientCertificateExpired';
  return {
    clientCertificatePem: certificatePem,
    clientKeyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/**
 * The path behind what settings say: `~/…`, `${userHome}`, `${env:NAME}`, as VS Code's own settings have them.
 * Undefined for what is not absolute then: there is no folder it could be relative to.
 */
export function expandFilePath(written: string, { env, homeDir }: CredentialEnvironment): string | undefined {
  const path = written
    .trim()
    .replace(/^~(?=$|[/\\])/, () => homeDir)
    .replaceAll('${userHome}', () => homeDir)
    .replaceAll(/\$\{env:([^}]+)\}/g, (_match, name: string) => env[name] ?? '');
  return isAbsolute(path) ? join(path) : undefined;
}

async function read(
  written: string,
  whose: 'ca' | 'client',
  environment: CredentialEnvironment,
): Promise<string> {
  const path = expandFilePath(written, environment);
  if (path === undefined) throw problem(`${whose}FileRelative`, written);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    throw problem(isMissing ? `${whose}FileMissing` : `${whose}FileUnreadable`, written, code);
  }
}

function tryParseCertificate(pem: string): X509Certificate | undefined {
  if (!isCertificate(pem)) return undefined;
  try {
    return new X509Certificate(pem.slice(pem.search(CERTIFICATE)));
  } catch {
    return undefined;
  }
}

function tryParseKey(pem: string, passphrase: string | undefined): KeyObject | undefined {
  try {
    return createPrivateKey({ key: pem, ...(passphrase !== undefined && { passphrase }) });
  } catch {
    return undefined; // no cause: nothing of a key belongs in an error
  }
}

const CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/;

function isCertificate(pem: string): boolean {
  return CERTIFICATE.test(pem);
}

function problem(reason: string, subject: string, code?: string): CoreError {
  return new CoreError('tls', `${subject} cannot be used: ${reason}`, {
    reason,
    subject,
    ...(code !== undefined && { code }),
  });
}
