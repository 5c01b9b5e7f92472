import * as vscode from 'vscode';
import { DEFAULT_TAG, tryParseReference } from '../../core/oci/reference.ts';
import type { LocalImageNode } from '../../explorer/LocalImagesTree.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { askLocalImage, imageName } from './askLocalImage.ts';
import type { ImagePusher } from './ImagePusher.ts';
import type { ReferenceForm } from './ReferenceForm.ts';

type Needs = Pick<Services, 'docker' | 'answers' | 'localImagesTree'>;

/** Gives a local image another name, fit for a registry. */
export class TagImageCommand implements Command {
  readonly id = 'berth.tagImage';
  readonly #services: Needs;
  readonly #form: ReferenceForm;
  readonly #pusher: ImagePusher;

  constructor(services: Needs, form: ReferenceForm, pusher: ImagePusher) {
    this.#services = services;
    this.#form = form;
    this.#pusher = pusher;
  }

  async execute(node?: LocalImageNode): Promise<void> {
    const image =
      node?.image ??
      (await askLocalImage(this.#services.docker, this.#services.answers, vscode.l10n.t('Tag Image')));
    const own = image.reference === undefined ? undefined : tryParseReference(image.reference);
    const reference = await this.#form.ask(vscode.l10n.t('Tag {0}', imageName(image)), {
      name: own?.repository.split('/').at(-1) ?? 'image',
      tag: own?.tag ?? DEFAULT_TAG,
    });
    await this.#services.docker.tag(image.reference ?? image.id, reference, new AbortController().signal);
    this.#services.localImagesTree.refresh();
    const push = vscode.l10n.t('Push…');
    const answer = await vscode.window.showInformationMessage(
      vscode.l10n.t('{0} is tagged {1}.', imageName(image), reference),
      push,
    );
    if (answer === push) await this.#pusher.push({ id: image.id, reference });
  }
}
