import * as vscode from 'vscode';
import { CoreError } from '../../core/common/CoreError.ts';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { parseDockerfileBases, type DockerfileBase } from '../../core/docker/dockerfileBases.ts';
import { DEFAULT_TAG, parseReference } from '../../core/oci/reference.ts';
import type { CompareTarget } from '../../panels/compare/comparePanelProtocol.ts';
import { askPick } from '../../platform/ask.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { askDockerfile } from '../images/askDockerfile.ts';
import {
  askCompareTarget,
  compareTargetOf,
  registryTarget,
  type CompareNode,
  type CompareQuestions,
} from './compareTarget.ts';

const STAGE_ANSWER = 'compareStage';

type Needs = CompareQuestions & Pick<Services, 'sessions' | 'comparePanels'>;

/** Compares the image that a Dockerfile of the workspace begins with to another one. */
export class CompareWithBaseImageCommand implements Command {
  readonly id = 'berth.compareWithBaseImage';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: CompareNode): Promise<void> {
    const title = vscode.l10n.t('Compare with Base Image in Dockerfile');
    const base = await this.#askBase(title);
    const before = this.#find(base);
    const after = node
      ? compareTargetOf(this.#services.settings, node)
      : await askCompareTarget(this.#services, vscode.l10n.t('Compare {0} with', before.title));
    await this.#services.comparePanels.open(before, after, base.platform);
  }

  async #askBase(title: string): Promise<DockerfileBase> {
    const { answers } = this.#services;
    const file = await askDockerfile(answers, title, vscode.l10n.t('Choose'));
    const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
    const bases = parseDockerfileBases(text);
    if (bases.length === 0) {
      throw new CoreError('invalidInput', 'the Dockerfile names no base image', {
        subject: vscode.workspace.asRelativePath(file),
        reason: 'noBaseImage',
      });
    }
    return this.#chooseStage(title, bases);
  }

  async #chooseStage(title: string, bases: readonly DockerfileBase[]): Promise<DockerfileBase> {
    if (bases.length === 1) return bases[0]!;
    const { answers } = this.#services;
    const last = answers.get(STAGE_ANSWER);
    const { base, label } = await askPick({
      title,
      placeholder: vscode.l10n.t('Choose a stage'),
      items: bases.map((base) => ({
        label: toDisplayLine(base.reference),
        ...(base.stage !== undefined && { description: toDisplayLine(base.stage) }),
        base,
      })),
      active: (item) => item.label === last,
    });
    await answers.remember(STAGE_ANSWER, label);
    return base;
  }

  /** Where a connection reaches it. */
  #find({ reference: text }: DockerfileBase): CompareTarget {
    const { host, repository, tag, digest } = parseReference(text);
    const place = this.#services.sessions.find(host, repository)[0];
    if (!place) {
      throw new CoreError('notFound', 'no connection reaches the base image', {
        subject: text,
        host,
        reason: 'baseNotConnected',
      });
    }
    const title = `${repository.slice(repository.lastIndexOf('/') + 1)}:${tag ?? DEFAULT_TAG}`;
    return registryTarget(this.#services.settings, {
      ...place,
      reference: digest ?? tag ?? DEFAULT_TAG,
      title,
    });
  }
}
