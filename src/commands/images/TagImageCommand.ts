import * as vscode from 'vscode';
import type { Docker } from '../../core/docker/Docker.ts';
import { DEFAULT_TAG, tryParseReference } from '../../core/oci/reference.ts';
import type { LocalImageNode, LocalImagesTree } from '../../explorer/LocalImagesTree.ts';
import type { LastAnswers } from '../../platform/LastAnswers.ts';
import type { Command } from '../Command.ts';
import { askLocalImage, imageName } from './askLocalImage.ts';
import type { ImagePusher } from './ImagePusher.ts';
import type { ReferenceForm } from './ReferenceForm.ts';

/** Gives a local image another name, fit for a registry. */
export class TagImageCommand implements Command {
  readonly id = 'berth.tagImage';
  readonly #docker: Docker;
  readonly #answers: LastAnswers;
  readonly #form: ReferenceForm;
  readonly #pusher: ImagePusher;
  readonly #localImages: LocalImagesTree;

  constructor(
    docker: Docker,
    answers: LastAnswers,
    form: ReferenceForm,
    pusher: ImagePusher,
    localImages: LocalImagesTree,
  ) {
    this.#docker = docker;
    this.#answers = answers;
    this.#form = form;
    this.#pusher = pusher;
    this.#localImages = localImages;
  }

  async execute(node?: LocalImageNode): Promise<void> {
    const image =
      node?.image ?? (await askLocalImage(this.#docker, this.#answers, vscode.l10n.t('Tag Image')));
    const own = image.reference === undefined ? undefined : tryParseReference(image.reference);
    const reference = await this.#form.ask(vscode.l10n.t('Tag {0}', imageName(image)), {
      name: own?.repository.split('/').at(-1) ?? 'image',
      tag: own?.tag ?? DEFAULT_TAG,
    });
    await this.#docker.tag(image.reference ?? image.id, reference, new AbortController().signal);
    this.#localImages.refresh();
    const push = vscode.l10n.t('Push…');
    const answer = await vscode.window.showInformationMessage(
      vscode.l10n.t('{0} is tagged {1}.', imageName(image), reference),
      push,
    );
    if (answer === push) await this.#pusher.push({ id: image.id, reference });
  }
}
