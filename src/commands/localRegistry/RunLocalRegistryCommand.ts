import * as vscode from 'vscode';
import { isCoreError } from '../../core/common/CoreError.ts';
import { parseReference, tryParseReference } from '../../core/oci/reference.ts';
import type { LocalRegistryOptions, StartedRegistry } from '../../core/operations/LocalRegistry.ts';
import { askInOrder, askText } from '../../platform/ask.ts';
import { connectionId } from '../../platform/Connection.ts';
import { wordError } from '../../platform/wordError.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { revealConnection } from '../connections/saveConnection.ts';
import { trackWork, withDetails } from '../images/trackWork.ts';
import { problemOf } from '../problemOf.ts';

const FIELDS = ['name', 'port', 'image', 'volume'] as const;

/** Says little in a tree of registries. */
const DEFAULT_NAME = 'registry';

type Field = (typeof FIELDS)[number];

/** What is wrong with an answer, found out by running with it. */
interface Problem {
  readonly field: Field;
  readonly message: string;
}

type Needs = Pick<
  Services,
  'localRegistry' | 'settings' | 'sessions' | 'activity' | 'registriesTree' | 'registriesView'
>;

/** What `docker run -d -p 5000:5000 --name registry registry:2` does, and the connection to it. */
export class RunLocalRegistryCommand implements Command {
  readonly id = 'berth.runLocalRegistry';
  readonly #services: Needs;
  #unfinished: LocalRegistryOptions | undefined;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(): Promise<void> {
    // What was typed stays until a registry runs: the questions come again with the answers in them.
    let options = this.#unfinished ?? suggestedOptions();
    let problem: Problem | undefined;
    for (;;) {
      options = this.#unfinished = await this.#ask(options, problem);
      try {
        await this.#run(options);
        this.#unfinished = undefined;
        return;
      } catch (error) {
        problem = readProblem(error, options);
        if (!problem) throw error;
        const entry = this.#services.activity.entryOf(error);
        if (entry) this.#services.activity.describeFailure(entry.id, problem.message);
      }
    }
  }

  /** @param problem asks from its field on, and says it there. */
  async #ask(start: LocalRegistryOptions, problem?: Problem): Promise<LocalRegistryOptions> {
    let { name, port, image, volume } = start;
    const question = (field: Field) => {
      const step = FIELDS.indexOf(field) + 1;
      const said = problem?.field === field ? problem.message : undefined;
      return {
        title: vscode.l10n.t('Run a Local Registry'),
        step,
        totalSteps: FIELDS.length,
        canGoBack: step > 1,
        problem: said,
      };
    };
    const questions: Record<Field, () => Promise<void>> = {
      name: async () => {
        name = await askText({
          ...question('name'),
          prompt: vscode.l10n.t('Name of the container'),
          value: name,
          validate: (text) => nameProblem(text),
          accept: (text) => text.trim(),
        });
      },
      port: async () => {
        port = await askText({
          ...question('port'),
          prompt: vscode.l10n.t('Port on this machine'),
          value: String(port),
          validate: (text) =>
            /^\s*\d+\s*$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
              ? undefined
              : vscode.l10n.t('A port is a number from 1 to 65535.'),
          accept: Number,
        });
      },
      image: async () => {
        image = await askText({
          ...question('image'),
          prompt: vscode.l10n.t('Image of the registry'),
          value: image,
          validate: (text) => problemOf(() => parseReference(text.trim())),
          accept: (text) => text.trim(),
        });
      },
      volume: async () => {
        volume = await askText({
          ...question('volume'),
          prompt: vscode.l10n.t(
            'Volume that keeps its images; empty to keep them only as long as the container',
          ),
          value: volume ?? '',
          validate: (text) => (text.trim() === '' ? undefined : nameProblem(text)),
          accept: (text) => text.trim(),
        });
      },
    };
    await askInOrder(
      FIELDS.map((field) => questions[field]),
      problem && FIELDS.indexOf(problem.field),
    );
    return { name, port, image, deleteEnabled: true, ...(volume && { volume }) };
  }

  async #run(options: LocalRegistryOptions): Promise<void> {
    let started: StartedRegistry | undefined;
    await this.#services.activity.run(
      { title: vscode.l10n.t('Starting local registry "{0}"', options.name), icon: 'server-environment' },
      async (handle) => {
        started = await this.#services.localRegistry.start(options, trackWork(handle));
        return { detail: started.host };
      },
    );
    if (!started) return;
    const id = await this.#connect(started);
    this.#services.sessions.reset(id);
    await revealConnection(id, this.#services.registriesTree, this.#services.registriesView);
    const words =
      started.outcome === 'created'
        ? vscode.l10n.t('The registry runs at {0}. Push an image, or drag one onto it.', started.host)
        : started.outcome === 'restarted'
          ? vscode.l10n.t('The stopped registry was started again at {0}.', started.host)
          : vscode.l10n.t('The registry was already running at {0}.', started.host);
    void vscode.window.showInformationMessage(words);
  }

  /** A connection that is there already keeps its name and what is pinned. Resolves to the id. */
  async #connect({ name, host }: StartedRegistry): Promise<string> {
    const url = `http://${host}`;
    const id = connectionId({ url });
    if (this.#services.settings.get(id)) await this.#services.settings.update(id, { localContainer: name });
    else {
      await this.#services.settings.save({
        name: name === DEFAULT_NAME ? vscode.l10n.t('Local registry') : name,
        url,
        auth: 'anonymous',
        localContainer: name,
      });
    }
    return id;
  }
}

function suggestedOptions(): LocalRegistryOptions {
  const suggested = vscode.workspace.getConfiguration('berth.localRegistry');
  return {
    name: suggested.get('name', DEFAULT_NAME),
    port: suggested.get('port', 5000),
    image: suggested.get('image', 'registry:2'),
    volume: suggested.get('volume', 'berth-registry'),
    deleteEnabled: true,
  };
}

/** The rule of Docker for names of containers and volumes. */
function nameProblem(text: string): string | undefined {
  return /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(text.trim())
    ? undefined
    : vscode.l10n.t(
        'A name has two or more letters, digits, "_", "." and "-", and begins with a letter or digit.',
      );
}

/** Undefined where no other answer would help. */
function readProblem(error: unknown, { image }: LocalRegistryOptions): Problem | undefined {
  if (!isCoreError(error)) return undefined;
  const { operation, reason } = error.details;
  if (operation === 'docker pull' && error.kind !== 'cancelled') {
    const host = tryParseReference(image)?.host;
    const { message } = wordError(
      withDetails(error, { subject: image, ...(host !== undefined && { host }) }),
    );
    return { field: 'image', message };
  }
  if (reason === 'portTaken') return { field: 'port', message: wordError(error).message };
  if (reason === 'containerNameTaken') return { field: 'name', message: wordError(error).message };
  return undefined;
}
