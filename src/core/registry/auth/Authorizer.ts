/**
 * Decides what `Authorization` a request to the registry carries: nothing until the registry has asked, then Basic or
 * a bearer token as it asked, at once from then on. One instance a connection.
 */
import { CoreError, isCoreError, type ErrorDetails } from '../../common/CoreError.ts';
import type { Logger } from '../../common/Logger.ts';
import type { Credential, CredentialStore } from '../../credentials/CredentialStore.ts';
import type { SecretScrubber } from '../transport/SecretScrubber.ts';
import { parseChallenges, type Challenge } from './challenge.ts';
import { judgeRealm } from './realmPolicy.ts';
import { SingleFlight } from './singleFlight.ts';
import { basicHeader, fetchToken, type TokenFetch, type TokenRequest } from './tokenClient.ts';
import { TokenCache } from './tokenCache.ts';

export interface AuthorizerOptions {
  /** Root of the registry's API; only its origin and scheme count. */
  readonly registry: URL;
  readonly credentialKey: string;
  readonly credentials: CredentialStore;
  readonly sendToken: TokenFetch;
  readonly confirmRealm: (host: string, otherHost: string) => Promise<boolean>;
  /** Whether a proxy stands between us and `url`. */
  readonly isProxied: (url: URL) => boolean;
  readonly scrubber: SecretScrubber;
  readonly logger: Logger;
}

/** What the registry has asked for. */
type Scheme =
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly realm: URL; readonly service: string | undefined };

type SecretCredential = NonNullable<TokenRequest['credential']>;

