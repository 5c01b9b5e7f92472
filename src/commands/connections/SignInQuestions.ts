/** Asks how to sign in and with what. Each answer is tested; a wrong one is corrected where it was given. */
import * as vscode from 'vscode';
import { isCoreError } from '../../core/common/CoreError.ts';
import { toDisplayLine } from '../../core/common/displayText.ts';
import type { Logger } from '../../core/common/Logger.ts';
import { GOOGLE_KEY_USER } from '../../core/providers/google/googleHosts.ts';
import { detectProviderKind } from '../../core/providers/index.ts';
import { requestAccountToken } from '../../platform/accountTokens.ts';
import { GoBack, askInOrder, askPick, askText } from '../../platform/ask.ts';
import type { AuthKind } from '../../platform/Connection.ts';
import { accountOf } from '../../platform/connectionAccount.ts';
import { createCliCredentials } from '../../platform/connectionCredentials.ts';
import { wordError } from '../../platform/wordError.ts';
import { askAwsProfile } from './askAwsProfile.ts';
import { askGoogleKey } from './askGoogleKey.ts';
import type { ConnectionTrial } from './ConnectionTrial.ts';
import { displayHost } from './displayHost.ts';
import { signInChoices, type SignInWay } from './signInWays.ts';

export class SignInQuestions {
  readonly #logger: Logger;
  readonly #title: string;
  readonly #trial: ConnectionTrial;
  #way: SignInWay | undefined;
  #secret: string | undefined;

  constructor(logger: Logger, title: string, trial: ConnectionTrial) {
    this.#logger = logger;
    this.#title = title;
    this.#trial = trial;
  }

  /** To be stored beside a connection with `auth: password`. */
  get secret(): string | undefined {
    return this.#secret;
  }

  async ask(canGoBack: boolean): Promise<void> {
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
            delete this.#trial.draft.profile;
            await this.#connectAs(this.#way);
            return;
          case 'password':
          case 'token':
            delete this.#trial.draft.profile;
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
    const account = accountOf({ ...this.#trial.setting(), auth });
    if (account) await requestAccountToken(account.service, account.scopes[0]);
    delete this.#trial.draft.profile;
    await this.#connectAs(auth);
  }

  async #connectWithGoogleKey(): Promise<void> {
    const password = await askGoogleKey(this.#title);
    if (password === undefined) throw new GoBack();
    this.#trial.draft.auth = 'password';
    this.#trial.draft.username = GOOGLE_KEY_USER;
    delete this.#trial.draft.profile;
    await this.#trial.testWithProgress({ kind: 'basic', username: GOOGLE_KEY_USER, password });
    this.#secret = password;
  }

  /** Which profile of the AWS CLI; a name that no file has yet may be typed. */
  async #askProfile(): Promise<void> {
    const chosen = this.#trial.draft.profile ?? '';
    const profile = await askAwsProfile({ title: this.#title, chosen, canGoBack: true });
    if (profile !== undefined) {
      this.#trial.draft.profile = profile;
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
        this.#trial.draft.profile = text.trim();
        this.#trial.draft.auth = 'aws';
        delete this.#trial.draft.username;
        await this.#trial.test(undefined, signal);
      },
      describe: (error) =>
        error instanceof EmptyAnswer ? vscode.l10n.t('Type the profile.') : wordError(error).message,
    });
  }

  /** Whether the registry accepts a way that was chosen before; if not, it is said why. */
  async accepts(auth: AuthKind): Promise<boolean> {
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
    this.#trial.draft.auth = auth;
    delete this.#trial.draft.username;
    await this.#trial.testWithProgress(undefined);
  }

  async #askWay(canGoBack: boolean): Promise<SignInWay> {
    const known = await this.#knownUser();
    const choices = signInChoices(this.#trial.draft.provider ?? detectProviderKind(this.#trial.endpoint()));
    const preferred: SignInWay = this.#way ?? this.#trial.draft.auth ?? (known ? 'docker' : 'anonymous');
    const { way } = await askPick({
      title: this.#title,
      placeholder: vscode.l10n.t('How do you sign in to {0}?', displayHost(this.#trial.draft.address)),
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
      const { credentialKey } = this.#trial.endpoint();
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
      value: this.#trial.draft.username ?? '',
      canGoBack: true,
      validate: (text) =>
        /[\r\n\0:]/.test(text) ? vscode.l10n.t('A user name has no ":" and no line break.') : undefined,
      accept: (text) => {
        const username = text.trim();
        if (username === '' && !isToken) throw new EmptyAnswer();
        if (username === '') delete this.#trial.draft.username;
        else this.#trial.draft.username = username;
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
        this.#trial.draft.auth = 'password';
        const { username } = this.#trial.draft;
        await this.#trial.test(
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
            ? vscode.l10n.t('{0} refuses these credentials.', displayHost(this.#trial.draft.address))
            : wordError(error).message,
    });
  }
}

class EmptyAnswer extends Error {}
