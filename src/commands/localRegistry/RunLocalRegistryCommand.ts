import * as vscode from 'vscode';
import { isCoreError } from '../../core/common/CoreError.ts';
import type {
  LocalRegistry,
  LocalRegistryOptions,
  StartedRegistry,
} from '../../core/operations/LocalRegistry.ts';
import type { RegistriesNode } from '../../explorer/nodes.ts';
import type { RegistriesTree } from '../../explorer/RegistriesTree.ts';
import type { Activity } from '../../platform/Activity.ts';
import { askInOrder, askText } from '../../platform/ask.ts';
import type { ConnectionSettings } from '../../platform/ConnectionSettings.ts';
import type { RegistrySessions } from '../../platform/RegistrySessions.ts';
import { wordError } from '../../platform/wordError.ts';
import type { Command } from '../Command.ts';
import { revealConnection } from '../connections/saveConnection.ts';
import { describeWork } from '../images/describeWork.ts';

/** What `docker run -d -p 5000:5000 --name registry registry:2` does, and the connection to it. */
export class RunLocalRegistryCommand implements Command {
  readonly id = 'berth.runLocalRegistry';
  readonly #localRegistry: LocalRegistry;
  readonly #settings: ConnectionSettings;
  readonly #sessions: RegistrySessions;
  readonly #activity: Activity;
  readonly #tree: RegistriesTree;
  readonly #view: vscode.TreeView<RegistriesNode>;

  constructor(
    localRegistry: LocalRegistry,
    settings: ConnectionSettings,
    sessions: RegistrySessions,
    activity: Activity,
    tree: RegistriesTree,
    view: vscode.TreeView<RegistriesNode>,
  ) {
    this.#localRegistry = localRegistry;
    this.#settings = settings;
    this.#sessions = sessions;
    this.#activity = activity;
    this.#tree = tree;
    this.#view = view;
  }

  async execute(): Promise<void> {
    const suggested = vscode.workspace.getConfiguration('berth.localRegistry');
    let options: LocalRegistryOptions = {
      name: suggested.get('name', 'registry'),
      port: suggested.get('port', 5000),
      image: suggested.get('image', 'registry:2'),
      volume: suggested.get('volume', 'berth-registry'),
      deleteEnabled: true,
    };
    for (;;) {
      options = await this.#ask(options);
      try {
        await this.#run(options);
        return;
      } catch (error) {
        // What was typed stays: the questions come again with the answers in them.
        if (!isCoreError(error, 'conflict')) throw error;
        const again = vscode.l10n.t('Change…');
        const { message } = wordError(error);
        if ((await vscode.window.showErrorMessage(message, again)) !== again) return;
      }
    }
  }

  async #ask(start: LocalRegistryOptions): Promise<LocalRegistryOptions> {
    let { name, port, image, volume } = start;
    const title = vscode.l10n.t('Run a Local Registry');
    const question = { title, totalSteps: 4 };
    await askInOrder([
      async () => {
        name = await askText({
          ...question,
          step: 1,
          prompt: vscode.l10n.t('Name of the container'),
          value: name,
          validate: (text) =>
            /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(text.trim())
              ? undefined
              : vscode.l10n.t(
                  'A container name has letters, digits, "_", "." and "-", a letter or digit first.',
                ),
          accept: (text) => text.trim(),
        });
      },
      async () => {
        port = await askText({
          ...question,
          step: 2,
          canGoBack: true,
          prompt: vscode.l10n.t('Port on this machine'),
          value: String(port),
          validate: (text) => {
            const number = Number(text);
            return Number.isInteger(number) && number >= 1 && number <= 65535
              ? undefined
              : vscode.l10n.t('A port is a number from 1 to 65535.');
          },
          accept: Number,
        });
      },
      async () => {
        image = await askText({
          ...question,
          step: 3,
          canGoBack: true,
          prompt: vscode.l10n.t('Image of the registry'),
          value: image,
          validate: (text) => (text.trim() === '' ? vscode.l10n.t('Type an image.') : undefined),
          accept: (text) => text.trim(),
        });
      },
      async () => {
        volume = await askText({
          ...question,
          step: 4,
          canGoBack: true,
          prompt: vscode.l10n.t(
            'Volume that keeps its images; empty to keep them only as long as the container',
          ),
          value: volume ?? '',
          accept: (text) => text.trim(),
        });
      },
    ]);
    return { name, port, image, deleteEnabled: true, ...(volume && { volume }) };
  }

  async #run(options: LocalRegistryOptions): Promise<void> {
    let started: StartedRegistry | undefined;
    await this.#activity.run(
      { title: vscode.l10n.t('Running local registry "{0}"', options.name), icon: 'server-environment' },
      async ({ signal, report, append }) => {
        report(vscode.l10n.t('starting'));
        started = await this.#localRegistry.start(options, {
          signal,
          onOutput: append,
          onProgress: (state) => {
            const { message, share } = describeWork(state);
            report(message, share);
          },
        });
        return { detail: started.host };
      },
    );
    if (!started) return;
    const connection = await this.#settings.save({
      name: vscode.l10n.t('Local registry ({0})', options.name),
      url: `http://${started.host}`,
      auth: 'anonymous',
      localContainer: options.name,
    });
    this.#sessions.reset(connection.id);
    await revealConnection(connection.id, this.#tree, this.#view);
    const words =
      started.outcome === 'created'
        ? vscode.l10n.t('The registry runs at {0}. Tag an image {0}/name and push it.', started.host)
        : started.outcome === 'restarted'
          ? vscode.l10n.t('The stopped registry was started again at {0}.', started.host)
          : vscode.l10n.t('The registry was already running at {0}.', started.host);
    void vscode.window.showInformationMessage(words);
  }
}
