import { isAbsolute } from 'node:path';
import * as vscode from 'vscode';
import type { CoreError } from '../../core/common/CoreError.ts';
import type { FoundRegistry } from '../../core/credentials/foundRegistries.ts';
import { connectionId } from '../../platform/Connection.ts';
import { credentialEnvironment } from '../../platform/credentialEnvironment.ts';
import { wordError } from '../../platform/wordError.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { askFoundRegistries } from './askFoundRegistries.ts';
import { confirmCertificate, confirmHttp } from './confirmUnsafe.ts';
import { placeOf } from './placeOf.ts';

type Needs = Pick<Services, 'settings' | 'sessions' | 'activity'>;

/** Connects the registries that Docker and Podman on this machine know of. Their sign-ins stay where they are. */
export class ImportConnectionsCommand implements Command {
  readonly id = 'berth.importConnections';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(): Promise<void> {
    const title = vscode.l10n.t('Import Connections');
    const looking = new AbortController();
    const found = this.#find(looking.signal);
    const connected = new Set(this.#services.settings.connections().map(({ url }) => placeOf(url)));
    const isConnected = ({ address }: FoundRegistry) => connected.has(placeOf(address));
    const chosen = await askFoundRegistries(title, found, isConnected).finally(() => looking.abort());
    if (chosen.length > 0) await this.#import(chosen);
    else if ((await found).length === 0) await offerToConnect();
  }

  async #find(signal: AbortSignal): Promise<readonly FoundRegistry[]> {
    const { findRegistries } = await import('../../core/credentials/foundRegistries.ts');
    const { registries, failures } = await findRegistries(credentialEnvironment(), signal);
    for (const failure of failures) void showFailure(failure);
    return registries.filter(({ address }) => placeOf(address) !== undefined);
  }

  async #import(chosen: readonly FoundRegistry[]): Promise<void> {
    let ids: string[] = [];
    let activityId = '';
    const { detail } = await this.#services.activity.run(
      { title: vscode.l10n.t('Import connections'), icon: 'cloud-download' },
      async (handle) => {
        activityId = handle.id;
        let done = 0;
        const { ConnectionImport } = await import('./ConnectionImport.ts');
        const questions = { confirmHttp, confirmCertificate };
        const work = new ConnectionImport(this.#services.sessions, questions, handle.signal);
        const prepared = await work.prepare(chosen, (address) =>
          handle.report(address, ++done / chosen.length),
        );
        const imported = prepared.filter((each) => each !== undefined);
        const settings = imported.map(({ setting }) => setting);
        await this.#services.settings.add(settings);
        ids = settings.map(connectionId);
        const silent = imported.filter(({ hasAnswered }) => !hasAnswered).length;
        return {
          detail: describeImport(imported.length, silent, chosen.length - imported.length),
          ...(ids.length > 0 && { undo: () => this.#services.settings.removeAll(ids) }),
        };
      },
    );
    if (ids.length > 0) await vscode.commands.executeCommand('berth.registries.focus');
    const undo = vscode.l10n.t('Undo');
    const answer = await vscode.window.showInformationMessage(detail, ...(ids.length > 0 ? [undo] : []));
    if (answer === undo) await this.#services.activity.undo(activityId);
  }
}

function describeImport(imported: number, silent: number, declined: number): string {
  return [
    imported === 1
      ? vscode.l10n.t('1 connection was imported; it signs in with what Docker and Podman know.')
      : vscode.l10n.t(
          '{0} connections were imported; they sign in with what Docker and Podman know.',
          imported,
        ),
    ...(silent > 0
      ? [vscode.l10n.t('{0} of them could not be checked yet and say why when opened.', silent)]
      : []),
    ...(declined > 0 ? [vscode.l10n.t('{0} were left out, as you chose.', declined)] : []),
  ].join(' ');
}

/** One message a file, with the way to the line that is wrong. */
async function showFailure(failure: CoreError): Promise<void> {
  const { reason, subject, line } = failure.details;
  const isBroken = reason === 'configFileBroken' || reason === 'credentialFileBroken';
  // The other place is a variable.
  const isFile = isBroken && subject !== undefined && isAbsolute(subject);
  const open = vscode.l10n.t('Open File');
  const answer = await vscode.window.showWarningMessage(
    wordError(failure).message,
    ...(isFile ? [open] : []),
  );
  if (answer !== open || !isFile) return;
  const at = new vscode.Position((line ?? 1) - 1, 0);
  await vscode.window.showTextDocument(vscode.Uri.file(subject), { selection: new vscode.Range(at, at) });
}

async function offerToConnect(): Promise<void> {
  const connect = vscode.l10n.t('Connect a Registry');
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t('Docker and Podman on this machine know no registry yet: no sign-in, no registries.conf.'),
    connect,
  );
  if (answer === connect) await vscode.commands.executeCommand('berth.connectRegistry');
}
