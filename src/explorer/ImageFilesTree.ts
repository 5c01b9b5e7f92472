/**
 * The Image Files view: the images and single layers whose files are being looked at. Directories are read when they are
 * opened; a failure is one node where it happened.
 */
import * as vscode from 'vscode';
import { toDisplayLine } from '../core/common/displayText.ts';
import type { Logger } from '../core/common/Logger.ts';
import { formatMode, formatOwner, type FileEntry } from '../core/image/files/FileEntry.ts';
import type { LayerChange } from '../core/image/files/LayerChanges.ts';
import { setContextKey } from '../platform/ContextKeys.ts';
import { formatDate, formatSize } from '../platform/format.ts';
import { formatImageFile, type ImageFileAddress } from '../platform/imageFileAddress.ts';
import type { OpenImages } from '../platform/OpenImages.ts';
import { actionLabel, wordError } from '../platform/wordError.ts';

/** What is looked at: an image, or one layer of it. Kept over sessions. */
export interface BrowsedImage {
  /** Path is the root's. */
  readonly address: ImageFileAddress;
  readonly title: string;
}

export interface BrowsedImageNode extends BrowsedImage {
  readonly kind: 'browsedImage';
  readonly id: string;
}

export interface ImageFileNode {
  readonly kind: 'imageFile';
  readonly id: string;
  readonly parent: ImageFilesNode;
  readonly address: ImageFileAddress;
  readonly entry: FileEntry;
  /** In the view of one layer: what the layer did; undefined for a directory that only holds changes. */
  readonly change?: LayerChange;
  /** A link that leads to a directory can be opened like one. */
  readonly isDirectory: boolean;
  readonly layerCount: number;
}

export interface ImageFilesMessageNode {
  readonly kind: 'imageMessage';
  readonly id: string;
  readonly parent: ImageFilesNode;
  readonly text: string;
  readonly error?: unknown;
}

export type ImageFilesNode = BrowsedImageNode | ImageFileNode | ImageFilesMessageNode;

const STATE_KEY = 'berth.browsedImages';