export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #tokens = new TokenCache();
  readonly #credentials = new Map<string, Credential | undefined>();
  readonly #lookups = new SingleFlight<Credential | undefined>();
  /** Scopes the registry asked for where it wanted others than we thought. */
  readonly #learnedScopes = new Map<string, readonly string[]>();
  #scheme: Scheme | undefined;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /** The header for a request that needs `scopes`; undefined to go without. May fetch a token. */
  async authorize(scopes: readonly string[], signal: AbortSignal): Promise<string | undefined> {
    if (this.#scheme === undefined) return undefined;
    const credential = await this.#credential(scopes, signal);
    if (credential?.kind === 'bearer') return `Bearer ${credential.token}`;
    if (this.#scheme.kind === 'basic') return basicOf(credential);
    return `Bearer ${await this.#token(this.#scheme, scopes, credential, signal)}`;
  }

  /** Like `authorize`, but only what is at hand: for a request that waited for its turn while others learned. */
  authorizeNow(scopes: readonly string[]): string | undefined {
    const repository = repositoryOf(scopes);
    this.#dropEnding(repository);
    if (this.#scheme === undefined || !this.#credentials.has(repository)) return undefined;
    const credential = this.#credentials.get(repository);
    if (credential?.kind === 'bearer') return `Bearer ${credential.token}`;
    if (this.#scheme.kind === 'basic') return basicOf(credential);
    const token = this.#tokens.peek(tokenKey(this.#scheme, scopes));
    return token === undefined ? undefined : `Bearer ${token}`;
  }

  /**
   * The header to try after a 401 on a request that carried `refused`.
   * @throws CoreError `unauthorized` when there is nothing better to send: reasons `noChallenge`, `noCredentials`,
   * `credentialsRefused`, `unknownChallenge`; `realmRefused` and `tokenFailed` from the realm.
   */
  async answer(
    challengeHeader: string | string[] | undefined,
    scopes: readonly string[],
    refused: string | undefined,
    details: ErrorDetails,
    signal: AbortSignal,
  ): Promise<string> {
    const challenges = parseChallenges(challengeHeader);
    if (challenges.length === 0) throw unauthorized('noChallenge', details);
    const scheme = this.#schemeOf(challenges, details);
    const repository = repositoryOf(scopes);
    const isCurrent = refused !== undefined && refused === this.authorizeNow(scopes);
    const known = this.#credentials.get(repository);
    if (isCurrent || known === undefined) {
      // A helper or a sign-in elsewhere may know something newer than what was just refused.
      this.#credentials.delete(repository);
    }
    this.#scheme = scheme;
    // A token that is refused says nothing about the credential it was made with.
    const isItself = known?.kind === 'bearer' || scheme.kind === 'basic';
    const credential = await this.#credential(scopes, signal, isCurrent && isItself ? known : undefined);
    if (credential?.kind === 'bearer')
      return this.#unlessRefused(`Bearer ${credential.token}`, refused, details);
    if (scheme.kind === 'basic') {
      const header = basicOf(credential);
      if (header === undefined) throw unauthorized('noCredentials', details);
      return this.#unlessRefused(header, refused, details);
    }
    this.#learnScopes(scheme, scopes, challenges);
    if (refused?.startsWith('Bearer ') === true) {
      this.#tokens.invalidate(tokenKey(scheme, scopes), refused.slice('Bearer '.length));
    }
    return `Bearer ${await this.#token(scheme, scopes, credential, signal)}`;
  }

  /** Why a second 401 ends the matter. */
  refusal(scopes: readonly string[], details: ErrorDetails): CoreError {
    const hasCredential = this.#credentials.get(repositoryOf(scopes)) !== undefined;
    return unauthorized(hasCredential ? 'credentialsRefused' : 'noCredentials', details);
  }

  /** Forgets tokens, credentials and what the registry asked for. */
  forget(): void {
    this.#tokens.clear();
    this.#credentials.clear();
    this.#lookups.clear();
    this.#learnedScopes.clear();
    this.#scheme = undefined;
  }

  #unlessRefused(header: string, refused: string | undefined, details: ErrorDetails): string {
    if (header === refused) throw unauthorized('credentialsRefused', details);
    return header;
  }

  /** Bearer is preferred: it keeps the password away from the registry. */
  #schemeOf(challenges: readonly Challenge[], details: ErrorDetails): Scheme {
    for (const { scheme, parameters } of challenges) {
      const realm =
        scheme === 'bearer' ? URL.parse(parameters.get('realm') ?? '', this.#options.registry.href) : null;
      if (realm !== null && parameters.get('realm'))
        return { kind: 'bearer', realm, service: parameters.get('service') };
    }
    if (challenges.some(({ scheme }) => scheme === 'basic')) return { kind: 'basic' };
    throw unauthorized('unknownChallenge', details);
  }

  #learnScopes(scheme: Scheme, scopes: readonly string[], challenges: readonly Challenge[]): void {
    const asked = challenges.find(({ scheme: name }) => name === 'bearer')?.parameters.get('scope');
    const all = sortedSet([...scopes, ...(asked?.split(' ') ?? [])]);
    if (all.length > sortedSet(scopes).length) this.#learnedScopes.set(tokenKey(scheme, scopes), all);
  }

  /** A token for `scopes`; with what the store knows now where the credential has ended since it was looked up. */
  async #token(
    scheme: Extract<Scheme, { kind: 'bearer' }>,
    scopes: readonly string[],
    credential: SecretCredential | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    try {
      return await this.#tokenOf(scheme, scopes, credential, signal);
    } catch (error) {
      const isRefused = isCoreError(error, 'unauthorized') && error.details.reason === 'credentialsRefused';
      if (!isRefused || credential === undefined) throw error;
      const repository = repositoryOf(scopes);
      if (this.#credentials.get(repository) === credential) this.#credentials.delete(repository);
      const newer = await this.#credential(scopes, signal, credential);
      if (newer === undefined || isSame(newer, credential)) throw error;
      return newer.kind === 'bearer' ? newer.token : await this.#tokenOf(scheme, scopes, newer, signal);
    }
  }

  async #tokenOf(
    scheme: Extract<Scheme, { kind: 'bearer' }>,
    scopes: readonly string[],
    credential: SecretCredential | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    const key = tokenKey(scheme, scopes);
    return this.#tokens.get(key, signal, async (shared) => {
      await this.#checkRealm(scheme.realm, credential !== undefined);
      const { realm, service } = scheme;
      const wanted = this.#learnedScopes.get(key) ?? sortedSet(scopes);
      const token = await fetchToken(
        { realm, service, scopes: wanted, credential },
        this.#options.sendToken,
        shared,
      );
      this.#options.scrubber.add(token.token);
      return token;
    });
  }

  async #checkRealm(realm: URL, hasCredential: boolean): Promise<void> {
    const { registry, confirmRealm, isProxied } = this.#options;
    const judgement = await judgeRealm(registry, realm, isProxied(realm));
    if (judgement.verdict === 'allowed') return;
    if (judgement.verdict === 'ask' && (!hasCredential || (await confirmRealm(registry.host, realm.host))))
      return;
    const reason = judgement.verdict === 'refused' ? judgement.reason : 'otherHost';
    throw new CoreError('realmRefused', `${registry.host} wants a sign-in at ${realm.host}: ${reason}`, {
      host: registry.host,
      otherHost: realm.host,
      reason,
    });
  }

  #dropEnding(repository: string): void {
    const renewAt = this.#credentials.get(repository)?.renewAt;
    if (renewAt !== undefined && renewAt.getTime() <= Date.now()) this.#credentials.delete(repository);
  }

  async #credential(
    scopes: readonly string[],
    signal: AbortSignal,
    refused?: Credential,
  ): Promise<Credential | undefined> {
    const repository = repositoryOf(scopes);
    this.#dropEnding(repository);
    if (this.#credentials.has(repository)) return this.#credentials.get(repository);
    const { credentials, credentialKey: key, scrubber, logger, registry } = this.#options;
    return this.#lookups.run(repository, signal, async (shared) => {
      const request = { key, ...(repository !== '' && { repository }), ...(refused && { refused }) };
      const credential = await credentials.get(request, shared);
      if (credential?.kind === 'basic') scrubber.add(credential.password, credential.username);
      else if (credential !== undefined) scrubber.add(credential.token);
      logger.debug(`${registry.host}: credentials: ${credential?.kind ?? 'none, going anonymous'}`);
      this.#credentials.set(repository, credential);
      return credential;
    });
  }
}

