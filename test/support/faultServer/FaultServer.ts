/**
 * A real HTTP(S) server that misbehaves on purpose. Each route has a queue of behaviours, one a request; the last one
 * stays. Everything that arrives is kept, so that a test can count requests and look for leaked secrets.
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

export interface RecordedRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The connection it came on, counted from 1. */
  readonly connection: number;
  readonly atMs: number;
}

/** What a behaviour works with: the request, and either the response or the raw socket. */
export interface Exchange {
  readonly request: RecordedRequest;
  readonly response: ServerResponse;
  readonly socket: Socket;
}

export type Behaviour = (exchange: Exchange) => void | Promise<void>;

export interface FaultServerOptions {
  /** Serves https with this certificate. */
  readonly tls?: {
    readonly cert: string;
    readonly key: string;
    readonly ca?: string;
    readonly requestCert?: boolean;
    /** Ends the handshake of a client without a certificate that `ca` signed. */
    readonly rejectUnauthorized?: boolean;
    readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
    readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3';
  };
  /** Address to listen on; any of 127.0.0.0/8. */
  readonly address?: string;
  /** Milliseconds an idle connection stays open. */
  readonly keepAliveTimeoutMs?: number;
}

interface Route {
  readonly matches: (method: string, path: string) => boolean;
  readonly behaviours: Behaviour[];
  /** Each behaviour answers one request; then the routes below answer again. */
  readonly isPassing?: true;
}

export class FaultServer implements AsyncDisposable {
  readonly requests: RecordedRequest[] = [];
  readonly #server: Server;
  readonly #scheme: 'http' | 'https';
  readonly #address: string;
  readonly #routes: Route[] = [];
  readonly #sockets = new Set<Socket>();
  #connections = 0;
  readonly #connectionOf = new WeakMap<Socket, number>();

  private constructor(options: FaultServerOptions) {
    const { tls, address = '127.0.0.1', keepAliveTimeoutMs = 60_000 } = options;
    this.#scheme = tls === undefined ? 'http' : 'https';
    this.#address = address;
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      this.#serve(request, response).catch((error: unknown) => {
        request.socket.destroy(error instanceof Error ? error : undefined);
      });
    };
    this.#server =
      tls === undefined
        ? createServer(listener)
        : createTlsServer({ rejectUnauthorized: false, ...tls }, listener);
    this.#server.keepAliveTimeout = keepAliveTimeoutMs;
    // Raw sockets, so that a handshake that never ends is counted too.
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(options: FaultServerOptions = {}): Promise<FaultServer> {
    const server = new FaultServer(options);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject);
      server.#server.listen(0, server.#address, resolve);
    });
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `address:port` */
  get host(): string {
    return `${this.#address}:${this.port}`;
  }

  get origin(): string {
    return `${this.#scheme}://${this.host}`;
  }

  /** Connections open now, and ever opened. */
  get openConnections(): number {
    return this.#sockets.size;
  }

  get connectionsSeen(): number {
    return this.#connections;
  }

  /** The underlying server, for the CONNECT of a proxy. */
  get server(): Server {
    return this.#server;
  }

  /**
   * `route`: `GET /v2/` for exactly that, `/v2/` for any method, with `*` at the end for everything below. Routes
   * added later win. Several behaviours answer one request each; the last stays.
   */
  on(route: string, ...behaviours: Behaviour[]): this {
    this.#routes.unshift({ matches: matcherOf(route), behaviours });
    return this;
  }

  /** As `on`, for the next requests only, one a behaviour: after them the route is answered as before. */
  next(route: string, ...behaviours: Behaviour[]): this {
    this.#routes.unshift({ matches: matcherOf(route), behaviours, isPassing: true });
    return this;
  }

  /** Requests whose path (without query) is `path`. */
  requestsFor(path: string): RecordedRequest[] {
    return this.requests.filter((request) => request.url.split('?')[0] === path);
  }

  /** Ends every connection the hard way, as a crash would; the server goes on listening. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Resolves as soon as `condition` holds after a request or a change of connections. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dropConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = message;
    const { method = '', url = '' } = message;
    let connection = this.#connectionOf.get(socket);
    if (connection === undefined) {
      connection = this.#connections += 1;
      this.#connectionOf.set(socket, connection);
    }
    const chunks: Buffer[] = [];
    for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const request = { method, url, headers: message.headers, body, connection, atMs: performance.now() };
    this.requests.push(request);
    const route = this.#routes.find(
      ({ matches, behaviours, isPassing }) =>
        !(isPassing && behaviours.length === 0) && matches(method, url.split('?')[0]!),
    );
    const isLast = (route?.behaviours.length ?? 0) < 2 && !route?.isPassing;
    const behaviour = isLast ? route?.behaviours[0] : route?.behaviours.shift();
    if (behaviour === undefined) {
      response.writeHead(404).end();
      return;
    }
    await behaviour({ request, response, socket });
  }
}

function matcherOf(route: string): Route['matches'] {
  const [, method, path] = /^(?:([A-Z]+) )?(.*)$/.exec(route)!;
  const prefix = path!.endsWith('*') ? path!.slice(0, -1) : undefined;
  return (m, p) =>
    (method === undefined || m === method) && (prefix === undefined ? p === path : p.startsWith(prefix));
}
