import * as vscode from 'vscode';
import { toDisplayLine } from '../../core/common/displayText.ts';
import type { FileEntry } from '../../core/image/files/FileEntry.ts';
import type { ImageFiles } from '../../core/image/files/ImageFiles.ts';
import type { BrowsedImageNode, ImageFilesNode } from '../../explorer/ImageFilesTree.ts';
import { dismissed } from '../../platform/ask.ts';
import { formatSize } from '../../platform/format.ts';
import { formatImageFile } from '../../platform/imageFileAddress.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { askBrowsedImage, rootOf } from './askBrowsedImage.ts';

const MAXIMUM = 200;

interface FileItem extends vscode.QuickPickItem {
  /** Absent in what only says something. */
  readonly entry?: FileEntry;
}

type Needs = Pick<Services, 'images' | 'imageFilesTree' | 'imageFilesView'>;

/** Finds a file of an image by words of its path; Enter opens it, and shows a directory in the view. */
export class FindFileCommand implements Command {
  readonly id = 'berth.findFile';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: ImageFilesNode): Promise<void> {
    const title = vscode.l10n.t('Find File in Image');
    const root = node ? rootOf(node) : await askBrowsedImage(this.#services.imageFilesTree, title);
    const { image, layer } = root.address;
    const all = await this.#services.images.files(image);
    const entry = await askFile(layer === undefined ? all : all.layerAlone(layer), `${title}: ${root.title}`);
    await this.#show(root, entry);
  }

  async #show(root: BrowsedImageNode, entry: FileEntry): Promise<void> {
    const node = await this.#services.imageFilesTree.nodeAt(root, entry.path);
    if (node) {
      await this.#services.imageFilesView.reveal(node, { select: true, focus: entry.type === 'directory' });
    }
    if (entry.type === 'file' || entry.type === 'symbolicLink') {
      const uri = vscode.Uri.from(formatImageFile({ ...root.address, path: entry.path }));
      await vscode.commands.executeCommand('vscode.open', uri);
    }
  }
}

/** @throws CancellationError when dismissed */
async function askFile(files: ImageFiles, title: string): Promise<FileEntry> {
  const { searchFiles } = await import('../../core/image/files/FileSearch.ts');
  const picker = vscode.window.createQuickPick<FileItem>();
  picker.title = toDisplayLine(title);
  picker.placeholder = vscode.l10n.t('Part of a name or path');
  let controller = new AbortController();
  const search = async (text: string): Promise<void> => {
    controller.abort();
    controller = new AbortController();
    const { signal } = controller;
    picker.busy = true;
    let count = 0;
    for await (const found of searchFiles(files, text, { maximum: MAXIMUM, signal })) {
      if (signal.aborted) return;
      picker.items = found.map(toItem);
      count = found.length;
    }
    if (signal.aborted) return;
    if (count === 0) picker.items = [messageItem(vscode.l10n.t('No file matches'))];
    else if (count === MAXIMUM) {
      const more = vscode.l10n.t('The best {0} are shown. Type more to find others.', MAXIMUM);
      picker.items = [...picker.items, messageItem(more)];
    }
    picker.busy = false;
  };
  try {
    return await new Promise<FileEntry>((resolve, reject) => {
      const run = (text: string): void => void search(text).catch(reject);
      picker.onDidChangeValue(run);
      picker.onDidAccept(() => {
        const [item] = picker.selectedItems;
        if (item?.entry) resolve(item.entry);
      });
      picker.onDidHide(() => reject(dismissed()));
      picker.show();
      run('');
    });
  } finally {
    controller.abort();
    picker.dispose();
  }
}

/** Says something in the list; choosing it does nothing. */
function messageItem(text: string): FileItem {
  return { label: `$(info) ${text}`, alwaysShow: true };
}

function toItem(entry: FileEntry): FileItem {
  const icon =
    entry.type === 'directory' ? 'folder' : entry.type === 'symbolicLink' ? 'file-symlink-file' : 'file';
  const folder = entry.path.slice(0, entry.path.lastIndexOf('/')) || '/';
  const size = entry.type === 'file' ? formatSize(entry.sizeInBytes) : '';
  return {
    label: `$(${icon}) ${toDisplayLine(entry.name)}`,
    description: [toDisplayLine(folder, 300), size].filter(Boolean).join(' · '),
    // The search has decided; the picker's own filter knows only labels.
    alwaysShow: true,
    entry,
  };
}
