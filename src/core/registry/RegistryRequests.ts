/** Requests to one registry and the reading of its replies: what the parts of RegistryClient share. */
import * as v from 'valibot';
import { CoreError } from '../common/CoreError.ts';
import type { Logger } from '../common/Logger.ts';
import { PullLimitMeter } from './PullLimit.ts';
import type { RegistryEndpoint } from './RegistryEndpoint.ts';
import { notARegistryError, rethrowByCode } from './registryError.ts';
import type { RequestContext } from './registryError.ts';
import type { Passage } from './transport/ConnectionLimiter.ts';
import { isHtmlResponse } from './transport/isHtmlResponse.ts';
import type { Transport } from './transport/Transport.ts';
import type { TransportRequest, TransportResponse } from './transport/TransportRequest.ts';

export class RegistryRequests {
  readonly endpoint: RegistryEndpoint;
  readonly logger: Logger;
  readonly pullLimit = new PullLimitMeter();
  readonly #transport: Transport;

  constructor(endpoint: RegistryEndpoint, transport: Transport, logger: Logger) {
    this.endpoint = endpoint;
    this.#transport = transport;
    this.logger = logger;
  }

  /** The reply when its status is 2xx or one of `request.accept`. @throws CoreError. */
  async request(request: TransportRequest): Promise<TransportResponse> {
    const response = await this.#transport.request(request).catch(rethrowByCode);
    this.pullLimit.note(response.headers);
    return response;
  }

  /** See Transport. */
  async acquirePassage(otherHost: string | undefined, signal: AbortSignal): Promise<Passage> {
    return this.#transport.acquirePassage(otherHost, signal);
  }

  contextOf(request: Pick<TransportRequest, 'operation' | 'subject'>): RequestContext {
    return {
      host: this.endpoint.host,
      operation: request.operation,
      ...(request.subject !== undefined && { subject: request.subject }),
    };
  }

  /** The whole body. @throws CoreError `notARegistry` for a web page, `tooLarge` over `maxBytes`. */
  async readBytes(
    response: TransportResponse,
    maxBytes: number,
    request: Pick<TransportRequest, 'operation' | 'subject'>,
  ): Promise<Uint8Array> {
    const bytes = await response.bytes(maxBytes);
    if (isHtmlResponse(response, bytes)) {
      throw notARegistryError(this.contextOf(request), response.status, 'html');
    }
    return bytes;
  }

  /** The body as JSON that fits `schema`. @throws CoreError `notARegistry`, `tooLarge` or `protocol`. */
  async readJson<Schema extends v.GenericSchema>(
    response: TransportResponse,
    schema: Schema,
    maxBytes: number,
    request: Pick<TransportRequest, 'operation' | 'subject'>,
  ): Promise<v.InferOutput<Schema>> {
    const bytes = await this.readBytes(response, maxBytes, request);
    let json: unknown;
    try {
      json = JSON.parse(new TextDecoder().decode(bytes));
    } catch (cause) {
      throw this.protocolError('notJson', request, cause);
    }
    const result = v.safeParse(schema, json);
    // To valibot an array is an object whose optional fields are missing.
    if (!result.success || Array.isArray(json)) throw this.protocolError('badReply', request);
    return result.output;
  }

  protocolError(
    reason: string,
    request: Pick<TransportRequest, 'operation' | 'subject'>,
    cause?: unknown,
  ): CoreError {
    const context = this.contextOf(request);
    return new CoreError(
      'protocol',
      `${context.operation} at ${context.host}: ${reason}`,
      { ...context, reason },
      cause,
    );
  }
}

/** One value of a header; the first where it was repeated. */
export function headerOf(response: Pick<TransportResponse, 'headers'>, name: string): string | undefined {
  const value = response.headers[name];
  return typeof value === 'string' ? value : value?.[0];
}

/** A non-negative whole number from a header. */
export function numberHeaderOf(
  response: Pick<TransportResponse, 'headers'>,
  name: string,
): number | undefined {
  const value = headerOf(response, name);
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** Frees the connection of a reply whose body nobody wants. */
export async function discard(response: TransportResponse): Promise<void> {
  await response.bytes(64 * 1024).catch(() => response.body.destroy());
}
