/**
 * Finds out what a typed address means: whether https answers, and whether its path is where the API lives or the
 * namespace of its repositories. Sends no credentials and asks for no tokens.
 */
import { CoreError, isCoreError } from '../common/CoreError.ts';
import { toDisplayLine } from '../common/displayText.ts';
import type { CredentialStore } from '../credentials/CredentialStore.ts';
import { parseChallenges } from './auth/challenge.ts';
import { createEndpoint, isLoopbackHost, parseRegistryUrl } from './parseRegistryUrl.ts';
import type { RegistryUrl } from './parseRegistryUrl.ts';
import { notARegistryError } from './registryError.ts';
import type { PathStyle, RegistryEndpoint } from './RegistryEndpoint.ts';
import { headerOf } from './RegistryRequests.ts';
import { clientCertificateReply } from './transport/clientCertificateProblem.ts';
import { isHtmlResponse } from './transport/isHtmlResponse.ts';
import { Transport } from './transport/Transport.ts';
import type { TransportOptions } from './transport/Transport.ts';
import type { TransportResponse } from './transport/TransportRequest.ts';

export interface Discovery {
  /**
   * `endpoint`: ready to connect to. `needsInsecureConsent`: only plain http answers (or was typed) and the host is
   * not this machine; nothing but probes was sent, and credentials must not be before a person has agreed.
   */
  readonly kind: 'endpoint' | 'needsInsecureConsent';
  /** Its `scheme` says whether http is used. */
  readonly endpoint: RegistryEndpoint;
  /** How the path is meant; `namespace` where there is none. */
  readonly pathStyle: PathStyle;
  /** False when the API answered 200 to nobody in particular. */
  readonly asksForSignIn: boolean;
  /** Where the registry sends for tokens, as it says itself; not to be trusted with anything. */
  readonly tokenRealm?: string;
  /** Of its reply to `GET …/v2/`: many makers sign it. */
  readonly headers: TransportResponse['headers'];
}

export type DiscoveryOptions = Omit<TransportOptions, 'endpoint' | 'credentials' | 'confirm'>;

/** What one place answered to `GET …/v2/`. */
interface Answer {
  readonly pathStyle: PathStyle;
  readonly endpoint: RegistryEndpoint;
  readonly status: number;
  /** Whether only a registry would answer so; a 401 alone may be a web site's. */
  readonly isCertain: boolean;
  readonly tokenRealm: string | undefined;
  readonly headers: TransportResponse['headers'];
}

const NO_CREDENTIALS: CredentialStore = { get: () => Promise.resolve(undefined) };
const MAX_REPLY_BYTES = 64 * 1024;
/** Replies to look at instead of throwing: an API that wants a sign-in, and all the ways of not being one. */
const LOOKED_AT: readonly number[] = [400, 401, 403, 404, 405, 406, 410];
/** Failures of https after which http is worth a question. Never a certificate we do not trust. */
const HTTPS_IS_NOT_THERE = [
  'connectionRefused',
  'connectionReset',
  'connectTimeout',
  'timeout',
  'protocol',
] as const;

/**
 * @param typed what a person entered, see parseRegistryUrl.
 * @throws CoreError `invalidInput`; `notARegistry` where something else answers; `tls`, `hostNotFound` and the other
 *   network kinds as https met them.
 */
export async function discoverEndpoint(
  typed: string,
  options: DiscoveryOptions,
  signal: AbortSignal,
): Promise<Discovery> {
  const url = parseRegistryUrl(typed);
  if (url.scheme === 'http') return found(url, await probePaths(url, 'http', options, signal));
  try {
    return found(url, await probePaths(url, 'https', options, signal));
  } catch (error) {
    if (url.scheme === 'https' || !mayBeHttp(error)) throw error;
    try {
      return found(url, await probePaths(url, 'http', options, signal));
    } catch (httpError) {
      // What https met is what the person has to know, unless http at least reached something.
      throw isCoreError(httpError, 'notARegistry', 'cancelled') ? httpError : error;
    }
  }
}

function found({ host }: RegistryUrl, answer: Answer): Discovery {
  const { endpoint, pathStyle, status, tokenRealm, headers } = answer;
  const isSafe = endpoint.scheme === 'https' || isLoopbackHost(host);
  return {
    kind: isSafe ? 'endpoint' : 'needsInsecureConsent',
    endpoint,
    pathStyle,
    asksForSignIn: status === 401 || status === 403,
    headers,
    ...(tokenRealm !== undefined && { tokenRealm }),
  };
}