export class ImageFilesTree implements vscode.TreeDataProvider<ImageFilesNode>, vscode.Disposable {
  readonly #images: OpenImages;
  readonly #state: vscode.Memento;
  readonly #logger: Logger;
  readonly #changed = new vscode.EventEmitter<ImageFilesNode | undefined>();
  #roots: BrowsedImageNode[];
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(images: OpenImages, state: vscode.Memento, logger: Logger) {
    this.#images = images;
    this.#state = state;
    this.#logger = logger;
    this.#roots = state.get<BrowsedImage[]>(STATE_KEY, []).map(rootNode);
    setContextKey('berth.browsedImageCount', this.#roots.length);
  }

  dispose(): void {
    this.#changed.dispose();
  }

  roots(): readonly BrowsedImageNode[] {
    return this.#roots;
  }

  /** Shows an image first in the view; the node it has there. */
  add(image: BrowsedImage): BrowsedImageNode {
    const node = rootNode(image);
    const known = this.#roots.find(({ id }) => id === node.id);
    if (known) return known;
    this.#setRoots([node, ...this.#roots]);
    return node;
  }

  remove(node: BrowsedImageNode): void {
    this.#setRoots(this.#roots.filter(({ id }) => id !== node.id));
  }

  refresh(node?: ImageFilesNode): void {
    this.#changed.fire(node);
  }

  /** The node of a path, with its parents, for reveal. */
  async nodeAt(root: BrowsedImageNode, path: string): Promise<ImageFilesNode | undefined> {
    let node: ImageFilesNode = root;
    let at = '';
    for (const part of path.split('/').filter(Boolean)) {
      at = `${at}/${part}`;
      const child: ImageFilesNode | undefined = (await this.getChildren(node)).find(
        (each) => each.kind === 'imageFile' && each.address.path === at,
      );
      if (!child) return undefined;
      node = child;
    }
    return node;
  }

  getParent(node: ImageFilesNode): ImageFilesNode | undefined {
    return node.kind === 'browsedImage' ? undefined : node.parent;
  }

  async getChildren(node?: ImageFilesNode): Promise<ImageFilesNode[]> {
    if (!node) return [...this.#roots];
    if (node.kind === 'imageMessage') return [];
    try {
      return await this.#children(node);
    } catch (error) {
      this.#logger.info(`${node.id}: ${String(error)}`);
      return [
        {
          kind: 'imageMessage',
          id: `${node.id}\nerror`,
          parent: node,
          text: wordError(error).summary,
          error,
        },
      ];
    }
  }

  getTreeItem(node: ImageFilesNode): vscode.TreeItem {
    if (node.kind === 'browsedImage') return rootItem(node);
    return node.kind === 'imageFile' ? fileItem(node) : messageItem(node);
  }

  async #children(node: BrowsedImageNode | ImageFileNode): Promise<ImageFilesNode[]> {
    const { image, layer, path } = node.address;
    const files = await this.#images.files(image);
    const layerCount = files.layers.length;
    const child = (
      entry: FileEntry,
      name: string,
      isDirectory: boolean,
      change?: LayerChange,
    ): ImageFileNode => {
      const address = { ...node.address, path: path === '/' ? `/${name}` : `${path}/${name}` };
      const id = vscode.Uri.from(formatImageFile(address)).toString();
      return {
        kind: 'imageFile',
        id,
        parent: node,
        address,
        entry,
        isDirectory,
        layerCount,
        ...(change && { change }),
      };
    };
    const nodes: ImageFilesNode[] =
      layer === undefined
        ? files.readDirectory(path).map((entry) => child(entry, entry.name, leadsToDirectory(files, entry)))
        : files
            .changesOf(layer)
            .in(path)
            .map((change) => {
              const entry = (change.entry ?? ('previous' in change ? change.previous : undefined))!;
              const isDirectory = change.kind !== 'deleted' && entry.type === 'directory';
              return child(entry, entry.name, isDirectory, change.kind === 'unchanged' ? undefined : change);
            });
    nodes.sort(directoriesFirst);
    if (node.kind === 'imageFile') return nodes;
    const problems = files.problems.filter((problem) => layer === undefined || problem.layer === layer);
    const messages = problems.map((problem): ImageFilesMessageNode => ({
      kind: 'imageMessage',
      id: `${node.id}\nproblem\n${problem.layer}`,
      parent: node,
      text: vscode.l10n.t('Layer {0} is damaged: what comes after the damage is missing', problem.layer + 1),
    }));
    if (nodes.length === 0 && messages.length === 0) {
      const text =
        layer === undefined ? vscode.l10n.t('No files') : vscode.l10n.t('This layer changes no files');
      return [{ kind: 'imageMessage', id: `${node.id}\nempty`, parent: node, text }];
    }
    return [...messages, ...nodes];
  }

  #setRoots(roots: BrowsedImageNode[]): void {
    this.#roots = roots;
    setContextKey('berth.browsedImageCount', roots.length);
    void this.#state.update(
      STATE_KEY,
      roots.map(({ address, title }): BrowsedImage => ({ address, title })),
    );
    this.#changed.fire(undefined);
  }
}

/** What opens when a file is clicked: its content, what a layer changed in it, or what a layer deleted. */
function openCommandOf({ address, entry, change, isDirectory }: ImageFileNode): vscode.Command | undefined {
  if (isDirectory || entry.type === 'directory') return undefined;
  const title = vscode.l10n.t('Open File');
  const uri = vscode.Uri.from(formatImageFile(address));
  const previous = change?.previous;
  if (!previous || previous.type !== 'file') return { command: 'vscode.open', title, arguments: [uri] };
  const before = vscode.Uri.from(formatImageFile({ ...address, layer: previous.layer }));
  if (change.kind === 'deleted') return { command: 'vscode.open', title, arguments: [before] };
  const name = vscode.l10n.t(
    '{0} (changed by layer {1})',
    toDisplayLine(entry.name),
    (address.layer ?? 0) + 1,
  );
  return { command: 'vscode.diff', title, arguments: [before, uri, name] };
}

function rootNode({ address, title }: BrowsedImage): BrowsedImageNode {
  return { kind: 'browsedImage', id: vscode.Uri.from(formatImageFile(address)).toString(), address, title };
}

function directoriesFirst(a: ImageFilesNode, b: ImageFilesNode): number {
  const rank = (node: ImageFilesNode): number => (node.kind === 'imageFile' && node.isDirectory ? 0 : 1);
  return rank(a) - rank(b);
}

function leadsToDirectory(files: { resolve(path: string): FileEntry }, entry: FileEntry): boolean {
  if (entry.type !== 'symbolicLink') return entry.type === 'directory';
  try {
    return files.resolve(entry.path).type === 'directory';
  } catch {
    // A link that leads nowhere.
    return false;
  }
}

