import * as vscode from 'vscode';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { askKnownRegistry } from './askKnownRegistry.ts';
import type { ConnectionDraft } from './ConnectionDraft.ts';
import { ConnectionForm, type ConnectionQuestions } from './ConnectionForm.ts';
import { revealConnection, saveConnection } from './saveConnection.ts';

type Needs = Pick<
  Services,
  'settings' | 'secrets' | 'sessions' | 'logger' | 'registriesTree' | 'registriesView'
>;

/** Connects any registry: address, sign-in, test, save. */
export class ConnectRegistryCommand implements Command {
  readonly id: string = 'berth.connectRegistry';
  protected readonly services: Needs;

  constructor(services: Needs) {
    this.services = services;
  }

  async execute(): Promise<void> {
    const title = vscode.l10n.t('Connect a Registry');
    const address = await askKnownRegistry(title, this.services.settings.connections());
    await this.connect(title, { address, repositories: [] }, { withAddress: true });
  }

  protected async connect(
    title: string,
    draft: ConnectionDraft,
    questions: ConnectionQuestions,
  ): Promise<void> {
    const answers = await new ConnectionForm(this.services, title, draft).ask(questions);
    const connection = await saveConnection(answers, this.services.settings, this.services.secrets);
    this.services.sessions.reset(connection.id);
    await revealConnection(connection.id, this.services.registriesTree, this.services.registriesView);
  }
}
