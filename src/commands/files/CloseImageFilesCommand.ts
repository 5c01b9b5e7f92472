import * as vscode from 'vscode';
import type { BrowsedImageNode, ImageFilesTree } from '../../explorer/ImageFilesTree.ts';
import type { Command } from '../Command.ts';
import { askBrowsedImage } from './askBrowsedImage.ts';

/** Takes an image out of the Image Files view; what was indexed is kept. */
export class CloseImageFilesCommand implements Command {
  readonly id = 'berth.closeImageFiles';
  readonly #tree: ImageFilesTree;

  constructor(tree: ImageFilesTree) {
    this.#tree = tree;
  }

  async execute(node?: BrowsedImageNode): Promise<void> {
    this.#tree.remove(node ?? (await askBrowsedImage(this.#tree, vscode.l10n.t('Close Image Files'))));
  }
}