function rootItem(node: BrowsedImageNode): vscode.TreeItem {
  const { image, layer } = node.address;
  const item = new vscode.TreeItem(toDisplayLine(node.title), vscode.TreeItemCollapsibleState.Collapsed);
  item.id = node.id;
  item.iconPath = new vscode.ThemeIcon(layer === undefined ? 'package' : 'layers');
  item.contextValue = layer === undefined ? 'browsedImage' : 'browsedLayer';
  item.tooltip = toDisplayLine(
    image.kind === 'registry' ? `${image.repository}@${image.digest}` : image.imageId,
  );
  if (layer !== undefined) item.description = vscode.l10n.t('what the layer changes');
  return item;
}

function fileItem(node: ImageFileNode): vscode.TreeItem {
  const { address, entry, change, isDirectory } = node;
  const { Collapsed, None } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(toDisplayLine(entry.name), isDirectory ? Collapsed : None);
  item.id = node.id;
  item.resourceUri = vscode.Uri.from(formatImageFile(address));
  item.iconPath = isDirectory ? vscode.ThemeIcon.Folder : vscode.ThemeIcon.File;
  item.contextValue = `imageFile:${entry.type === 'file' ? 'file' : isDirectory ? 'directory' : 'other'}${
    change?.kind === 'deleted' ? ':deleted' : ''
  }`;
  item.tooltip = tooltipOf(node);
  const description =
    entry.linkTarget !== undefined
      ? `→ ${toDisplayLine(entry.linkTarget)}`
      : entry.type === 'file'
        ? formatSize(entry.sizeInBytes)
        : undefined;
  if (description !== undefined) item.description = description;
  const command = openCommandOf(node);
  if (command) item.command = command;
  const said = [
    entry.name,
    isDirectory ? vscode.l10n.t('folder') : description,
    change && wordChange(change),
  ];
  item.accessibilityInformation = {
    label: said
      .filter(Boolean)
      .map((part) => toDisplayLine(part!))
      .join(', '),
  };
  return item;
}

function tooltipOf({ entry, change, layerCount }: ImageFileNode): string {
  const { modifiedAtSeconds, linkTarget, device, extendedAttributes } = entry;
  const names = Object.keys(extendedAttributes ?? {});
  return [
    toDisplayLine(entry.path, 4096),
    `${formatMode(entry)}  ${toDisplayLine(formatOwner(entry.owner))}  (${entry.owner.userId}:${entry.owner.groupId})`,
    linkTarget === undefined ? undefined : `→ ${toDisplayLine(linkTarget, 4096)}`,
    entry.type === 'file' ? vscode.l10n.t('Size: {0}', formatSize(entry.sizeInBytes)) : undefined,
    device ? vscode.l10n.t('Device: {0}, {1}', device.major, device.minor) : undefined,
    vscode.l10n.t('Modified: {0}', formatDate(new Date(modifiedAtSeconds * 1000))),
    names.length > 0 ? vscode.l10n.t('Extended attributes: {0}', toDisplayLine(names.join(', '))) : undefined,
    entry.isHardLink ? vscode.l10n.t('One of several names of a file') : undefined,
    vscode.l10n.t('From layer {0} of {1}', entry.layer + 1, layerCount),
    change && wordChange(change),
  ]
    .filter((line) => line !== undefined)
    .join('\n');
}

function wordChange({ kind }: LayerChange): string {
  switch (kind) {
    case 'added':
      return vscode.l10n.t('Added by this layer');
    case 'changed':
      return vscode.l10n.t('Changed by this layer');
    case 'deleted':
      return vscode.l10n.t('Deleted by this layer');
  }
}

function messageItem(node: ImageFilesMessageNode): vscode.TreeItem {
  const item = new vscode.TreeItem(node.text);
  item.id = node.id;
  item.contextValue = 'imageMessage';
  item.iconPath = new vscode.ThemeIcon(node.error === undefined ? 'info' : 'error');
  if (node.error !== undefined) {
    item.tooltip = wordError(node.error).message;
    item.description = actionLabel('retry');
    item.command = {
      command: 'berth.refreshImageFiles',
      title: vscode.l10n.t('Retry'),
      arguments: [node.parent],
    };
  }
  return item;
}
