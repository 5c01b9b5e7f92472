import * as vscode from 'vscode';
import { confirm } from '../../platform/ask.ts';
import { formatAge, formatSize } from '../../platform/format.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { imageName } from './askLocalImage.ts';
import { listNames } from './listNames.ts';

type Needs = Pick<Services, 'docker' | 'activity' | 'localImagesTree'>;

/** Removes the images no name leads to, once the person has seen which. */
export class PruneImagesCommand implements Command {
  readonly id = 'berth.pruneImages';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(): Promise<void> {
    const images = await this.#services.docker.images(new AbortController().signal);
    const dangling = images.filter((image) => image.dangling);
    if (dangling.length === 0) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t('There are no dangling images: every image has a name.'),
      );
      return;
    }
    const sizeInBytes = dangling.reduce((sum, image) => sum + (image.sizeInBytes ?? 0), 0);
    const lines = dangling.map((image) =>
      [imageName(image), image.createdAt && formatAge(image.createdAt), formatSize(image.sizeInBytes ?? 0)]
        .filter(Boolean)
        .join(' · '),
    );
    const agreed = await confirm(
      dangling.length === 1
        ? vscode.l10n.t('Remove 1 dangling image?')
        : vscode.l10n.t('Remove {0} dangling images?', dangling.length),
      vscode.l10n.t(
        '{0}\n\nTogether at most {1}; layers that other images share stay.',
        listNames(lines),
        formatSize(sizeInBytes),
      ),
      vscode.l10n.t('Remove'),
    );
    if (!agreed) return;
    const title = vscode.l10n.t('Pruning dangling images');
    try {
      const { detail } = await this.#services.activity.run(
        { title, icon: 'trash' },
        async ({ signal, append }) => {
          const { deleted, untagged, reclaimedBytes } = await this.#services.docker.prune(signal);
          append([...untagged, ...deleted].map((line) => `${line}\n`).join(''));
          return { detail: vscode.l10n.t('{0} reclaimed', formatSize(reclaimedBytes)) };
        },
      );
      void vscode.window.showInformationMessage(vscode.l10n.t('Dangling images removed: {0}.', detail));
    } finally {
      this.#services.localImagesTree.refresh();
    }
  }
}
