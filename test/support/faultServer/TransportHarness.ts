/** A transport pointed at a fault server, with a canary for a password and eyes on every place it must not turn up. */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { CoreError, type ErrorKind } from '../../../src/core/common/CoreError.ts';
import type { Logger } from '../../../src/core/common/Logger.ts';
import type { Credential } from '../../../src/core/credentials/CredentialStore.ts';
import { Transport, type TransportOptions } from '../../../src/core/registry/transport/Transport.ts';
import type {
  TransportRequest,
  TransportResponse,
} from '../../../src/core/registry/transport/TransportRequest.ts';
import type { FaultServer } from './FaultServer.ts';

/** Turns up in headers of requests that may carry it, and nowhere else. */
export const CANARY = 'c4nary-Pa55word';
export const CANARY_BASIC = `Basic ${Buffer.from(`user:${CANARY}`).toString('base64')}`;

export type HarnessOptions = Partial<Omit<TransportOptions, 'credentials' | 'logger' | 'endpoint'>> & {
  readonly credential?: Credential | undefined;
  readonly scheme?: 'http' | 'https';
  readonly host?: string;
};

export class TransportHarness implements AsyncDisposable {
  readonly transport: Transport;
  readonly logs: string[] = [];
  readonly warnings: string[] = [];
  readonly credentialLookups: string[] = [];
  readonly #errors: unknown[] = [];

  constructor(server: FaultServer | undefined, options: HarnessOptions = {}) {
    const host = options.host ?? server?.host ?? '';
    const scheme = options.scheme ?? (server?.origin.startsWith('https') === true ? 'https' : 'http');
    const credential: Credential | undefined =
      'credential' in options ? options.credential : { kind: 'basic', username: 'user', password: CANARY };
    const log = (message: string): void => void this.logs.push(message);
    const logger: Logger = { trace: log, debug: log, info: log, warn: log, error: log };
    this.transport = new Transport({
      endpoint: {
        scheme,
        host,
        apiPrefix: '',
        namespacePrefix: '',
        referenceHost: host,
        credentialKey: host,
      },
      tls: {},
      proxy: { strictProxyTls: true },
      userAgent: 'berth-test',
      onWarning: (text) => this.warnings.push(text),
      ...options,
      credentials: {
        get: async ({ key }) => {
          this.credentialLookups.push(key);
          return credential;
        },
      },
      logger,
      limits: { retryBaseMs: 1, ...options.limits },
    });
  }

  request(path: string, more: Partial<TransportRequest> = {}): Promise<TransportResponse> {
    return this.transport.request({
      method: 'GET',
      path,
      operation: 'list tags',
      subject: 'library/app',
      scopes: ['repository:library/app:pull'],
      signal: new AbortController().signal,
      ...more,
    });
  }

  /** Status and text of a reply that has to be good. */
  async get(path: string, more: Partial<TransportRequest> = {}): Promise<{ status: number; text: string }> {
    const response = await this.request(path, more);
    return { status: response.status, text: Buffer.from(await response.bytes(1 << 20)).toString() };
  }

  /** The CoreError that `action` fails with, which must be of `kind`, name the operation and hold no secret. */
  async fails(kind: ErrorKind, action: Promise<unknown>): Promise<CoreError> {
    let error: unknown;
    try {
      await action;
    } catch (thrown) {
      error = thrown;
    }
    assert.ok(error instanceof CoreError, `expected a CoreError, got ${inspect(error)}`);
    assert.equal(error.kind, kind, inspect(error));
    this.#errors.push(error);
    this.assertNothingLeaked();
    return error;
  }

  /** The canary is in no log, warning or error, and was sent to none of `others`. */
  assertNothingLeaked(...others: FaultServer[]): void {
    const said = [
      ...this.logs,
      ...this.warnings,
      ...this.#errors.map((error) => inspect(error, { depth: 10 })),
    ];
    const sent = others.flatMap(({ requests }) =>
      requests.map(({ url, headers, body }) => `${url} ${JSON.stringify(headers)} ${body.toString()}`),
    );
    const secrets = [CANARY, encodeURIComponent(CANARY), CANARY_BASIC.slice('Basic '.length)];
    for (const text of [...said, ...sent]) {
      for (const secret of secrets) assert.ok(!text.includes(secret), `the canary leaked: ${text}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.transport.dispose();
  }
}
