/** Carries out a reviewed clean-up of local images: exact counts, progress, and why some stayed. */
import * as vscode from 'vscode';
import { toDisplayLine } from '../../core/common/displayText.ts';
import type { LocalRemoval } from '../../core/operations/cleanup/localCleanUp.ts';
import type { LocalImagesReview } from '../../core/operations/cleanup/storedReview.ts';
import { confirm, dismissed } from '../../platform/ask.ts';
import { formatCount, formatSize } from '../../platform/format.ts';
import { wordError } from '../../platform/wordError.ts';
import { listNames } from '../images/listNames.ts';
import type { Services } from '../Services.ts';

type Needs = Pick<Services, 'docker' | 'activity' | 'localImagesTree'>;

export class LocalCleanUp {
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  /** @returns whether everything went as the document says. */
  async run({ entries }: LocalImagesReview, goes: ReadonlySet<string>): Promise<boolean> {
    const going = entries.filter(({ name }) => goes.has(name));
    const used = going.filter(({ isUsed }) => isUsed);
    const sizes = new Map(going.map(({ id, sizeInBytes }) => [id, sizeInBytes ?? 0]));
    const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    const agreed = await confirm(
      going.length === 1
        ? vscode.l10n.t('Remove 1 local image?')
        : vscode.l10n.t('Remove {0} local images?', formatCount(going.length)),
      [
        used.length > 0
          ? vscode.l10n.t('Used by containers; they will stay:\n{0}', listNames(used.map(({ name }) => name)))
          : undefined,
        vscode.l10n.t('Together at most {0}; layers that other images share stay.', formatSize(total)),
        vscode.l10n.t('This cannot be undone. Nothing is deleted in any registry.'),
      ]
        .filter(Boolean)
        .join('\n\n'),
      vscode.l10n.t('Remove'),
    );
    if (!agreed) throw dismissed();
    const removals = await this.#remove(going.map(({ name }) => name));
    const left = removals.filter(({ error }) => error !== undefined);
    void this.#tell(removals.length - left.length, left);
    return left.length === 0;
  }

  async #remove(names: readonly string[]): Promise<readonly LocalRemoval[]> {
    const { removeLocalImages } = await import('../../core/operations/cleanup/localCleanUp.ts');
    const title = vscode.l10n.t('Clean up local images');
    let removals: readonly LocalRemoval[] = [];
    try {
      await this.#services.activity.run({ title, icon: 'trash' }, async ({ signal, report, append }) => {
        removals = await removeLocalImages(this.#services.docker, names, {
          signal,
          onProgress: (name, done) => report(toDisplayLine(name, 60), done / names.length),
          onOutput: append,
        });
        const left = removals.filter(({ error }) => error !== undefined);
        for (const { name, error } of left) append(`${toDisplayLine(name)}: ${wordError(error).message}\n`);
        return {
          detail: vscode.l10n.t(
            '{0} of {1} removed',
            formatCount(names.length - left.length),
            formatCount(names.length),
          ),
        };
      });
    } finally {
      this.#services.localImagesTree.refresh();
    }
    return removals;
  }

  async #tell(removed: number, left: readonly LocalRemoval[]): Promise<void> {
    const [first] = left;
    if (!first) {
      await vscode.window.showInformationMessage(
        removed === 1
          ? vscode.l10n.t('1 local image removed.')
          : vscode.l10n.t('{0} local images removed.', formatCount(removed)),
      );
      return;
    }
    await vscode.window.showWarningMessage(
      vscode.l10n.t(
        '{0} local images removed, {1} not. {2}: {3}',
        formatCount(removed),
        formatCount(left.length),
        toDisplayLine(first.name),
        wordError(first.error).message,
      ),
    );
  }
}
