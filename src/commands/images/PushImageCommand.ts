import * as vscode from 'vscode';
import type { LocalImageNode } from '../../explorer/LocalImagesTree.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { askLocalImage } from './askLocalImage.ts';
import type { ImagePusher, PushTarget } from './ImagePusher.ts';

type Needs = Pick<Services, 'docker' | 'answers'>;

/** Pushes a local image: under its own name, or to the registry, namespace or repository that was pointed at. */
export class PushImageCommand implements Command {
  readonly id = 'berth.pushImage';
  readonly #services: Needs;
  readonly #pusher: ImagePusher;

  constructor(services: Needs, pusher: ImagePusher) {
    this.#services = services;
    this.#pusher = pusher;
  }

  /** `target`: where an image was dropped. */
  async execute(
    node?: LocalImageNode | PushTarget,
    selected?: readonly (LocalImageNode | PushTarget)[],
    target?: PushTarget,
  ): Promise<void> {
    if (node?.kind !== 'localImage') {
      const image = await askLocalImage(
        this.#services.docker,
        this.#services.answers,
        vscode.l10n.t('Push Image'),
      );
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
