/** Asks for the address and finds the API behind it; what an error about the way there asks for is offered at once. */
import * as vscode from 'vscode';
import { isCoreError } from '../../core/common/CoreError.ts';
import { detectProviderKind } from '../../core/providers/index.ts';
import { parseRegistryUrl } from '../../core/registry/parseRegistryUrl.ts';
import { askText, dismissed } from '../../platform/ask.ts';
import type { RegistrySessions } from '../../platform/RegistrySessions.ts';
import { actionLabel, wordError } from '../../platform/wordError.ts';
import { problemOf } from '../problemOf.ts';
import { askClientCertificate, askKeyPassphrase } from './askCertificateFiles.ts';
import { confirmBlocked, confirmCertificate, confirmHttp, isBlocked } from './confirmUnsafe.ts';
import type { ConnectionTrial } from './ConnectionTrial.ts';
import { hostOf } from './placeOf.ts';

export class AddressQuestion {
  readonly #sessions: RegistrySessions;
  readonly #title: string;
  readonly #trial: ConnectionTrial;
  /** The registry that the draft's client certificate and `apiUrl` are for. */
  #draftHost: string | undefined;

  constructor(sessions: RegistrySessions, title: string, trial: ConnectionTrial) {
    this.#sessions = sessions;
    this.#title = title;
    this.#trial = trial;
    const { draft } = trial;
    if (draft.clientCertFile !== undefined || draft.apiUrl !== undefined) {
      this.#draftHost = hostOf(draft.address);
    }
  }

  async ask(): Promise<void> {
    await askText({
      title: this.#title,
      prompt: vscode.l10n.t('Address of the registry; a path if it has one'),
      placeholder: 'ghcr.io, localhost:5000, https://registry.example.com/team',
      value: this.#trial.draft.address,
      validate: (text) => (text.trim() === '' ? undefined : problemOf(() => parseRegistryUrl(text))),
      accept: (text, signal) => {
        this.#trial.draft.address = text.trim();
        return this.#discover(signal);
      },
      describe: (error) => wordError(error).message,
    });
  }

  /** Finds the API; what is not safe is accepted only by an explicit choice, kept with the connection. */
  async #discover(signal: AbortSignal): Promise<void> {
    const { draft } = this.#trial;
    delete draft.trustedFingerprint256;
    delete draft.allowInsecureHttp;
    delete draft.allowBlocked;
    this.#trial.forgetKind();
    const host = hostOf(draft.address);
    // A certificate was chosen for one registry: no other one sees it. Nor does its API see another's password.
    if (this.#draftHost !== undefined && host !== this.#draftHost) {
      delete draft.clientCertFile;
      delete draft.clientKeyFile;
      delete draft.apiUrl;
      this.#trial.keyPassphrase = undefined;
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
            keyPassphrase: this.#trial.keyPassphrase,
            allowBlocked: draft.allowBlocked,
            ...(pin !== undefined && { pinnedFingerprint256: pin }),
          },
          signal,
        );
        const { scheme, host } = discovery.endpoint;
        if (discovery.kind === 'needsInsecureConsent') {
          // A "no" to a question asked in between: the field stays as it was.
          if (!(await confirmHttp(host))) throw dismissed();
          draft.allowInsecureHttp = true;
        }
        const typed = parseRegistryUrl(draft.address);
        draft.address = `${scheme}://${typed.host}${typed.path && `/${typed.path}`}`;
        if (typed.path) draft.pathStyle = discovery.pathStyle;
        const kind = detectProviderKind(discovery.endpoint, discovery);
        if (typed.host === 'docker.io') draft.provider = 'dockerHub';
        // What the address says anyway need not be kept.
        else if (draft.provider === undefined && kind !== detectProviderKind(discovery.endpoint)) {
          this.#trial.keepKind(kind);
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
      this.#trial.keyPassphrase = await askKeyPassphrase(this.#title, this.#trial.draft);
      return true;
    }
    const answer = await askClientCertificate(this.#title, this.#trial.draft);
    if (!answer) return false;
    this.#trial.draft.clientCertFile = answer.clientCertFile;
    this.#trial.draft.clientKeyFile = answer.clientKeyFile;
    this.#trial.keyPassphrase = answer.keyPassphrase;
    return true;
  }

  async #askBlocked(error: unknown): Promise<boolean> {
    if (!isBlocked(error) || !(await confirmBlocked(error))) return false;
    this.#trial.draft.allowBlocked = true;
    return true;
  }
}
