import * as vscode from 'vscode';
import { isCoreError } from '../../core/common/CoreError.ts';
import type { LocalImage } from '../../core/docker/LocalImage.ts';
import type { LocalNode } from '../../explorer/LocalImagesTree.ts';
import type { ActivityHandle } from '../../platform/Activity.ts';
import { confirm } from '../../platform/ask.ts';
import { formatCount } from '../../platform/format.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { askLocalImage, imageName } from './askLocalImage.ts';
import { listNames } from './listNames.ts';
import { about } from './trackWork.ts';

type Needs = Pick<Services, 'docker' | 'activity' | 'answers' | 'localImagesTree' | 'localImagesView'>;

/** Removes images from the Docker engine; of an image with several names only the chosen ones go. */
export class RemoveImageCommand implements Command {
  readonly id = 'berth.removeImage';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: LocalNode, selected?: readonly LocalNode[]): Promise<void> {
    // The keyboard passes no node.
    const nodes = selected?.length ? selected : node ? [node] : this.#services.localImagesView.selection;
    const images =
      nodes.length > 0
        ? nodes.flatMap((each) => (each.kind === 'localImage' ? [each.image] : each.images))
        : [await askLocalImage(this.#services.docker, this.#services.answers, vscode.l10n.t('Remove Image'))];
    if (images.length === 0 || !(await confirmRemoval(images))) return;
    const blocked = await this.#remove(images, false);
    if (blocked.length === 0) return;
    const agreed = await confirm(
      blocked.length === 1
        ? vscode.l10n.t('{0} is in use or has other names. Remove it all the same?', imageName(blocked[0]!))
        : vscode.l10n.t(
            '{0} images are in use or have other names. Remove them all the same?',
            blocked.length,
          ),
      vscode.l10n.t(
        '{0}\n\nStopped containers made of them stay, but new ones cannot be made. An image of a running container is never removed.',
        listNames(blocked.map(imageName)),
      ),
      vscode.l10n.t('Force Removal'),
    );
    if (agreed) await this.#remove(blocked, true);
  }

  /** Those that only force would remove. */
  async #remove(images: readonly LocalImage[], force: boolean): Promise<readonly LocalImage[]> {
    const title =
      images.length === 1
        ? vscode.l10n.t('Removing {0}', imageName(images[0]!))
        : vscode.l10n.t('Removing {0} images', formatCount(images.length));
    try {
      const { blocked } = await this.#services.activity.run({ title, icon: 'trash' }, async (handle) => {
        const left = await this.#removeEach(images, force, handle);
        return { detail: vscode.l10n.t('{0} removed', images.length - left.length), blocked: left };
      });
      return blocked;
    } finally {
      this.#services.localImagesTree.refresh();
    }
  }

  async #removeEach(
    images: readonly LocalImage[],
    force: boolean,
    { signal, report, append }: ActivityHandle,
  ): Promise<readonly LocalImage[]> {
    const blocked: LocalImage[] = [];
    for (const [index, image] of images.entries()) {
      const name = image.reference ?? image.id;
      report(imageName(image), index / images.length);
      try {
        const { untagged, deleted } = await about(name, () =>
          this.#services.docker.remove([name], { force }, signal),
        );
        append([...untagged, ...deleted].map((line) => `${line}\n`).join(''));
      } catch (error) {
        if (force || !isCoreError(error, 'conflict') || error.details.reason === 'imageHasChildren') {
          throw error;
        }
        append(`${error.details.output ?? error.message}\n`);
        blocked.push(image);
      }
    }
    return blocked;
  }
}

function confirmRemoval(images: readonly LocalImage[]): Promise<boolean> {
  const keepsOthers = images.some(({ references }) => references.length > 1);
  return confirm(
    images.length === 1
      ? vscode.l10n.t('Remove the local image {0}?', imageName(images[0]!))
      : vscode.l10n.t('Remove {0} local images?', images.length),
    [
      images.length > 1 ? listNames(images.map(imageName)) : undefined,
      keepsOthers ? vscode.l10n.t('Only these names go where an image has others.') : undefined,
      vscode.l10n.t('Nothing is deleted in any registry.'),
    ]
      .filter(Boolean)
      .join('\n\n'),
    vscode.l10n.t('Remove'),
  );
}
