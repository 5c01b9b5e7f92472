/**
 * The AWS SDK's HTTP over our own transport, so that its calls obey the same proxy and certificate settings, deadlines,
 * size caps, connection limits and Cancel as everything else. Only what asks this machine itself (the metadata services of
 * EC2 and ECS) goes the SDK's own way: those addresses are never behind a proxy.
 */
import { HttpResponse } from '@smithy/core/protocols';
import type { HttpHandlerOptions, HttpRequest, RequestHandler } from '@smithy/types';
import { CoreError, isCoreError } from '../../common/CoreError.ts';
import type { Transport } from '../../registry/transport/Transport.ts';
import type { TransportRequest } from '../../registry/transport/TransportRequest.ts';

/** Opens the way to a host; closed by whoever gave it. */
export type OpenTransport = (origin: string) => Transport;

const MAX_REPLY_BYTES = 16 * 1024 * 1024;
/**
 * Every refusal goes to the SDK, which knows AWS's own: which it tries again, which it names. A proxy's 407 does not, nor
 * a 429, which AWS does not answer with: the SDK would wait as long as that asks, unseen.
 */
const STATUSES: readonly number[] = Array.from({ length: 200 }, (_, index) => 400 + index).filter(
  (status) => status !== 407 && status !== 429,
);
/** Set from the URL and the body; the SDK signs the same values. */
const OWN_HEADERS = new Set(['host', 'content-length']);

export class AwsHttpHandler implements RequestHandler<HttpRequest, HttpResponse, HttpHandlerOptions> {
  readonly metadata = { handlerProtocol: 'http/1.1' };
  readonly #open: OpenTransport;
  readonly #transports = new Map<string, Transport>();
  /** The last request that got no reply: the credential chain words such failures away. */
  lastFailure: CoreError | undefined;

  constructor(open: OpenTransport) {
    this.#open = open;
  }

  async handle(
    request: HttpRequest,
    { abortSignal }: HttpHandlerOptions = {},
  ): Promise<{ response: HttpResponse }> {
    this.lastFailure = undefined;
    const { protocol, hostname, port } = request;
    const transport = this.#transport(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`);
    try {
      const reply = await transport.request({
        method: request.method as TransportRequest['method'],
        path: request.path + queryOf(request),
        headers: Object.fromEntries(
          Object.entries(request.headers).filter(([name]) => !OWN_HEADERS.has(name.toLowerCase())),
        ),
        ...(hasBody(request) && { body: bytesOf(request.body) }),
        operation: 'ask AWS',
        scopes: [],
        accept: STATUSES,
        // Reads, and writes that say the same when they come twice.
        idempotent: true,
        signal: (abortSignal as AbortSignal | undefined) ?? new AbortController().signal,
      });
      const headers = Object.entries(reply.headers).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, String(value)]],
      );
      return {
        response: new HttpResponse({
          statusCode: reply.status,
          headers: Object.fromEntries(headers) as Record<string, string>,
          body: await reply.bytes(MAX_REPLY_BYTES),
        }),
      };
    } catch (error) {
      if (!isCoreError(error)) throw error;
      // Without its cause, by whose code the SDK would take it for worth trying again: the transport has done that.
      this.lastFailure = new CoreError(error.kind, error.message, error.details);
      throw this.lastFailure;
    }
  }

  updateHttpClientConfig(): void {
    // Nothing to set: the transport is configured by the connection.
  }

  httpHandlerConfigs(): Record<string, never> {
    return {};
  }

  #transport(origin: string): Transport {
    const transport = this.#transports.get(origin) ?? this.#open(origin);
    this.#transports.set(origin, transport);
    return transport;
  }
}

function queryOf({ query = {} }: HttpRequest): string {
  const pairs = Object.entries(query).flatMap(([name, values]) =>
    [values ?? ''].flat().map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function hasBody({ method, body }: HttpRequest): boolean {
  return method !== 'GET' && method !== 'HEAD' && body !== undefined;
}

function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  if (typeof body === 'string') return new TextEncoder().encode(body);
  throw new TypeError('the calls Berth makes have text bodies');
}
