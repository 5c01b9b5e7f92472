import * as vscode from 'vscode';
import type { LocalImageNode } from '../../explorer/LocalImagesTree.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { askLocalImage } from './askLocalImage.ts';
import { runInTerminal } from './runInTerminal.ts';

type Needs = Pick<Services, 'docker' | 'answers'>;

/** `docker run --rm -it` in a terminal. */
export class RunImageCommand implements Command {
  readonly id = 'berth.runImage';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: LocalImageNode): Promise<void> {
    const title = vscode.l10n.t('Run Image in Terminal');
    runInTerminal(
      this.#services.docker.runner,
      node?.image ?? (await askLocalImage(this.#services.docker, this.#services.answers, title)),
    );
  }
}
