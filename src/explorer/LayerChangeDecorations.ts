/** The letters and colours of Git for what a layer adds, changes and deletes, in the view of that layer. */
import * as vscode from 'vscode';
import type { LayerChange } from '../core/image/files/LayerChanges.ts';
import { IMAGE_SCHEME, parseImageFile } from '../platform/imageFileAddress.ts';
import type { OpenImages } from '../platform/OpenImages.ts';

export class LayerChangeDecorations implements vscode.FileDecorationProvider {
  readonly #images: OpenImages;

  constructor(images: OpenImages) {
    this.#images = images;
  }

  /** Never opens an image by itself: an editor's tab must not start a download. */
  async provideFileDecoration(uri: vscode.Uri): Promise<vscode.FileDecoration | undefined> {
    if (uri.scheme !== IMAGE_SCHEME) return undefined;
    const { image, layer, path } = parseImageFile(uri);
    if (layer === undefined || path === '/' || !this.#images.isOpen(image)) return undefined;
    const files = await this.#images.files(image);
    const parent = path.slice(0, path.lastIndexOf('/')) || '/';
    const change =
      files.layers[layer] &&
      files
        .changesOf(layer)
        .in(parent)
        .find((each) => each.path === path);
    return change && change.kind !== 'unchanged' ? decorationOf(change.kind) : undefined;
  }
}

function decorationOf(kind: LayerChange['kind']): vscode.FileDecoration {
  switch (kind) {
    case 'added':
      return new vscode.FileDecoration(
        'A',
        vscode.l10n.t('Added by this layer'),
        new vscode.ThemeColor('gitDecoration.addedResourceForeground'),
      );
    case 'changed':
      return new vscode.FileDecoration(
        'M',
        vscode.l10n.t('Changed by this layer'),
        new vscode.ThemeColor('gitDecoration.modifiedResourceForeground'),
      );
    case 'deleted':
      return new vscode.FileDecoration(
        'D',
        vscode.l10n.t('Deleted by this layer'),
        new vscode.ThemeColor('gitDecoration.deletedResourceForeground'),
      );
  }
}
