/** Failures of the proxy itself, told apart from those of the registry behind it. */
import { CoreError, isCoreError, type ErrorDetails } from '../../common/CoreError.ts';
import { toNetworkError } from './networkError.ts';

/** Statuses a forward proxy answers for itself: it wants a sign-in, or cannot reach the host. */
export function isProxyStatus(status: number): boolean {
  return status === 407 || status === 502 || status === 504;
}

/** `otherHost` names the proxy; reason `proxyAuthentication` or `proxyCannotReach`. */
export function proxyStatusError(proxyHost: string, host: string, status: number): CoreError {
  const reason = status === 407 ? 'proxyAuthentication' : 'proxyCannotReach';
  const details = { host, otherHost: proxyHost, status, reason };
  return new CoreError('proxy', `the proxy ${proxyHost} answered ${status}`, details);
}

/** The proxy could not be used at all; `reason` is the network kind of `error`. */
export function proxyConnectError(error: unknown, proxyHost: string, details: ErrorDetails): CoreError {
  const { kind, details: facts } = toNetworkError(error, details);
  const message = `the proxy ${proxyHost} failed: ${kind}`;
  return new CoreError('proxy', message, { ...facts, otherHost: proxyHost, reason: kind }, error);
}

/** Of a request that a proxy answers itself: a proxy that cannot be connected to is at fault; what breaks later may be anybody's. */
export function toProxyError(error: unknown, proxyHost: string, details: ErrorDetails): CoreError {
  const cause = toNetworkError(error, details);
  const isConnecting = isCoreError(cause, 'hostNotFound', 'connectionRefused', 'connectTimeout', 'tls');
  return isConnecting ? proxyConnectError(error, proxyHost, details) : cause;
}
