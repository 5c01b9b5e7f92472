/**
 * Makes connections of registries that were found on this machine. Each is asked once what it is, without credentials;
 * one that does not answer is connected as https, and says in the tree what is wrong. What is not safe is a question each.
 */
import pLimit from 'p-limit';
import { isCoreError } from '../../core/common/CoreError.ts';
import type { FoundRegistry } from '../../core/credentials/foundRegistries.ts';
import { detectProviderKind, probeProviderKind } from '../../core/providers/index.ts';
import type { Discovery } from '../../core/registry/discoverEndpoint.ts';
import { createEndpoint, isLoopbackHost, parseRegistryUrl } from '../../core/registry/parseRegistryUrl.ts';
import { parseConnection, type ConnectionSetting } from '../../platform/Connection.ts';
import type { RegistrySessions } from '../../platform/RegistrySessions.ts';

/** One registry is not waited for longer. */
const ANSWER_MS = 10_000;
const AT_ONCE = 6;

export interface ImportedConnection {
  readonly setting: ConnectionSetting;
  readonly hasAnswered: boolean;
}

/** What asking a registry led to. */
type Finding =
  | { readonly kind: 'found'; readonly discovery: Discovery }
  | { readonly kind: 'unknownCertificate'; readonly error: unknown; readonly fingerprint256: string }
  | { readonly kind: 'known' | 'noAnswer' };

/** The choices that are the person's alone. */
export interface ImportQuestions {
  readonly confirmHttp: (host: string) => Promise<boolean>;
  readonly confirmCertificate: (error: unknown, fingerprint256: string) => Promise<boolean>;
}

export class ConnectionImport {
  readonly #sessions: Pick<RegistrySessions, 'discover' | 'create'>;
  readonly #questions: ImportQuestions;
  readonly #signal: AbortSignal;

  constructor(
    sessions: Pick<RegistrySessions, 'discover' | 'create'>,
    questions: ImportQuestions,
    signal: AbortSignal,
  ) {
    this.#sessions = sessions;
    this.#questions = questions;
    this.#signal = signal;
  }

  /**
   * The connections to save, in order; undefined for one that the person did not want after all.
   * @param report called with each registry that is done. @throws CoreError `cancelled`.
   */
  async prepare(
    registries: readonly FoundRegistry[],
    report: (address: string) => void,
  ): Promise<(ImportedConnection | undefined)[]> {
    const limit = pLimit(AT_ONCE);
    const findings = await Promise.all(
      registries.map((registry) =>
        limit(async () => {
          const finding = await this.#ask(registry, {});
          report(registry.address);
          return { registry, finding };
        }),
      ),
    );
    const prepared: (ImportedConnection | undefined)[] = [];
    // One question at a time.
    for (const { registry, finding } of findings) prepared.push(await this.#decide(registry, finding));
    return prepared;
  }

  async #ask({ address }: FoundRegistry, trust: { pinnedFingerprint256?: string }): Promise<Finding> {
    if (detectProviderKind(createEndpoint(address, 'namespace')) !== 'oci') return { kind: 'known' };
    try {
      const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(ANSWER_MS)]);
      return { kind: 'found', discovery: await this.#sessions.discover(address, trust, signal) };
    } catch (error) {
      if (this.#signal.aborted || !isCoreError(error)) throw error;
      const { fingerprint256 } = error.details;
      return error.kind === 'tls' && fingerprint256 !== undefined
        ? { kind: 'unknownCertificate', error, fingerprint256 }
        : { kind: 'noAnswer' };
    }
  }

  async #decide(registry: FoundRegistry, finding: Finding): Promise<ImportedConnection | undefined> {
    const { address, insecureIn } = registry;
    const { host, path } = parseRegistryUrl(address);
    const at = (scheme: string) => `${scheme}://${host}${path && `/${path}`}`;
    switch (finding.kind) {
      case 'known':
        return {
          setting:
            host === 'docker.io'
              ? {
                  ...(path === '' && { name: 'Docker Hub' }),
                  url: at('https'),
                  provider: 'dockerHub',
                  auth: 'docker',
                }
              : { url: at('https'), auth: 'docker' },
          hasAnswered: true,
        };
      case 'noAnswer': {
        // This machine is spoken to in plain http unasked, as Docker does.
        const scheme = insecureIn !== undefined && isLoopbackHost(host) ? 'http' : 'https';
        return { setting: { url: at(scheme), auth: 'docker' }, hasAnswered: false };
      }
      case 'unknownCertificate': {
        // Not insecure: the tree asks, as it does for every registry.
        const { error, fingerprint256: pinnedFingerprint256 } = finding;
        const isTrusted =
          insecureIn !== undefined && (await this.#questions.confirmCertificate(error, pinnedFingerprint256));
        if (!isTrusted) return { setting: { url: at('https'), auth: 'docker' }, hasAnswered: false };
        const again = await this.#ask(registry, { pinnedFingerprint256 });
        const result = await this.#decide(registry, again.kind === 'found' ? again : { kind: 'noAnswer' });
        return (
          result && {
            ...result,
            setting: { ...result.setting, trustedFingerprint256: pinnedFingerprint256 },
          }
        );
      }
      case 'found': {
        const { kind, endpoint, pathStyle } = finding.discovery;
        const isInsecure = kind === 'needsInsecureConsent';
        if (isInsecure && !(await this.#questions.confirmHttp(host))) return undefined;
        const setting: ConnectionSetting = {
          url: at(endpoint.scheme),
          ...(path !== '' && { pathStyle }),
          auth: 'docker',
          ...(isInsecure && { allowInsecureHttp: true }),
        };
        const provider = await this.#kindOf(setting, detectProviderKind(endpoint, finding.discovery));
        return { setting: { ...setting, ...(provider !== 'oci' && { provider }) }, hasAnswered: true };
      }
    }
  }

  /** What the address and the sign-in server tell, else what the registry says of itself. */
  async #kindOf(setting: ConnectionSetting, detected: string): Promise<string> {
    const connection = parseConnection(setting, 0);
    if (detected !== 'oci' || 'problem' in connection) return detected;
    const session = await this.#sessions.create(connection);
    try {
      return await probeProviderKind(session.client, this.#signal);
    } finally {
      await session.dispose();
    }
  }
}
