/**
 * JSON over HTTP for the APIs registries have besides the distribution API (hub.docker.com, api.github.com, …), on
 * the same transport rules: deadlines, retries, size caps, no credentials to other hosts.
 */
import * as v from 'valibot';
import { CoreError } from '../../common/CoreError.ts';
import { toDisplayLine } from '../../common/displayText.ts';
import { nextLinkOf } from '../../registry/linkHeader.ts';
import type { Transport } from '../../registry/transport/Transport.ts';
import type { TransportResponse } from '../../registry/transport/TransportRequest.ts';

/**
 * The value of the Authorization header, or undefined to go without. Called for every request, so it keeps its own
 * token; `refused` tells that the last one was answered 401 and a new one is needed.
 */
export type ApiAuthorization = (
  request: { readonly refused: boolean },
  signal: AbortSignal,
) => Promise<string | undefined>;

export interface ApiRequest {
  /** Below the base URL, encoded: `/v2/namespaces/library/repositories`; or an absolute URL from a reply. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Verb phrase for errors: `list repositories`. */
  readonly operation: string;
  readonly subject?: string;
  /** Statuses that are returned instead of thrown, besides 2xx. */
  readonly accept?: readonly number[];
  /** May be sent again after a lost reply; GET always may. */
  readonly idempotent?: boolean;
  readonly signal: AbortSignal;
}

export interface ApiReply<Value> {
  readonly value: Value;
  readonly status: number;
  readonly headers: TransportResponse['headers'];
  /** `rel="next"` of the Link header, absolute. */
  readonly nextLink?: string;
}

const MAX_REPLY_BYTES = 16 * 1024 * 1024;

export class ProviderApi {
  readonly #transport: Transport;
  readonly #basePath: string;
  readonly #origin: string;
  readonly #authorize: ApiAuthorization;

  /** @param baseUrl scheme, host and an optional path in front of every request's. */
  constructor(transport: Transport, baseUrl: string, authorize: ApiAuthorization) {
    const { origin, pathname } = new URL(baseUrl);
    this.#transport = transport;
    this.#origin = origin;
    this.#basePath = pathname.replace(/\/+$/, '');
    this.#authorize = authorize;
  }

  /** @throws CoreError as the transport does; `protocol` where the reply is not what `schema` says. */
  async get<Value>(schema: v.GenericSchema<unknown, Value>, request: ApiRequest): Promise<ApiReply<Value>> {
    const response = await this.#send('GET', request, undefined);
    return this.#parse(schema, request, response);
  }

  /** POST, PUT, PATCH or DELETE with a JSON body; the reply's text is left uninterpreted. */
  async send(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    request: ApiRequest,
    body?: unknown,
  ): Promise<{
    readonly status: number;
    readonly headers: TransportResponse['headers'];
    readonly body: Uint8Array;
  }> {
    const response = await this.#send(method, request, body);
    const bytes = await response.bytes(MAX_REPLY_BYTES);
    return { status: response.status, headers: response.headers, body: bytes };
  }

  /** A POST whose reply matters: GraphQL, sign-in, queries. A string is sent as it is, as plain text. */
  async post<Value>(
    schema: v.GenericSchema<unknown, Value>,
    request: ApiRequest,
    body: unknown,
  ): Promise<ApiReply<Value>> {
    const response = await this.#send('POST', request, body);
    return this.#parse(schema, request, response);
  }

  async #send(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    request: ApiRequest,
    body: unknown,
  ): Promise<TransportResponse> {
    const response = await this.#sendOnce(method, request, body, false);
    if (response.status !== 401 || request.accept?.includes(401)) return response;
    await response.bytes(MAX_REPLY_BYTES);
    const again = await this.#sendOnce(method, request, body, true);
    if (again.status !== 401) return again;
    const text = new TextDecoder().decode(await again.bytes(MAX_REPLY_BYTES));
    throw new CoreError('unauthorized', `${this.#origin} refused the sign-in`, {
      host: new URL(this.#origin).host,
      operation: request.operation,
      ...(request.subject !== undefined && { subject: request.subject }),
      status: 401,
      reason: 'credentialsRefused',
      registryMessage: messageOf(text),
    });
  }

  async #sendOnce(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    request: ApiRequest,
    body: unknown,
    refused: boolean,
  ): Promise<TransportResponse> {
    const { path, accept, headers, ...rest } = request;
    const isAbsolute = /^https?:\/\//i.test(path);
    // A next page on another host gets no credentials: it is not asked at all.
    if (isAbsolute && new URL(path).origin !== this.#origin) {
      throw new CoreError('protocol', `${this.#origin} pages to another host`, {
        host: new URL(this.#origin).host,
        operation: request.operation,
        reason: 'foreignLink',
      });
    }
    const authorization = await this.#authorize({ refused }, request.signal);
    return this.#transport.request({
      ...rest,
      method,
      path: isAbsolute ? path : `${this.#basePath}${path}`,
      scopes: [],
      accept: [401, ...(accept ?? [])],
      headers: {
        accept: 'application/json',
        ...(body !== undefined && {
          'content-type': typeof body === 'string' ? 'text/plain' : 'application/json',
        }),
        ...headers,
        ...(authorization !== undefined && { authorization }),
      },
      ...(body !== undefined && {
        body: new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body)),
      }),
    });
  }

  async #parse<Value>(
    schema: v.GenericSchema<unknown, Value>,
    request: ApiRequest,
    response: TransportResponse,
  ): Promise<ApiReply<Value>> {
    const bytes = await response.bytes(MAX_REPLY_BYTES);
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), new TextDecoder().decode(bytes));
    if (!parsed.success) {
      const [issue] = parsed.issues;
      throw new CoreError('protocol', `unexpected reply to ${request.operation}: ${issue.message}`, {
        host: new URL(this.#origin).host,
        operation: request.operation,
        ...(request.subject !== undefined && { subject: request.subject }),
        status: response.status,
        reason: 'badReply',
      });
    }
    const next = nextLinkOf(response.headers['link']);
    return {
      value: parsed.output,
      status: response.status,
      headers: response.headers,
      ...(next !== undefined && { nextLink: new URL(next, response.url).href }),
    };
  }
}

/** The message of a JSON error body in any of the usual shapes, else the start of the text. */
function messageOf(text: string): string {
  try {
    const body = JSON.parse(text) as Record<string, unknown>;
    const message = body['message'] ?? body['detail'] ?? body['error'] ?? body['errors'];
    return toDisplayLine(typeof message === 'string' ? message : JSON.stringify(message ?? body), 500);
  } catch {
    return toDisplayLine(text, 200);
  }
}
