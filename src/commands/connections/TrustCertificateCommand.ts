import * as vscode from 'vscode';
import { isCoreError } from '../../core/common/CoreError.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { confirmCertificate } from './confirmUnsafe.ts';

type Needs = Pick<Services, 'settings' | 'sessions'>;

/** Trusts exactly the certificate that an error showed, for one connection. True when trusted. */
export class TrustCertificateCommand implements Command {
  readonly id = 'berth.trustCertificate';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node: { readonly connectionId: string }, seen: unknown): Promise<boolean> {
    // A panel names the connection only: the registry is asked what certificate it shows.
    const error = seen ?? (await this.#ping(node.connectionId));
    const fingerprint = isCoreError(error, 'tls') ? error.details.fingerprint256 : undefined;
    if (fingerprint === undefined) {
      void vscode.window.showInformationMessage(vscode.l10n.t('There is no certificate to trust.'));
      return false;
    }
    if (!(await confirmCertificate(error, fingerprint))) return false;
    await this.#services.settings.update(node.connectionId, { trustedFingerprint256: fingerprint });
    this.#services.sessions.reset(node.connectionId);
    return true;
  }

  /** What goes wrong when the registry is asked; undefined when nothing does. */
  async #ping(connectionId: string): Promise<unknown> {
    const { client } = await this.#services.sessions.open(connectionId);
    return client.ping(AbortSignal.timeout(30_000)).then(
      () => undefined,
      (error: unknown) => error,
    );
  }
}
