import * as vscode from 'vscode';
import type { Logger } from '../../core/common/Logger.ts';
import type { RegistriesTree } from '../../explorer/RegistriesTree.ts';
import type { RegistriesNode } from '../../explorer/nodes.ts';
import type { ConnectionSettings } from '../../platform/ConnectionSettings.ts';
import type { RegistrySessions } from '../../platform/RegistrySessions.ts';
import type { SecretCredentials } from '../../platform/SecretCredentials.ts';
import type { Command } from '../Command.ts';
import { askKnownRegistry } from './askKnownRegistry.ts';
import { ConnectionForm, type ConnectionDraft, type ConnectionQuestions } from './ConnectionForm.ts';
import { revealConnection, saveConnection } from './saveConnection.ts';

/** Connects any registry: address, sign-in, test, save. */
export class ConnectRegistryCommand implements Command {
  readonly id: string = 'berth.connectRegistry';
  readonly #settings: ConnectionSettings;
  readonly #secrets: SecretCredentials;
  readonly #sessions: RegistrySessions;
  protected readonly logger: Logger;
  readonly #tree: RegistriesTree;
  readonly #view: vscode.TreeView<RegistriesNode>;

  constructor(
    settings: ConnectionSettings,
    secrets: SecretCredentials,
    sessions: RegistrySessions,
    logger: Logger,
    tree: RegistriesTree,
    view: vscode.TreeView<RegistriesNode>,
  ) {
    this.#settings = settings;
    this.#secrets = secrets;
    this.#sessions = sessions;
    this.logger = logger;
    this.#tree = tree;
    this.#view = view;
  }

  async execute(): Promise<void> {
    const title = vscode.l10n.t('Connect a Registry');
    const address = await askKnownRegistry(title, this.#settings.connections());
    await this.connect(title, { address, repositories: [] }, { withAddress: true });
  }

  protected async connect(
    title: string,
    draft: ConnectionDraft,
    questions: ConnectionQuestions,
  ): Promise<void> {
    const answers = await new ConnectionForm(this.#sessions, this.logger, title, draft).ask(questions);
    const connection = await saveConnection(answers, this.#settings, this.#secrets);
    this.#sessions.reset(connection.id);
    await revealConnection(connection.id, this.#tree, this.#view);
  }
}
