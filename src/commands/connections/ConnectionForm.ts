/**
 * The questions that make or change a connection: address, how to sign in, user, secret, repositories. The connection
 * is tested with what was typed before anything is saved; a wrong answer is corrected where it was given.
 */
import * as vscode from 'vscode';
import { askInOrder, askText } from '../../platform/ask.ts';
import { isApiUrl, type ConnectionSetting } from '../../platform/Connection.ts';
import { registryKindLabel } from '../../platform/registryKindLabel.ts';
import { wordError } from '../../platform/wordError.ts';
import type { Services } from '../Services.ts';
import { AddressQuestion } from './AddressQuestion.ts';
import type { ConnectionDraft } from './ConnectionDraft.ts';
import { ConnectionTrial } from './ConnectionTrial.ts';
import { displayHost } from './displayHost.ts';
import { problemOfRepositories, splitRepositories } from './repositoryNames.ts';
import { SignInQuestions } from './SignInQuestions.ts';

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
  readonly #title: string;
  readonly #trial: ConnectionTrial;
  readonly #address: AddressQuestion;
  readonly #signIn: SignInQuestions;

  constructor(
    { sessions, logger }: Pick<Services, 'sessions' | 'logger'>,
    title: string,
    draft: ConnectionDraft,
  ) {
    this.#title = title;
    this.#trial = new ConnectionTrial(sessions, draft);
    this.#address = new AddressQuestion(sessions, title, this.#trial);
    this.#signIn = new SignInQuestions(logger, title, this.#trial);
  }

  /** Address first, unless it is known; then sign-in; then what the registry cannot tell. */
  async ask({ withAddress = false, isSignedIn = false }: ConnectionQuestions): Promise<ConnectionAnswers> {
    let knowsWay = isSignedIn;
    await askInOrder([
      ...(withAddress ? [() => this.#address.ask()] : []),
      async () => {
        const auth = knowsWay ? this.#trial.draft.auth : undefined;
        knowsWay = false;
        if (auth === undefined || !(await this.#signIn.accepts(auth))) await this.#signIn.ask(withAddress);
      },
      () => this.#askWhatIsLeft(),
    ]);
    const { secret } = this.#signIn;
    const { keyPassphrase } = this.#trial;
    return {
      setting: this.#trial.setting(),
      ...(secret !== undefined && { secret }),
      ...(keyPassphrase !== undefined && { keyPassphrase }),
    };
  }

  async #askWhatIsLeft(): Promise<void> {
    const questions = [
      ...(this.#trial.guessedApiUrl === undefined ? [] : [() => this.#askApiUrl(this.#trial.guessedApiUrl)]),
      ...(this.#trial.needsPins ? [() => this.#askRepositories()] : []),
    ];
    await askInOrder(questions, 0, 'leaves');
  }

  /** One question about where a repository manager is, of which the address is only a part. */
  async #askApiUrl(guess = ''): Promise<void> {
    const host = displayHost(this.#trial.draft.address);
    await askText({
      title: this.#title,
      prompt: vscode.l10n.t(
        '{0} serves one repository of {1}. Address of that repository, for dates and safe deletion of tags; empty to go on without',
        host,
        registryKindLabel(this.#trial.draft.provider ?? ''),
      ),
      value: this.#trial.draft.apiUrl ?? guess,
      canGoBack: true,
      validate: (text) =>
        text.trim() === '' || isApiUrl(text.trim())
          ? undefined
          : vscode.l10n.t('Write http:// or https:// and the host, and no user name.'),
      accept: async (text, signal) => {
        const apiUrl = text.trim();
        if (apiUrl === '') {
          delete this.#trial.draft.apiUrl;
          return;
        }
        this.#trial.draft.apiUrl = apiUrl;
        try {
          if (!(await this.#trial.findsApi(signal))) throw new UnknownRepository();
        } catch (error) {
          delete this.#trial.draft.apiUrl;
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
        displayHost(this.#trial.draft.address),
      ),
      placeholder: vscode.l10n.t('team/app, team/base'),
      value: this.#trial.draft.repositories.join(', '),
      canGoBack: true,
      validate: (text) => problemOfRepositories(text),
      accept: (text) => {
        this.#trial.draft.repositories = splitRepositories(text);
      },
    });
  }
}

class UnknownRepository extends Error {}
