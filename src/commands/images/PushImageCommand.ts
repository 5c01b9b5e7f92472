import * as vscode from 'vscode';
import type { Docker } from '../../core/docker/Docker.ts';
import type { LocalImageNode } from '../../explorer/LocalImagesTree.ts';
import type { LastAnswers } from '../../platform/LastAnswers.ts';
import type { Command } from '../Command.ts';
import { askLocalImage } from './askLocalImage.ts';
import type { ImagePusher, PushTarget } from './ImagePusher.ts';

/** Pushes a local image: under its own name, or to the registry, namespace or repository that was pointed at. */
export class PushImageCommand implements Command {
  readonly id = 'berth.pushImage';
  readonly #docker: Docker;
  readonly #answers: LastAnswers;
  readonly #pusher: ImagePusher;

  constructor(docker: Docker, answers: LastAnswers, pusher: ImagePusher) {
    this.#docker = docker;
    this.#answers = answers;
    this.#pusher = pusher;
  }

  /** `target`: where an image was dropped. */
  async execute(
    node?: LocalImageNode | PushTarget,
    selected?: readonly (LocalImageNode | PushTarget)[],
    target?: PushTarget,
  ): Promise<void> {
    if (node?.kind !== 'localImage') {
      const image = await askLocalImage(this.#docker, this.#answers, vscode.l10n.t('Push Image'));
      await (node ? this.#pusher.pushTo(image, node) : this.#pusher.push(image));
      return;
    }
    const all = selected?.includes(node) ? selected : [node];
    for (const each of all) {
      if (each.kind !== 'localImage') continue;
      await (target ? this.#pusher.pushTo(each.image, target) : this.#pusher.push(each.image));
    }
  }
}