function mayBeHttp(error: unknown): boolean {
  if (isCoreError(error, 'tls')) return error.details.reason === 'handshake';
  return isCoreError(error, ...HTTPS_IS_NOT_THERE);
}

/** The API below the path, or at the root with the path as namespace; where both answer, the surer one. */
async function probePaths(
  url: RegistryUrl,
  scheme: 'https' | 'http',
  options: DiscoveryOptions,
  signal: AbortSignal,
): Promise<Answer> {
  const styles: PathStyle[] =
    url.path === '' || url.host === 'docker.io' ? ['namespace'] : ['api', 'namespace'];
  let possible: Answer | undefined;
  let problem: unknown;
  for (const pathStyle of styles) {
    try {
      const endpoint = createEndpoint({ ...url, scheme }, pathStyle);
      const answer = await probe(endpoint, pathStyle, options, signal);
      if (answer.isCertain) return answer;
      possible = answer;
    } catch (error) {
      // A path that is no namespace, or a place where no registry is: the other reading may hold.
      if (!isCoreError(error, 'notARegistry', 'invalidInput')) throw error;
      problem ??= error;
    }
  }
  if (possible) return possible;
  throw problem;
}

async function probe(
  endpoint: RegistryEndpoint,
  pathStyle: PathStyle,
  options: DiscoveryOptions,
  signal: AbortSignal,
): Promise<Answer> {
  const transport = new Transport({ ...options, endpoint, credentials: NO_CREDENTIALS });
  const request = { operation: 'check the registry', scopes: [], signal };
  try {
    const response = await transport.request({ ...request, method: 'GET', path: '/v2/', accept: LOOKED_AT });
    const body = await response.bytes(MAX_REPLY_BYTES);
    const certificateProblem = clientCertificateReply(response.status, body);
    if (certificateProblem !== undefined) {
      throw new CoreError('tls', `${endpoint.host}: ${certificateProblem}`, {
        host: endpoint.host,
        operation: request.operation,
        status: response.status,
        reason: certificateProblem,
      });
    }
    const isCertain = isRegistryReply(response, body);
    if (isCertain === undefined) {
      const context = { host: endpoint.host, operation: request.operation, ...signatureOf(response) };
      throw notARegistryError(context, response.status, 'noApi');
    }
    const challenges = parseChallenges(response.headers['www-authenticate']);
    return {
      pathStyle,
      endpoint: afterUpgrade(endpoint, response.url),
      status: response.status,
      isCertain,
      tokenRealm: challenges.find(({ scheme }) => scheme === 'bearer')?.parameters.get('realm'),
      headers: response.headers,
    };
  } catch (error) {
    if (isCoreError(error, 'tooLarge')) {
      throw new CoreError(
        'notARegistry',
        `${endpoint.host} did not answer as a registry`,
        error.details,
        error,
      );
    }
    throw error;
  } finally {
    await transport.dispose();
  }
}

/** Whether only a registry would answer so; undefined for what no registry would. */
function isRegistryReply(response: TransportResponse, body: Uint8Array): boolean | undefined {
  const isMarked = headerOf(response, 'docker-distribution-api-version') !== undefined;
  if (response.status === 401 || response.status === 403) {
    const isBearer = /\bbearer\b/i.test(String(response.headers['www-authenticate'] ?? ''));
    if (isMarked || isBearer) return true;
    return response.headers['www-authenticate'] === undefined ? undefined : false;
  }
  if (response.status !== 200 || isHtmlResponse(response, body)) return undefined;
  const text = new TextDecoder().decode(body).trim();
  if (isMarked || text.startsWith('{')) return true;
  return text === '' ? false : undefined;
}

/** What stands there instead may be the right server at the wrong port or path. */
function signatureOf(response: TransportResponse): { readonly signature?: string } {
  const signature = headerOf(response, 'x-jfrog-version') ?? headerOf(response, 'server');
  return signature === undefined ? {} : { signature: toDisplayLine(signature, 100) };
}

/** Many hosts answer http only by sending to https. */
function afterUpgrade(endpoint: RegistryEndpoint, finalUrl: string): RegistryEndpoint {
  return finalUrl.startsWith(`https://${endpoint.host}/`) ? { ...endpoint, scheme: 'https' } : endpoint;
}
