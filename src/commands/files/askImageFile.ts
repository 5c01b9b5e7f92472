/** Which file or folder of a browsed image is meant: the node, or the one whose path is typed. */
import * as vscode from 'vscode';
import type { FileEntry } from '../../core/image/files/FileEntry.ts';
import type { ImageFiles } from '../../core/image/files/ImageFiles.ts';
import type { BrowsedImageNode, ImageFileNode, ImageFilesTree } from '../../explorer/ImageFilesTree.ts';
import { askText } from '../../platform/ask.ts';
import type { ImageFileAddress } from '../../platform/imageFileAddress.ts';
import type { OpenImages } from '../../platform/OpenImages.ts';
import { wordError } from '../../platform/wordError.ts';
import { askBrowsedImage } from './askBrowsedImage.ts';

export interface ChosenFile {
  readonly files: ImageFiles;
  /** Links followed. */
  readonly entry: FileEntry;
  readonly title: string;
}

/** @throws CancellationError when dismissed; CoreError when the image or the file cannot be read */
export async function askImageFile(
  images: OpenImages,
  tree: ImageFilesTree,
  title: string,
  node?: ImageFileNode | BrowsedImageNode,
): Promise<ChosenFile> {
  if (node) {
    const files = await filesOf(images, addressOf(node));
    return {
      files,
      entry: files.resolve(node.address.path),
      title: node.kind === 'imageFile' ? node.entry.name : node.title,
    };
  }
  const root = await askBrowsedImage(tree, title);
  const files = await filesOf(images, root.address);
  const entry = await askText({
    title,
    prompt: vscode.l10n.t('Path in {0}', root.title),
    placeholder: '/etc/os-release',
    accept: (path) => files.resolve(path),
    describe: (error) => wordError(error).message,
  });
  return { files, entry, title: entry.name || root.title };
}

/** A file that a layer deleted is in the layer it comes from. */
function addressOf(node: ImageFileNode | BrowsedImageNode): ImageFileAddress {
  const isDeleted = node.kind === 'imageFile' && node.change?.kind === 'deleted';
  return isDeleted ? { ...node.address, layer: node.entry.layer } : node.address;
}

function filesOf(images: OpenImages, { image, layer }: ImageFileAddress): Promise<ImageFiles> {
  return layer === undefined ? images.files(image) : images.layer(image, layer);
}
