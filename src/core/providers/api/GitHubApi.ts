/**
 * GitHub's REST API: its headers, its rate limits, and what a refusal means. Sources: https://docs.github.com/rest/
 * using-the-rest-api/getting-started-with-the-rest-api, …/rate-limits-for-the-rest-api, and for the scopes
 * https://docs.github.com/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps
 */
import * as v from 'valibot';
import { CoreError } from '../../common/CoreError.ts';
import { headerOf } from '../../registry/RegistryRequests.ts';
import { parseErrorBody } from '../../registry/transport/responseError.ts';
import type { TransportResponse } from '../../registry/transport/TransportRequest.ts';
import type { ApiReply, ApiRequest, ProviderApi } from './ProviderApi.ts';

type Headers = TransportResponse['headers'];

/** Where tokens and what they may are made. */
const TOKEN_PAGE = 'https://github.com/settings/tokens';

const HEADERS = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' };

export class GitHubApi {
  readonly #api: ProviderApi;
  readonly #host: string;

  constructor(api: ProviderApi, url: string) {
    this.#api = api;
    this.#host = new URL(url).host;
  }

  /** @param scope that the request needs, to be named when it is missing. */
  async get<Value>(
    schema: v.GenericSchema<unknown, Value>,
    request: ApiRequest,
    scope: string,
  ): Promise<ApiReply<Value>> {
    const reply = await this.#api.get(v.unknown(), { ...request, headers: HEADERS, accept: [403] });
    if (reply.status === 403) {
      const body = new TextEncoder().encode(JSON.stringify(reply.value));
      throw this.#refusal(request, reply.status, reply.headers, body, scope);
    }
    const parsed = v.safeParse(schema, reply.value);
    if (parsed.success) return { ...reply, value: parsed.output };
    throw new CoreError('protocol', `unexpected reply to ${request.operation}`, {
      ...this.#context(request),
      status: reply.status,
      reason: 'badReply',
    });
  }

  /**
   * @returns whether there was something to delete: GitHub answers 404 for what may not be deleted, too.
   * @throws CoreError `unsupported` with reason `versionKept` where GitHub keeps it by its own rules (400).
   */
  async delete(request: ApiRequest, scope: string): Promise<boolean> {
    const { status, headers, body } = await this.#api.send('DELETE', {
      ...request,
      headers: HEADERS,
      idempotent: true,
      accept: [400, 403, 404, 422],
    });
    if (status === 403) throw this.#refusal(request, status, headers, body, scope);
    if (status === 400 || status === 422) {
      throw new CoreError('unsupported', 'GitHub does not delete this', {
        ...this.#context(request),
        ...parseErrorBody(body),
        status,
        reason: 'versionKept',
      });
    }
    return status !== 404;
  }

  /** @throws CoreError `forbidden`/`missingScope` when the reply shows that the token has not got `scope`. */
  requireScope(headers: Headers, scope: string, request: ApiRequest): void {
    const granted = listOf(headers, 'x-oauth-scopes');
    // Fine-grained tokens and those of apps have no scopes, and no such header.
    if (granted === undefined || granted.includes(scope)) return;
    throw new CoreError('forbidden', `the token lacks ${scope}`, {
      ...this.#context(request),
      reason: 'missingScope',
      missing: scope,
      page: TOKEN_PAGE,
    });
  }

  #context({ operation, subject }: ApiRequest) {
    return { host: this.#host, operation, ...(subject !== undefined && { subject }) };
  }

  #refusal(
    request: ApiRequest,
    status: number,
    headers: Headers,
    body: Uint8Array,
    scope: string,
  ): CoreError {
    const details = { ...this.#context(request), ...parseErrorBody(body), status };
    const waitSeconds = waitOf(headers);
    if (waitSeconds !== undefined) {
      return new CoreError('rateLimited', 'GitHub allows no more requests for now', {
        ...details,
        retryAfterSeconds: waitSeconds,
      });
    }
    // https://docs.github.com/rest/authentication/authenticating-to-the-rest-api ("SAML SSO")
    if (headerOf({ headers }, 'x-github-sso')?.startsWith('required')) {
      return new CoreError('forbidden', 'the organization wants single sign-on', {
        ...details,
        reason: 'ssoRequired',
        page: TOKEN_PAGE,
      });
    }
    const accepted = listOf(headers, 'x-accepted-oauth-scopes') ?? [];
    const granted = listOf(headers, 'x-oauth-scopes');
    const permission = headerOf({ headers }, 'x-accepted-github-permissions');
    const missing =
      granted !== undefined
        ? accepted.some((each) => granted.includes(each)) || granted.includes(scope)
          ? undefined
          : (accepted.find((each) => each === scope) ?? accepted[0] ?? scope)
        : permission;
    return new CoreError('forbidden', `GitHub refused to ${request.operation}`, {
      ...details,
      ...(missing !== undefined && { reason: 'missingScope', missing, page: TOKEN_PAGE }),
    });
  }
}

/** Seconds until GitHub answers again; undefined where it was no rate limit that refused. */
function waitOf(headers: Headers): number | undefined {
  const retryAfter = headerOf({ headers }, 'retry-after');
  if (retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter)) return Number(retryAfter);
  if (headerOf({ headers }, 'x-ratelimit-remaining') !== '0') return undefined;
  const reset = Number(headerOf({ headers }, 'x-ratelimit-reset'));
  return Number.isFinite(reset) ? Math.max(1, Math.ceil(reset - Date.now() / 1000)) : 60;
}

function listOf(headers: Headers, name: string): string[] | undefined {
  return headerOf({ headers }, name)
    ?.split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);
}
