/** Where a registry may send us: five hops, never down to http, never unasked to a private address; and what we carry there. */
import { CoreError } from '../../common/CoreError.ts';
import { bareHostname, hostKind, literalHostKind } from './networkAddress.ts';

export const MAX_REDIRECTS = 5;

/** All that another origin gets to see. Credentials, cookies and headers of our own stay behind. */
const HARMLESS_HEADERS = new Set([
  'accept',
  'accept-encoding',
  'content-length',
  'content-range',
  'content-type',
  'range',
  'user-agent',
]);

export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/** Headers as they may go to another origin than the one they were made for. */
export function headersForOtherOrigin(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => HARMLESS_HEADERS.has(name.toLowerCase())),
  );
}

export interface LeavingQuestion {
  readonly from: URL;
  readonly to: URL;
  /** True when a proxy resolves `to`: its name is then not looked up here. */
  readonly isProxied: boolean;
  /** Whether a person allows the private address. */
  readonly confirm: (host: string, otherHost: string) => Promise<boolean>;
}

/**
 * Holds a redirect, Link or upload Location to the rules.
 * @throws CoreError `redirectRefused`, reasons `notHttp`, `httpsDowngrade`, `userInfo`, `metadataAddress`, `privateAddress`.
 */
export async function checkLeaving({ from, to, isProxied, confirm }: LeavingQuestion): Promise<void> {
  if (to.protocol !== 'https:' && to.protocol !== 'http:') throw refused(from, to, 'notHttp');
  if (from.protocol === 'https:' && to.protocol === 'http:') throw refused(from, to, 'httpsDowngrade');
  if (to.username !== '' || to.password !== '') throw refused(from, to, 'userInfo');
  if (bareHostname(to) === bareHostname(from)) return;
  const name = bareHostname(to);
  const kind = isProxied ? (literalHostKind(name) ?? 'public') : await hostKind(name);
  if (kind === 'metadata') throw refused(from, to, 'metadataAddress');
  if (kind === 'public') return;
  const origin = await hostKind(bareHostname(from));
  if (origin !== 'public') return;
  if (!(await confirm(from.host, to.host))) throw refused(from, to, 'privateAddress');
}

export function refused(from: URL, to: URL, reason: string): CoreError {
  return new CoreError('redirectRefused', `refused to follow ${from.host} to ${to.host}: ${reason}`, {
    host: from.host,
    otherHost: to.host,
    reason,
  });
}
