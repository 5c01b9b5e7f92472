/**
 * `docker login` for one registry: with what a connection has stored, if the person agrees, or with what is typed. A
 * connection that signs in with AWS gives docker its token unasked: that is what the AWS CLI does, every 12 hours.
 */
import * as vscode from 'vscode';
import { isCoreError, type CoreError } from '../../core/common/CoreError.ts';
import { DOCKER_HUB_HOST } from '../../core/oci/reference.ts';
import { GoBack, askPick, askText, dismissed } from '../../platform/ask.ts';
import type { AuthKind, Connection } from '../../platform/Connection.ts';
import { tryCreateEndpoint } from '../../platform/RegistrySessions.ts';
import { wordError } from '../../platform/wordError.ts';
import type { Services } from '../Services.ts';

/** For a token of AWS, single sign-on and roles included. */
const CREDENTIAL_TIMEOUT_MS = 60_000;

interface StoredSignIn {
  readonly connection: Connection;
  readonly username: string;
  readonly password: string;
}

type Needs = Pick<Services, 'docker' | 'settings' | 'credentials' | 'sessions' | 'answers' | 'activity'>;

export class DockerSignIn {
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  /**
   * Logs docker in to `host` (`docker.io` for Docker Hub), asking with what.
   * @throws CancellationError when dismissed.
   */
  async logIn(host: string): Promise<void> {
    const title = vscode.l10n.t('Log In to {0}', host);
    const stored = await this.#storedSignIns(host, ['password', 'aws']).catch((error: unknown) => {
      // Another user and password may still be typed.
      void vscode.window.showErrorMessage(wordError(error).message);
      return [];
    });
    for (;;) {
      const shared = stored.length > 0 ? await askSharing(title, stored) : undefined;
      try {
        if (shared) await this.#share(host, shared);
        else await this.#askCredentials(host, title, stored.length > 0);
        break;
      } catch (error) {
        if (error instanceof GoBack) continue;
        if (!shared || !isCoreError(error, 'unauthorized')) throw error;
        void vscode.window.showErrorMessage(
          vscode.l10n.t('{0} refuses the sign-in of the connection "{1}".', host, shared.connection.name),
        );
      }
    }
    // Connections that use what docker knows see more now.
    for (const connection of this.#connectionsOf(host)) {
      if (connection.auth === 'docker') this.#services.sessions.reset(connection.id);
    }
  }

  /**
   * Runs `work`; where the registry refuses for want of credentials it gives docker a fresh token if the registry is
   * signed in to with AWS or a Microsoft account, else offers to sign in, and runs it again.
   */
  async retrying<Result>(host: string, work: () => Promise<Result>): Promise<Result> {
    let renewed = false;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!isCoreError(error, 'unauthorized')) throw error;
        const entry = this.#services.activity.entryOf(error);
        const refusal = renewed ? error : await this.#renew(host, error);
        renewed = true;
        if (refusal === undefined) {
          const outcome = vscode.l10n.t(
            'Docker was not logged in. Logged in as the connection does and tried again.',
          );
          if (entry) this.#services.activity.describeFailure(entry.id, outcome);
          continue;
        }
        const { message } = wordError(refusal);
        if (entry) this.#services.activity.describeFailure(entry.id, message);
        const signIn = vscode.l10n.t('Sign In…');
        const showOutput = vscode.l10n.t('Show Output');
        const answer = await vscode.window.showErrorMessage(message, signIn, showOutput);
        if (entry && answer === showOutput) this.#services.activity.showOutput(entry.id);
        if (answer !== signIn) throw dismissed();
        await this.logIn(host);
      }
    }
  }

  /** Undefined: docker has a fresh token. Else why it has not: AWS's or Azure's reason, or `refusal` where neither is the way in. */
  async #renew(host: string, refusal: CoreError): Promise<CoreError | undefined> {
    try {
      const [signIn] = await this.#storedSignIns(host, ['aws', 'microsoft']);
      if (signIn === undefined) return refusal;
      await this.#share(host, signIn);
      return undefined;
    } catch (error) {
      if (isCoreError(error) && error.kind !== 'cancelled') return error;
      throw error;
    }
  }

  #connectionsOf(host: string): Connection[] {
    return this.#services.settings
      .connections()
      .filter((connection) => tryCreateEndpoint(connection)?.referenceHost.split('/')[0] === host);
  }

  /** What connections to `host` that sign in one of these ways would sign in with now. */
  async #storedSignIns(host: string, ways: readonly AuthKind[]): Promise<StoredSignIn[]> {
    const signal = AbortSignal.timeout(CREDENTIAL_TIMEOUT_MS);
    const stored = await Promise.all(
      this.#connectionsOf(host)
        .filter(({ auth }) => ways.includes(auth))
        .map(async (connection) => {
          const key = tryCreateEndpoint(connection)?.credentialKey ?? host;
          const credential = await this.#services.credentials(connection).get({ key }, signal);
          // docker login takes a user and a password, nothing else.
          if (credential?.kind === 'basic') return [{ connection, ...credential }];
          // Azure's identity tokens are such a password, of a user that says so.
          const isPassword = credential?.kind === 'identityToken' && credential.username !== undefined;
          return isPassword
            ? [{ connection, username: credential.username, password: credential.token }]
            : [];
        }),
    );
    return stored.flat();
  }

  async #share(host: string, { username, password }: StoredSignIn): Promise<void> {
    await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('Logging in to {0}…', host),
        cancellable: true,
      },
      (_, token) => {
        const controller = new AbortController();
        token.onCancellationRequested(() => controller.abort());
        return this.#logIn(host, username, password, controller.signal);
      },
    );
  }

  async #askCredentials(host: string, title: string, canGoBack: boolean): Promise<void> {
    const question = `login ${host}`;
    let username = this.#services.answers.get(question) ?? '';
    const askUsername = async () => {
      username = await askText({
        title,
        prompt: vscode.l10n.t('User name'),
        value: username,
        canGoBack,
        validate: (text) =>
          /[\r\n\0:]|^-/.test(text)
            ? vscode.l10n.t('A user name has no ":", no line break and no "-" at its beginning.')
            : undefined,
        accept: (text) => {
          if (text.trim() === '') throw new Error(vscode.l10n.t('Type the user name.'));
          return text.trim();
        },
        describe: (error) => (error as Error).message,
      });
    };
    const askPassword = () =>
      askText({
        title,
        prompt: vscode.l10n.t('Password or access token; Docker keeps it as docker login does'),
        password: true,
        canGoBack: true,
        accept: (password, signal) => this.#logIn(host, username, password, signal),
        describe: (error) => wordRefusal(host, error),
      });
    for (;;) {
      // Back from the first question is the caller's, to choose another way.
      await askUsername();
      try {
        await askPassword();
        break;
      } catch (error) {
        if (!(error instanceof GoBack)) throw error;
      }
    }
    await this.#services.answers.remember(question, username);
  }

  async #logIn(host: string, username: string, password: string, signal: AbortSignal): Promise<void> {
    await this.#services.docker.login(
      { ...(host !== DOCKER_HUB_HOST && { registry: host }), username, password },
      signal,
    );
  }
}

/** Undefined: another user and password are to be asked for. */
async function askSharing(title: string, stored: readonly StoredSignIn[]): Promise<StoredSignIn | undefined> {
  const { signIn } = await askPick<vscode.QuickPickItem & { signIn: StoredSignIn | undefined }>({
    title,
    placeholder: vscode.l10n.t('Docker keeps its own sign-ins. Which one may it have?'),
    items: [
      ...stored.map((signIn) => ({
        label: vscode.l10n.t('Share the Sign-In of "{0}" with Docker', signIn.connection.name),
        description: signIn.username,
        detail: vscode.l10n.t('Docker keeps a copy in its credential helper or its configuration file'),
        signIn,
      })),
      {
        label: vscode.l10n.t('Another User Name and Password…'),
        signIn: undefined,
      },
    ],
  });
  return signIn;
}

function wordRefusal(host: string, error: unknown): string {
  if (isCoreError(error, 'unauthorized')) {
    return vscode.l10n.t('{0} refuses this user name or password.', host);
  }
  if (isCoreError(error, 'invalidInput') && error.details.reason === 'empty') {
    return vscode.l10n.t('Type the password.');
  }
  return wordError(error).message;
}
