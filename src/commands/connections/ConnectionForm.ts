/**
 * The questions that make or change a connection: address, how to sign in, user, secret, repositories. The connection
 * is tested with what was typed before anything is saved; a wrong answer is corrected where it was given.
 */
import * as vscode from 'vscode';
import { isCoreError } from '../../core/common/CoreError.ts';
import type { Logger } from '../../core/common/Logger.ts';
import { toDisplayLine } from '../../core/common/displayText.ts';
import type { Credential, CredentialStore } from '../../core/credentials/CredentialStore.ts';
import { parseRepositoryName } from '../../core/oci/reference.ts';
import { GOOGLE_KEY_USER } from '../../core/providers/google/googleHosts.ts';
import { detectProviderKind, probeProviderKind } from '../../core/providers/index.ts';
import { createEndpoint, parseRegistryUrl } from '../../core/registry/parseRegistryUrl.ts';
import { GoBack, askInOrder, askPick, askText, confirm, dismissed } from '../../platform/ask.ts';
import {
  isApiUrl,
  parseConnection,
  type AuthKind,
  type ConnectionSetting,
} from '../../platform/Connection.ts';
import { requestAccountToken } from '../../platform/accountTokens.ts';
import { accountOf } from '../../platform/connectionAccount.ts';
import { createCliCredentials } from '../../platform/connectionCredentials.ts';
import type { RegistrySession } from '../../platform/RegistrySession.ts';
import type { RegistrySessions } from '../../platform/RegistrySessions.ts';
import { registryKindLabel } from '../../platform/registryKindLabel.ts';
import { actionLabel, wordError } from '../../platform/wordError.ts';
import { withProgress } from '../withProgress.ts';
import { askAwsProfile } from './askAwsProfile.ts';
import { askClientCertificate, askKeyPassphrase } from './askCertificateFiles.ts';
import { askGoogleKey } from './askGoogleKey.ts';
import { hostOf } from './placeOf.ts';
import { signInChoices, type SignInWay } from './signInWays.ts';

/** What was answered so far; each question starts from it. */
export interface ConnectionDraft extends Omit<ConnectionSetting, 'url'> {
  address: string;
  repositories: string[];
}

/** Which questions are asked besides those that cannot be left out. */
export interface ConnectionQuestions {
  readonly withAddress?: boolean;
  /** The way to sign in is in the draft, and asks for nothing: it is asked about only where it does not work. */
  readonly isSignedIn?: boolean;
}

export interface ConnectionAnswers {
  readonly setting: ConnectionSetting;
  /** To be stored beside a connection with `auth: password`. */
  readonly secret?: string;
  /** To be stored for the client key of the connection. */
  readonly keyPassphrase?: string;
}

export class ConnectionForm {
  readonly #sessions: RegistrySessions;
  readonly #logger: Logger;
  readonly #title: string;
  readonly #draft: ConnectionDraft;
  #way: SignInWay | undefined;
  #secret: string | undefined;
  #keyPassphrase: string | undefined;
  /** The registry that the draft's client certificate and `apiUrl` are for. */
  #draftHost: string | undefined;
  #needsPins = false;
  /** Where the maker's own API may be, where the address does not tell. */
  #guessedApiUrl: string | undefined;
  /** With which the connection was tested last. */
  #credential: Credential | undefined;
  /** The kind in the draft is the registry's own answer, not the person's. */
  #isKindProbed = false;

  constructor(sessions: RegistrySessions, logger: Logger, title: string, draft: ConnectionDraft) {
    this.#sessions = sessions;
    this.#logger = logger;
    this.#title = title;
    this.#draft = draft;
    if (draft.clientCertFile !== undefined || draft.apiUrl !== undefined)
      this.#draftHost = hostOf(draft.address);
  }

