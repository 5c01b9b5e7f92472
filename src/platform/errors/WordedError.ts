/** An error in plain words, and the one thing to try next. */
import { toDisplayLine } from '../../core/common/displayText.ts';

/** The next step, as something a button can do. */
export type ErrorAction =
  | 'signIn'
  | 'trustCertificate'
  | 'chooseClientCertificate'
  | 'enterPassphrase'
  | 'allowBlocked'
  | 'retry'
  | 'editConnection'
  | 'pinRepository'
  | 'openProxySettings'
  | 'openDockerSettings'
  | 'selectDockerContext'
  | 'startLocalRegistry'
  | 'manageTrust'
  | 'showLog';

export interface WordedError {
  /** One or two sentences, one line, safe to show. */
  readonly message: string;
  /** A few words for a tree node beside an icon. */
  readonly summary: string;
  readonly action: ErrorAction;
}

/** Made safe to show and cut to a length that still reads: this is where every error passes. */
export function worded(summary: string, message: string, action: ErrorAction): WordedError {
  return { summary, message: toDisplayLine(message, 600), action };
}

/** Docker's client points to its help below what went wrong. */
const HELP = /^(?:Run|See) '[^']* --help'/;

/** The last thing a program said. */
export function lastLine(output: string | undefined): string | undefined {
  const lines = (output ?? '').split('\n').map((line) => toDisplayLine(line, 400));
  return lines.filter((line) => line !== '' && !HELP.test(line)).at(-1);
}
