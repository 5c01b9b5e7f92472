/** Asks a host whether it is a registry. Source: OCI distribution-spec 1.1, "Determining Support". */
import { isCoreError } from '../common/CoreError.ts';
import { notARegistryError, withKind } from './registryError.ts';
import { headerOf } from './RegistryRequests.ts';
import type { RegistryRequests } from './RegistryRequests.ts';

/** What a ping tells. */
export interface PingResult {
  /** True when `/v2/` answered 200, false when it demanded authentication we have no credentials for. */
  readonly authenticated: boolean;
  /** The Docker-Distribution-Api-Version header, where sent. */
  readonly apiVersion?: string;
}

const MAX_REPLY_BYTES = 64 * 1024;

/** @throws CoreError `notARegistry` for web pages and other strangers; `unauthorized` when credentials were refused. */
export async function ping(requests: RegistryRequests, signal: AbortSignal): Promise<PingResult> {
  const request = { operation: 'check the registry', scopes: [], signal };
  try {
    const response = await requests.request({ ...request, method: 'GET', path: '/v2/' });
    const body = await requests.readBytes(response, MAX_REPLY_BYTES, request);
    const apiVersion = headerOf(response, 'docker-distribution-api-version');
    if (apiVersion === undefined && !isJsonOrEmpty(body)) {
      throw notARegistryError(requests.contextOf(request), response.status, 'strangeReply');
    }
    return { authenticated: true, ...(apiVersion !== undefined && { apiVersion }) };
  } catch (error) {
    if (isCoreError(error, 'unauthorized') && error.details.reason === 'noCredentials') {
      return { authenticated: false };
    }
    if (isCoreError(error, 'notFound', 'unsupported', 'tooLarge')) {
      throw withKind(error, 'notARegistry', { reason: 'noApi' });
    }
    throw error;
  }
}

function isJsonOrEmpty(body: Uint8Array): boolean {
  const text = new TextDecoder().decode(body).trim();
  if (text === '') return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
