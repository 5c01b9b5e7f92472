/** The Local Images view: what the Docker engine holds, grouped by repository, dangling images apart. */
import * as vscode from 'vscode';
import { isCoreError } from '../core/common/CoreError.ts';
import { toDisplayLine } from '../core/common/displayText.ts';
import type { Logger } from '../core/common/Logger.ts';
import type { LocalImage } from '../core/docker/LocalImage.ts';
import { shortDigest } from '../core/oci/digest.ts';
import { setContextKey } from '../platform/ContextKeys.ts';
import { formatAge, formatCount, formatDate, formatSize } from '../platform/format.ts';
import { wordError } from '../platform/wordError.ts';

export interface ImageGroupNode {
  readonly kind: 'imageGroup';
  readonly id: string;
  /** Undefined: the dangling ones. */
  readonly repository: string | undefined;
  readonly images: readonly LocalImage[];
}

export interface LocalImageNode {
  readonly kind: 'localImage';
  readonly id: string;
  readonly group: ImageGroupNode;
  readonly image: LocalImage;
  /** `repository:tag`, undefined for a dangling image. */
  readonly reference: string | undefined;
}

export type LocalNode = ImageGroupNode | LocalImageNode;

/** What the tree needs of Docker. */
export interface LocalImageSource {
  images(signal: AbortSignal): Promise<readonly LocalImage[]>;
}

export class LocalImagesTree implements vscode.TreeDataProvider<LocalNode>, vscode.Disposable {
  readonly #source: LocalImageSource;
  readonly #logger: Logger;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #answered = new vscode.EventEmitter<boolean>();
  #controller = new AbortController();
  #groups: ImageGroupNode[] = [];
  readonly onDidChangeTreeData = this.#changed.event;
  /** The engine was asked: whether it answered. */
  readonly onDidAsk = this.#answered.event;

  constructor(source: LocalImageSource, logger: Logger) {
    this.#source = source;
    this.#logger = logger;
    setContextKey('berth.dockerState', 'unknown');
  }

  dispose(): void {
    this.#controller.abort();
    this.#changed.dispose();
    this.#answered.dispose();
  }

  refresh(): void {
    this.#changed.fire(undefined);
  }

  getParent(node: LocalNode): LocalNode | undefined {
    return node.kind === 'localImage' ? node.group : undefined;
  }

  async getChildren(node?: LocalNode): Promise<LocalNode[]> {
    if (node) return node.kind === 'imageGroup' ? imageNodes(node) : [];
    this.#controller.abort();
    const controller = new AbortController();
    this.#controller = controller;
    try {
      const images = await this.#source.images(controller.signal);
      this.#groups = groupImages(images);
      setContextKey('berth.dockerState', images.length === 0 ? 'empty' : 'ready');
      this.#answered.fire(true);
    } catch (error) {
      if (controller.signal.aborted) return this.#groups;
      this.#logger.info(`local images: ${String(error)}`);
      this.#groups = [];
      setContextKey('berth.dockerState', stateOf(error));
      this.#answered.fire(false);
      if (stateOf(error) === 'ready') throw new Error(wordError(error).message, { cause: error });
    }
    return this.#groups;
  }

  getTreeItem(node: LocalNode): vscode.TreeItem {
    return node.kind === 'imageGroup' ? groupItem(node) : imageItem(node);
  }
}

/** The state whose welcome text explains the failure; `ready` where none does and the error itself is shown. */
function stateOf(error: unknown): 'missing' | 'unreachable' | 'untrusted' | 'ready' {
  if (isCoreError(error, 'dockerMissing')) return 'missing';
  if (isCoreError(error, 'dockerUnreachable')) return 'unreachable';
  if (isCoreError(error, 'forbidden') && error.details.reason === 'untrustedWorkspace') return 'untrusted';
  return 'ready';
}

function groupImages(images: readonly LocalImage[]): ImageGroupNode[] {
  const byRepository = new Map<string, LocalImage[]>();
  const dangling: LocalImage[] = [];
  for (const image of images) {
    if (image.repository === undefined || image.dangling) {
      dangling.push(image);
      continue;
    }
    const group = byRepository.get(image.repository);
    if (group) group.push(image);
    else byRepository.set(image.repository, [image]);
  }
  const groups = [...byRepository]
    .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
    .map(([repository, group]): ImageGroupNode => ({
      kind: 'imageGroup',
      id: `repository\n${repository}`,
      repository,
      images: group,
    }));
  if (dangling.length > 0) {
    groups.push({ kind: 'imageGroup', id: 'dangling', repository: undefined, images: dangling });
  }
  return groups;
}

function imageNodes(group: ImageGroupNode): LocalImageNode[] {
  return [...group.images]
    .sort((a, b) => (b.createdAt?.getTime() ?? 0) - (a.createdAt?.getTime() ?? 0))
    .map((image) => ({
      kind: 'localImage',
      id: `${group.id}\n${image.id}\n${image.reference ?? ''}`,
      group,
      image,
      reference: image.reference,
    }));
}

function groupItem(node: ImageGroupNode): vscode.TreeItem {
  const label = node.repository ? toDisplayLine(node.repository) : vscode.l10n.t('Dangling images');
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Collapsed);
  item.id = node.id;
  item.description = formatCount(node.images.length);
  item.iconPath = new vscode.ThemeIcon(node.repository ? 'repo' : 'question');
  item.contextValue = node.repository ? 'imageGroup' : 'imageGroup:dangling';
  item.tooltip = label;
  item.accessibilityInformation = {
    label: vscode.l10n.t('{0}, {1} images', label, node.images.length),
  };
  return item;
}

function imageItem({ id, image, reference }: LocalImageNode): vscode.TreeItem {
  const shortId = shortDigest(image.id);
  const item = new vscode.TreeItem(toDisplayLine(image.tag ?? shortId));
  const age = image.createdAt && formatAge(image.createdAt);
  const size = image.sizeInBytes === undefined ? undefined : formatSize(image.sizeInBytes);
  item.id = id;
  item.description = [age, size].filter(Boolean).join(' · ');
  item.iconPath = new vscode.ThemeIcon('package');
  item.contextValue = reference ? 'localImage:named' : 'localImage:dangling';
  item.tooltip = [
    reference,
    vscode.l10n.t('ID: {0}', image.id),
    image.digest && vscode.l10n.t('Digest: {0}', image.digest),
    size && vscode.l10n.t('Size on disk: {0}', size),
    image.createdAt && vscode.l10n.t('Created: {0}', formatDate(image.createdAt)),
  ]
    .filter((line) => line !== undefined)
    .map((line) => toDisplayLine(line))
    .join('\n');
  item.accessibilityInformation = {
    label: vscode.l10n.t('Image {0}, {1}', reference ?? shortId, item.description),
  };
  return item;
}
