import * as vscode from 'vscode';
import { shortDigest } from '../../core/oci/digest.ts';
import { familiarReference, parseReference } from '../../core/oci/reference.ts';
import type { PlatformNode, RegistriesNode, TagNode } from '../../explorer/nodes.ts';
import { askPick, askText } from '../../platform/ask.ts';
import { wordError } from '../../platform/wordError.ts';
import { isCoreError } from '../../core/common/CoreError.ts';
import { formatPlatform } from '../../core/oci/platform.ts';
import { askTagNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { problemOf } from '../problemOf.ts';
import { fullReference } from '../tags/manifestTarget.ts';
import type { DockerSignIn } from './DockerSignIn.ts';
import { about, trackWork } from './trackWork.ts';

interface Pull {
  readonly reference: string;
  /** Undefined: the engine's own. */
  readonly platform?: string;
}

const QUESTION = 'pulledReference';

type Needs = Pick<
  Services,
  'docker' | 'sessions' | 'activity' | 'answers' | 'registriesTree' | 'localImagesTree'
>;

/** Pulls tags and platforms from the tree, or a reference that is typed. */
export class PullImageCommand implements Command {
  readonly id = 'berth.pullImage';
  readonly #services: Needs;
  readonly #signIn: DockerSignIn;

  constructor(services: Needs, signIn: DockerSignIn) {
    this.#services = services;
    this.#signIn = signIn;
  }

  /** @param node or, from another command, the reference of an image that need not be in the tree. */
  async execute(
    node?: TagNode | PlatformNode | { readonly reference: string },
    selected?: readonly RegistriesNode[],
  ): Promise<void> {
    if (node && 'reference' in node) return this.#pull({ reference: node.reference });
    const nodes = selected?.length ? selected.filter(isPullable) : node && isPullable(node) ? [node] : [];
    const pulls =
      nodes.length > 0 ? await Promise.all(nodes.map((each) => this.#pullOf(each))) : [await this.#ask()];
    if (pulls.length === 1) {
      await this.#pull(pulls[0]!);
      return;
    }
    await this.#pullAll(pulls);
  }

  async #pullOf(node: TagNode | PlatformNode): Promise<Pull> {
    const { endpoint } = await this.#services.sessions.open(node.connectionId);
    const reference = fullReference(endpoint, node.repository, node.tag);
    return node.kind === 'platform' && node.descriptor.platform
      ? { reference, platform: formatPlatform(node.descriptor.platform) }
      : { reference };
  }

  async #ask(): Promise<Pull> {
    const title = vscode.l10n.t('Pull Image');
    const registries = this.#services.registriesTree.registryNodes();
    if (registries.length === 0) return this.#askReference(title);
    const { connectionId } = await askPick<vscode.QuickPickItem & { connectionId: string | undefined }>({
      title,
      placeholder: vscode.l10n.t('Where from?'),
      items: [
        { label: vscode.l10n.t('Type a Reference…'), connectionId: undefined },
        ...registries.map((registry) => ({
          label: registry.connection.name,
          description: registry.connection.url,
          connectionId: registry.connectionId,
        })),
      ],
    });
    if (connectionId === undefined) return this.#askReference(title);
    return this.#pullOf(await askTagNode(this.#services.registriesTree, title, connectionId));
  }

  async #askReference(title: string): Promise<Pull> {
    const reference = await askText({
      title,
      prompt: vscode.l10n.t('Reference of the image'),
      placeholder: 'alpine:3.20, ghcr.io/owner/app:1.0',
      value: this.#services.answers.get(QUESTION) ?? '',
      validate: (text) => (text === '' ? undefined : problemOf(() => parseReference(text.trim()))),
      accept: (text) => familiarReference(parseReference(text.trim())),
      describe: (error) => wordError(error).message,
    });
    await this.#services.answers.remember(QUESTION, reference);
    return { reference };
  }

  async #pull(pull: Pull): Promise<void> {
    const { reference, platform } = pull;
    await this.#signIn.retrying(parseReference(reference).host, () => this.#run(pull));
    const copy = platform === undefined ? reference : `${reference} (${platform})`;
    void vscode.window.showInformationMessage(vscode.l10n.t('Pulled {0}', copy));
  }

  /** One after the other; what fails does not stop the rest. */
  async #pullAll(pulls: readonly Pull[]): Promise<void> {
    const failures: string[] = [];
    for (const pull of pulls) {
      try {
        await this.#signIn.retrying(parseReference(pull.reference).host, () => this.#run(pull));
      } catch (error) {
        if (error instanceof vscode.CancellationError || isCoreError(error, 'cancelled')) throw error;
        const entry = this.#services.activity.entryOf(error);
        if (entry) this.#services.activity.describeFailure(entry.id, wordError(error).message);
        failures.push(`${pull.reference}: ${wordError(error).message}`);
      }
    }
    const done = pulls.length - failures.length;
    const summary = vscode.l10n.t('Pulled {0} of {1} images.', done, pulls.length);
    if (failures.length === 0) void vscode.window.showInformationMessage(summary);
    else void vscode.window.showErrorMessage([summary, ...failures].join(' '));
  }

  async #run({ reference, platform }: Pull): Promise<void> {
    const title =
      platform === undefined
        ? vscode.l10n.t('Pulling {0}', reference)
        : vscode.l10n.t('Pulling {0} for {1}', reference, platform);
    await this.#services.activity.run({ title, icon: 'cloud-download' }, async (handle) => {
      const { digest } = await about(reference, () =>
        this.#services.docker.pull(reference, platform, trackWork(handle)),
      );
      return digest === undefined ? {} : { digest, detail: shortDigest(digest) };
    });
    this.#services.localImagesTree.refresh();
  }
}

function isPullable(node: RegistriesNode): node is TagNode | PlatformNode {
  return node.kind === 'tag' || node.kind === 'platform';
}