  /** Address first, unless it is known; then sign-in; then what the registry cannot tell. */
  async ask({ withAddress = false, isSignedIn = false }: ConnectionQuestions): Promise<ConnectionAnswers> {
    let knowsWay = isSignedIn;
    await askInOrder([
      ...(withAddress ? [() => this.#askAddress()] : []),
      async () => {
        const auth = knowsWay ? this.#draft.auth : undefined;
        knowsWay = false;
        if (auth === undefined || !(await this.#signsInAs(auth))) await this.#askSignIn(withAddress);
      },
      () => this.#askWhatIsLeft(),
    ]);
    return {
      setting: this.#setting(),
      ...(this.#secret !== undefined && { secret: this.#secret }),
      ...(this.#keyPassphrase !== undefined && { keyPassphrase: this.#keyPassphrase }),
    };
  }

  async #askAddress(): Promise<void> {
    await askText({
      title: this.#title,
      prompt: vscode.l10n.t('Address of the registry; a path if it has one'),
      placeholder: 'ghcr.io, localhost:5000, https://registry.example.com/team',
      value: this.#draft.address,
      validate: (text) => {
        if (text.trim() === '') return undefined;
        try {
          parseRegistryUrl(text);
          return undefined;
        } catch (error) {
          return wordError(error).message;
        }
      },
      accept: (text, signal) => {
        this.#draft.address = text.trim();
        return this.#discover(signal);
      },
      describe: (error) => wordError(error).message,
    });
  }

  /** Finds the API; what is not safe is accepted only by an explicit choice, kept with the connection. */
  async #discover(signal: AbortSignal): Promise<void> {
    const draft = this.#draft;
    delete draft.trustedFingerprint256;
    delete draft.allowInsecureHttp;
    delete draft.allowBlocked;
    if (this.#isKindProbed) delete draft.provider;
    this.#isKindProbed = false;
    const host = hostOf(draft.address);
    // A certificate was chosen for one registry: no other one sees it. Nor does its API see another's password.
    if (this.#draftHost !== undefined && host !== this.#draftHost) {
      delete draft.clientCertFile;
      delete draft.clientKeyFile;
      delete draft.apiUrl;
      this.#keyPassphrase = undefined;
    }
    this.#draftHost = host;
    for (;;) {
      try {
        const { trustedFingerprint256: pin, caFile, clientCertFile, clientKeyFile } = draft;
        const discovery = await this.#sessions.discover(
          draft.address,
          {
            caFile,
            clientCertFile,
            clientKeyFile,
            keyPassphrase: this.#keyPassphrase,
            allowBlocked: draft.allowBlocked,
            ...(pin !== undefined && { pinnedFingerprint256: pin }),
          },
          signal,
        );
        const { scheme, host } = discovery.endpoint;
        if (discovery.kind === 'needsInsecureConsent') {
          if (!(await confirmHttp(host))) throw dismissedAnswer();
          draft.allowInsecureHttp = true;
        }
        const typed = parseRegistryUrl(draft.address);
        draft.address = `${scheme}://${typed.host}${typed.path && `/${typed.path}`}`;
        if (typed.path) draft.pathStyle = discovery.pathStyle;
        const kind = detectProviderKind(discovery.endpoint, discovery);
        if (typed.host === 'docker.io') draft.provider = 'dockerHub';
        // What the address says anyway need not be kept.
        else if (draft.provider === undefined && kind !== detectProviderKind(discovery.endpoint)) {
          draft.provider = kind;
          this.#isKindProbed = true;
        }
        return;
      } catch (error) {
        if (await this.#askClientCertificate(error)) continue;
        if (await this.#askBlocked(error)) continue;
        const fingerprint = isCoreError(error, 'tls') ? error.details.fingerprint256 : undefined;
        if (fingerprint === undefined || fingerprint === draft.trustedFingerprint256) throw error;
        if (!(await confirmCertificate(error, fingerprint))) throw error;
        draft.trustedFingerprint256 = fingerprint;
      }
    }
  }

  /** Offers what an error about the client certificate asks for. False where it is about something else, or was declined. */
  async #askClientCertificate(error: unknown): Promise<boolean> {
    const { action, message } = wordError(error);
    if (action !== 'chooseClientCertificate' && action !== 'enterPassphrase') return false;
    const label = actionLabel(action);
    if ((await vscode.window.showWarningMessage(message, { modal: true }, label)) !== label) return false;
    if (action === 'enterPassphrase') {
      this.#keyPassphrase = await askKeyPassphrase(this.#title, this.#draft);
      return true;
    }
    const answer = await askClientCertificate(this.#title, this.#draft);
    if (!answer) return false;
    this.#draft.clientCertFile = answer.clientCertFile;
    this.#draft.clientKeyFile = answer.clientKeyFile;
    this.#keyPassphrase = answer.keyPassphrase;
    return true;
  }

  async #askBlocked(error: unknown): Promise<boolean> {
    if (!isBlocked(error) || !(await confirmBlocked(error))) return false;
    this.#draft.allowBlocked = true;
    return true;
  }

  async #askSignIn(canGoBack: boolean): Promise<void> {
    for (;;) {
      this.#way = await this.#askWay(canGoBack);
      this.#secret = undefined;
      try {
        switch (this.#way) {
          case 'github':
          case 'microsoft':
            await this.#connectWithAccount(this.#way);
            return;
          case 'googleKey':
            await this.#connectWithGoogleKey();
            return;
          case 'aws':
            await this.#askProfile();
            return;
          case 'docker':
          case 'google':
          case 'anonymous':
            delete this.#draft.profile;
            await this.#connectAs(this.#way);
            return;
          case 'password':
          case 'token':
            delete this.#draft.profile;
            await askInOrder([() => this.#askUsername(), () => this.#askSecret()], 0, 'leaves');
            return;
        }
      } catch (error) {
        if (error instanceof vscode.CancellationError) throw error;
        // The pickers have no place for an error; it is shown and the question comes again.
        if (!(error instanceof GoBack)) void vscode.window.showErrorMessage(wordError(error).message);
      }
    }
  }

  async #connectWithAccount(auth: 'github' | 'microsoft'): Promise<void> {
    const account = accountOf({ ...this.#setting(), auth });
    if (account) await requestAccountToken(account.service, account.scopes[0]);
    delete this.#draft.profile;
    await this.#connectAs(auth);
  }

  async #connectWithGoogleKey(): Promise<void> {
    const password = await askGoogleKey(this.#title);
    if (password === undefined) throw new GoBack();
    this.#draft.auth = 'password';
    this.#draft.username = GOOGLE_KEY_USER;
    delete this.#draft.profile;
    await this.#testWithProgress({ kind: 'basic', username: GOOGLE_KEY_USER, password });
    this.#secret = password;
  }

  /** Which profile of the AWS CLI; a name that no file has yet may be typed. */
  async #askProfile(): Promise<void> {
    const chosen = this.#draft.profile ?? '';
    const profile = await askAwsProfile({ title: this.#title, chosen, canGoBack: true });
    if (profile !== undefined) {
      this.#draft.profile = profile;
      await this.#connectAs('aws');
      return;
    }
    await askText({
      title: this.#title,
      prompt: vscode.l10n.t('Name of the AWS profile, as in ~/.aws/config'),
      value: chosen,
      canGoBack: true,
      accept: async (text, signal) => {
        if (text.trim() === '') throw new EmptyAnswer();
        this.#draft.profile = text.trim();
        this.#draft.auth = 'aws';
        delete this.#draft.username;
        await this.#test(undefined, signal);
      },
      describe: (error) =>
        error instanceof EmptyAnswer ? vscode.l10n.t('Type the profile.') : wordError(error).message,
    });
  }

  /** Whether the registry accepts a way that was chosen before; if not, it is said why. */
  async #signsInAs(auth: AuthKind): Promise<boolean> {
    try {
      await this.#connectAs(auth);
      return true;
    } catch (error) {
      if (error instanceof vscode.CancellationError || isCoreError(error, 'cancelled')) throw error;
      void vscode.window.showErrorMessage(wordError(error).message);
      return false;
    }
  }

  /** Tests a way to sign in that needs nothing typed. */
  async #connectAs(auth: AuthKind): Promise<void> {
    this.#draft.auth = auth;
    delete this.#draft.username;
    await this.#testWithProgress(undefined);
  }

  #testWithProgress(credential: Credential | undefined): Promise<void> {
    return withProgress(vscode.l10n.t('Connecting to {0}', displayHost(this.#draft.address)), (signal) =>
      this.#test(credential, signal),
    );
  }

  async #askWay(canGoBack: boolean): Promise<SignInWay> {
    const known = await this.#knownUser();
    const choices = signInChoices(this.#draft.provider ?? detectProviderKind(this.#endpoint()));
    const preferred: SignInWay = this.#way ?? this.#draft.auth ?? (known ? 'docker' : 'anonymous');
    const { way } = await askPick({
      title: this.#title,
      placeholder: vscode.l10n.t('How do you sign in to {0}?', displayHost(this.#draft.address)),
      items: choices.map((choice) => ({
        ...choice,
        ...(choice.way === 'docker' && known !== undefined && { description: known }),
      })),
      active: (item) => item.way === preferred,
      canGoBack,
    });
    return way;
  }

  async #knownUser(): Promise<string | undefined> {
    try {
      const { credentialKey } = this.#endpoint();
      const credential = await createCliCredentials(this.#logger).get(
        { key: credentialKey },
        AbortSignal.timeout(5000),
      );
      if (!credential) return vscode.l10n.t('nothing for this registry yet');
      return credential.kind === 'basic'
        ? vscode.l10n.t('signed in as {0}', toDisplayLine(credential.username))
        : vscode.l10n.t('a token');
    } catch {
      return undefined;
    }
  }

  async #askUsername(): Promise<void> {
    const isToken = this.#way === 'token';
    await askText({
      title: this.#title,
      prompt: isToken
        ? vscode.l10n.t('User name the token belongs to; empty if the token stands alone')
        : vscode.l10n.t('User name'),
      value: this.#draft.username ?? '',
      canGoBack: true,
      validate: (text) =>
        /[\r\n\0:]/.test(text) ? vscode.l10n.t('A user name has no ":" and no line break.') : undefined,
      accept: (text) => {
        const username = text.trim();
        if (username === '' && !isToken) throw new EmptyAnswer();
        if (username === '') delete this.#draft.username;
        else this.#draft.username = username;
      },
      describe: () => vscode.l10n.t('Type the user name.'),
    });
  }

  async #askSecret(): Promise<void> {
    const isToken = this.#way === 'token';
    await askText({
      title: this.#title,
      prompt: isToken ? vscode.l10n.t('Access token') : vscode.l10n.t('Password'),
      password: true,
      canGoBack: true,
      accept: async (secret, signal) => {
        if (secret === '') throw new EmptyAnswer();
        this.#draft.auth = 'password';
        const { username } = this.#draft;
        await this.#test(
          username === undefined
            ? { kind: 'bearer', token: secret }
            : { kind: 'basic', username, password: secret },
          signal,
        );
        this.#secret = secret;
      },
      describe: (error) =>
        error instanceof EmptyAnswer
          ? isToken
            ? vscode.l10n.t('Type the token.')
            : vscode.l10n.t('Type the password.')
          : isCoreError(error, 'unauthorized')
            ? vscode.l10n.t('{0} refuses these credentials.', displayHost(this.#draft.address))
            : wordError(error).message,
    });
  }

  /** Talks to the registry with what was typed, and asks what it is. Nothing is saved by it. */
  async #test(credential: Credential | undefined, signal: AbortSignal): Promise<void> {
    this.#credential = credential;
    const isKindNew = await this.#withSession(credential, async (session) => {
      await session.client.ping(signal);
      if (await this.#probeKind(session, signal)) return true;
      await this.#testListing(session, signal);
      return false;
    });
    if (isKindNew) await this.#withSession(credential, (session) => this.#testListing(session, signal));
  }

  /** True where the registry says that it is something better than the address tells. */
  async #probeKind({ client, provider }: RegistrySession, signal: AbortSignal): Promise<boolean> {
    if (this.#draft.provider !== undefined || provider.kind !== 'oci') return false;
    const kind = await probeProviderKind(client, signal);
    if (kind === provider.kind) return false;
    this.#draft.provider = kind;
    this.#isKindProbed = true;
    return true;
  }

  async #testListing({ provider }: RegistrySession, signal: AbortSignal): Promise<void> {
    this.#guessedApiUrl = undefined;
    this.#needsPins = !provider.capabilities.listsRepositories;
    if (this.#needsPins) return;
    await provider.listRepositories(undefined, signal).catch((error: unknown) => {
      // No catalog is not a failed connection.
      if (!isCoreError(error, 'unsupported', 'notFound', 'unauthorized', 'forbidden')) throw error;
      this.#needsPins = true;
    });
    this.#guessedApiUrl = await provider.guessApiUrl?.(signal);
  }

  async #withSession<Result>(
    credential: Credential | undefined,
    use: (session: RegistrySession) => Promise<Result>,
  ): Promise<Result> {
    const connection = parseConnection(this.#setting(), 0);
    if ('problem' in connection) throw new Error(connection.problem);
    const credentials: CredentialStore | undefined = credential && { get: () => Promise.resolve(credential) };
    const session = await this.#sessions.create(connection, {
      credentials,
      keyPassphrase: this.#keyPassphrase,
    });
    try {
      return await use(session);
    } finally {
      await session.dispose();
    }
  }

  async #askWhatIsLeft(): Promise<void> {
    const questions = [
      ...(this.#guessedApiUrl === undefined ? [] : [() => this.#askApiUrl(this.#guessedApiUrl)]),
      ...(this.#needsPins ? [() => this.#askRepositories()] : []),
    ];
    await askInOrder(questions, 0, 'leaves');
  }

  /** One question about where a repository manager is, of which the address is only a part. */
  async #askApiUrl(guess = ''): Promise<void> {
    const host = displayHost(this.#draft.address);
    await askText({
      title: this.#title,
      prompt: vscode.l10n.t(
        '{0} serves one repository of {1}. Address of that repository, for dates and safe deletion of tags; empty to go on without',
        host,
        registryKindLabel(this.#draft.provider ?? ''),
      ),
      value: this.#draft.apiUrl ?? guess,
      canGoBack: true,
      validate: (text) =>
        text.trim() === '' || isApiUrl(text.trim())
          ? undefined
          : vscode.l10n.t('Write http:// or https:// and the host, and no user name.'),
      accept: async (text, signal) => {
        const apiUrl = text.trim();
        if (apiUrl === '') {
          delete this.#draft.apiUrl;
          return;
        }
        this.#draft.apiUrl = apiUrl;
        try {
          const isUnknown = await this.#withSession(
            this.#credential,
            async ({ provider }) => (await provider.guessApiUrl?.(signal)) !== undefined,
          );
          if (isUnknown) throw new UnknownRepository();
        } catch (error) {
          delete this.#draft.apiUrl;
          throw error;
        }
      },
      describe: (error) =>
        error instanceof UnknownRepository
          ? vscode.l10n.t('No such repository there. Write its name behind /repository/, or empty the field.')
          : wordError(error).message,
    });
  }

  async #askRepositories(): Promise<void> {
    await askText({
      title: this.#title,
      prompt: vscode.l10n.t(
        '{0} does not list its repositories. Which ones do you want to see? Separate them by commas; you can add more later.',
        displayHost(this.#draft.address),
      ),
      placeholder: vscode.l10n.t('team/app, team/base'),
      value: this.#draft.repositories.join(', '),
      canGoBack: true,
      validate: (text) => problemOfRepositories(text),
      accept: (text) => {
        this.#draft.repositories = splitRepositories(text);
      },
    });
  }

  #endpoint() {
    return createEndpoint(this.#draft.address, this.#draft.pathStyle ?? 'namespace');
  }

  #setting(): ConnectionSetting {
    const { address, repositories, ...rest } = this.#draft;
    return {
      url: address,
      ...rest,
      ...(repositories.length > 0 && { repositories }),
    };
  }
}

class EmptyAnswer extends Error {}

class UnknownRepository extends Error {}

/** A "no" to a question asked in between: the field stays as it was. */
function dismissedAnswer(): Error {
  return dismissed();
}

export function splitRepositories(text: string): string[] {
  return [
    ...new Set(
      text
        .split(/[\s,]+/)
        .map((name) => name.replace(/^\/+|\/+$/g, ''))
        .filter(Boolean),
    ),
  ];
}

/** What is wrong with the first bad name of a list, undefined when all are good. */
export function problemOfRepositories(text: string): string | undefined {
  for (const name of splitRepositories(text)) {
    try {
      parseRepositoryName(name);
    } catch (error) {
      return `${toDisplayLine(name)}: ${wordError(error).message}`;
    }
  }
  return undefined;
}

export function displayHost(address: string): string {
  return toDisplayLine(address.replace(/^https?:\/\//i, ''));
}

export function confirmHttp(host: string): Promise<boolean> {
  return confirm(
    vscode.l10n.t('{0} answers only on unencrypted http.', host),
    vscode.l10n.t(
      'Everything you send, your password included, can be read and changed on the way. The choice is kept for this connection only.',
    ),
    vscode.l10n.t('Use http'),
  );
}

function isBlocked(error: unknown): boolean {
  return isCoreError(error, 'forbidden') && error.details.reason === 'blockedByConfiguration';
}

/** Asks to talk to a registry that the machine's configuration forbids to Podman. */
export function confirmBlocked(error: unknown): Promise<boolean> {
  return confirm(
    wordError(error).message,
    vscode.l10n.t(
      'Whoever set up this machine does not want this registry to be used. Podman goes on refusing it. The choice is kept for this connection only.',
    ),
    vscode.l10n.t('Connect Anyway'),
  );
}

/** Asks to trust exactly one certificate. */
export function confirmCertificate(error: unknown, fingerprint: string): Promise<boolean> {
  return confirm(
    wordError(error).message,
    vscode.l10n.t(
      'Its SHA-256 fingerprint is\n{0}\n\nCompare it with the one you got from the administrator of the registry. Only this certificate will be trusted, and only for this connection.',
      fingerprint,
    ),
    vscode.l10n.t('Trust This Certificate'),
  );
}
