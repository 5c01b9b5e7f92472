import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { CoreError } from '../../core/common/CoreError.ts';
import { toDisplayLine } from '../../core/common/displayText.ts';
import type { ImageFiles } from '../../core/image/files/ImageFiles.ts';
import type { TreePlan } from '../../core/image/files/planTree.ts';
import type { BrowsedImageNode, ImageFileNode } from '../../explorer/ImageFilesTree.ts';
import { confirm, dismissed } from '../../platform/ask.ts';
import { formatCount, formatSize } from '../../platform/format.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { withProgress } from '../withProgress.ts';
import { askImageFile } from './askImageFile.ts';
import { rememberFolder, startFolder } from './saveFolders.ts';

/** A folder with more is asked about. */
const ASK_ABOVE_BYTES = 100 * 1000 * 1000;

type Needs = Pick<Services, 'images' | 'imageFilesTree' | 'activity' | 'answers'>;

/** Writes a folder of an image, or all of it, into a new folder on the disk. */
export class SaveFolderCommand implements Command {
  readonly id = 'berth.saveFolder';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: ImageFileNode | BrowsedImageNode): Promise<void> {
    const title = vscode.l10n.t('Save Folder');
    const {
      files,
      entry,
      title: name,
    } = await askImageFile(this.#services.images, this.#services.imageFilesTree, title, node);
    if (entry.type !== 'directory') {
      throw new CoreError('invalidInput', `${entry.path} is no folder`, {
        operation: 'save files',
        subject: entry.path,
        reason: 'noFolder',
      });
    }
    const { legalName, nameRulesOf, planTree } = await import('../../core/image/files/planTree.ts');
    const rules = nameRulesOf(process.platform);
    const plan = await withProgress(
      vscode.l10n.t('Counting the files of {0}…', toDisplayLine(name)),
      (signal) => planTree(files.walk(entry.path), entry.path, rules, signal),
    );
    if (plan.sizeInBytes > ASK_ABOVE_BYTES && !(await confirmSize(name, plan))) throw dismissed();
    const [folder] =
      (await vscode.window.showOpenDialog({
        title,
        openLabel: vscode.l10n.t('Save Here'),
        defaultUri: startFolder(this.#services.answers),
        canSelectFiles: false,
        canSelectFolders: true,
      })) ?? [];
    if (!folder) throw dismissed();
    await rememberFolder(this.#services.answers, folder);
    const target = freePlace(folder.fsPath, legalName(name.replaceAll(/[/:@]/g, '-'), rules));
    await this.#save(plan, target, name, files);
  }

  async #save(plan: TreePlan, target: string, name: string, files: ImageFiles): Promise<void> {
    const { saveTree } = await import('../../core/image/files/saveFiles.ts');
    const { detail } = await this.#services.activity.run(
      { title: vscode.l10n.t('Save {0}', toDisplayLine(name)), icon: 'save-all' },
      async (handle) => {
        await saveTree(files, plan, target, handle.signal, (bytes, count) =>
          handle.report(
            vscode.l10n.t(
              '{0} of {1} files, {2}',
              formatCount(count),
              formatCount(plan.files.length),
              formatSize(bytes),
            ),
            plan.sizeInBytes === 0 ? 1 : bytes / plan.sizeInBytes,
          ),
        );
        return { detail: wordOutcome(plan, target) };
      },
    );
    const open = vscode.l10n.t('Reveal');
    void vscode.window.showInformationMessage(detail, open).then((answer) => {
      if (answer === open) void vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(target));
    });
  }
}

function confirmSize(name: string, { sizeInBytes, files }: TreePlan): Promise<boolean> {
  return confirm(
    vscode.l10n.t('Save {0} of {1}?', formatSize(sizeInBytes), toDisplayLine(name)),
    vscode.l10n.t('{0} files are read from the registry and written to the disk.', formatCount(files.length)),
    vscode.l10n.t('Save'),
  );
}

function wordOutcome({ files, skipped, renamed }: TreePlan, target: string): string {
  return [
    files.length === 1
      ? vscode.l10n.t('Saved 1 file to {0}.', target)
      : vscode.l10n.t('Saved {0} files to {1}.', formatCount(files.length), target),
    skipped > 0 && vscode.l10n.t('{0} links and devices were left out.', formatCount(skipped)),
    renamed > 0 &&
      vscode.l10n.t('{0} names were changed because the disk does not take them.', formatCount(renamed)),
  ]
    .filter(Boolean)
    .join(' ');
}

/** What is there is never written into. */
function freePlace(folder: string, name: string): string {
  for (let i = 1; ; i += 1) {
    const place = join(folder, i === 1 ? name : `${name} (${i})`);
    if (!existsSync(place)) return place;
  }
}
