/** A RegistryClient on a real transport, pointed at a server of a test. */
import type { Logger } from '../../src/core/common/Logger.ts';
import type { Credential, CredentialStore } from '../../src/core/credentials/CredentialStore.ts';
import { RegistryClient } from '../../src/core/registry/RegistryClient.ts';
import type { PathStyle, RegistryEndpoint, TlsOptions } from '../../src/core/registry/RegistryEndpoint.ts';
import { createEndpoint } from '../../src/core/registry/parseRegistryUrl.ts';
import type { ConnectionLimiter } from '../../src/core/registry/transport/ConnectionLimiter.ts';
import { Transport } from '../../src/core/registry/transport/Transport.ts';

export interface TestConnectionOptions {
  readonly credential?: Credential;
  /** Instead of one credential. */
  readonly credentials?: CredentialStore;
  readonly pathStyle?: PathStyle;
  readonly additionalCaPem?: readonly string[];
  /** All of it, instead of `additionalCaPem`. */
  readonly tls?: TlsOptions;
  /** Replaces fields of the endpoint that the URL gave. */
  readonly endpoint?: Partial<RegistryEndpoint>;
  readonly headersTimeoutMs?: number;
  /** Shared by several connections, as in a window. */
  readonly limiter?: ConnectionLimiter;
}

export class TestConnection implements AsyncDisposable {
  readonly client: RegistryClient;
  readonly logs: string[] = [];
  readonly signal = new AbortController().signal;
  readonly #transport: Transport;
  readonly #others: Transport[] = [];

  /** @param url `http://127.0.0.1:port`, with a path if need be. */
  constructor(url: string, options: TestConnectionOptions = {}) {
    const endpoint = { ...createEndpoint(url, options.pathStyle ?? 'namespace'), ...options.endpoint };
    const log = (message: string): void => void this.logs.push(message);
    const logger: Logger = { trace: log, debug: log, info: log, warn: log, error: log };
    this.#transport = new Transport({
      endpoint,
      tls: options.tls ?? (options.additionalCaPem ? { additionalCaPem: options.additionalCaPem } : {}),
      proxy: { strictProxyTls: true },
      credentials: options.credentials ?? { get: () => Promise.resolve(options.credential) },
      logger,
      userAgent: 'berth-test',
      ...(options.limiter && { limiter: options.limiter }),
      limits: { retryBaseMs: 1, headersTimeoutMs: options.headersTimeoutMs ?? 10_000 },
    });
    this.client = new RegistryClient(endpoint, this.#transport, logger);
  }

  /** Closes `transport` together with this connection. */
  disposeWith(transport: Transport): void {
    this.#others.push(transport);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#transport, ...this.#others].map((each) => each.dispose()));
  }
}
