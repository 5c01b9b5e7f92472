import * as vscode from 'vscode';
import { toDisplayLine } from '../../core/common/displayText.ts';
import type { FileEntry } from '../../core/image/files/FileEntry.ts';
import type { ImageFileNode } from '../../explorer/ImageFilesTree.ts';
import { dismissed } from '../../platform/ask.ts';
import { formatSize } from '../../platform/format.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { askImageFile } from './askImageFile.ts';
import { rememberFolder, startFolder } from './saveFolders.ts';

type Needs = Pick<Services, 'images' | 'imageFilesTree' | 'activity' | 'answers'>;

/** Writes one file of an image to the disk. */
export class SaveFileCommand implements Command {
  readonly id = 'berth.saveFile';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: ImageFileNode): Promise<void> {
    const title = vscode.l10n.t('Save File');
    const { files, entry } = await askImageFile(
      this.#services.images,
      this.#services.imageFilesTree,
      title,
      node,
    );
    const { legalName, nameRulesOf } = await import('../../core/image/files/planTree.ts');
    const target = await vscode.window.showSaveDialog({
      title,
      defaultUri: vscode.Uri.joinPath(
        startFolder(this.#services.answers),
        legalName(entry.name, nameRulesOf(process.platform)),
      ),
    });
    if (!target) throw dismissed();
    await rememberFolder(this.#services.answers, vscode.Uri.joinPath(target, '..'));
    const { saveFile } = await import('../../core/image/files/saveFiles.ts');
    await this.#services.activity.run(
      { title: vscode.l10n.t('Save {0}', toDisplayLine(entry.name)), icon: 'save' },
      async (handle) => {
        const total = entry.sizeInBytes;
        await saveFile(files, entry, target.fsPath, handle.signal, (bytes) =>
          handle.report(
            vscode.l10n.t('{0} of {1}', formatSize(bytes), formatSize(total)),
            share(bytes, entry),
          ),
        );
        return { detail: target.fsPath };
      },
    );
  }
}

function share(bytes: number, { sizeInBytes }: FileEntry): number {
  return sizeInBytes === 0 ? 1 : bytes / sizeInBytes;
}
