import * as vscode from 'vscode';
import type { Docker } from '../../core/docker/Docker.ts';
import type { LocalImageNode } from '../../explorer/LocalImagesTree.ts';
import type { LastAnswers } from '../../platform/LastAnswers.ts';
import type { Command } from '../Command.ts';
import { askLocalImage } from './askLocalImage.ts';
import { runInTerminal } from './runInTerminal.ts';

/** `docker run --rm -it` in a terminal. */
export class RunImageCommand implements Command {
  readonly id = 'berth.runImage';
  readonly #docker: Docker;
  readonly #answers: LastAnswers;

  constructor(docker: Docker, answers: LastAnswers) {
    this.#docker = docker;
    this.#answers = answers;
  }

  async execute(node?: LocalImageNode): Promise<void> {
    const title = vscode.l10n.t('Run Image in Terminal');
    runInTerminal(
      this.#docker.runner,
      node?.image ?? (await askLocalImage(this.#docker, this.#answers, title)),
    );
  }
}