function unauthorized(reason: string, details: ErrorDetails): CoreError {
  const message = `${details.operation ?? 'request'} on ${details.host ?? 'the registry'}: not authorized (${reason})`;
  return new CoreError('unauthorized', message, { ...details, status: 401, reason });
}

function basicOf(credential: Credential | undefined): string | undefined {
  return credential?.kind === 'basic' ? basicHeader(credential)['authorization'] : undefined;
}

function isSame(a: Credential, b: Credential): boolean {
  const secretOf = (credential: Credential) =>
    credential.kind === 'basic'
      ? [credential.username, credential.password]
      : [credential.kind, credential.token];
  return secretOf(a).join('\n') === secretOf(b).join('\n');
}

function sortedSet(scopes: readonly string[]): string[] {
  return [...new Set(scopes.filter((scope) => scope !== ''))].sort();
}

function tokenKey(scheme: Scheme, scopes: readonly string[]): string {
  const realm = scheme.kind === 'bearer' ? `${scheme.realm.href}\n${scheme.service ?? ''}` : '';
  return [realm, ...sortedSet(scopes)].join('\n');
}

/** The repository of the first scope that names one: `repository:<name>:<actions>`. */
function repositoryOf(scopes: readonly string[]): string {
  for (const scope of scopes) {
    const match = /^repository(?:\([^)]*\))?:(.+):[^:]*$/.exec(scope);
    if (match !== null) return match[1]!;
  }
  return '';
}
