/** The biggest files of a folder as areas: folders hold their files, and all of it is walked with the arrow keys. */
import { hierarchy, treemap, type HierarchyRectangularNode } from 'd3-hierarchy';
import { html, nothing, type TemplateResult } from 'lit';
import type { FolderView, SizeNode, SizeRest } from '../../src/core/image/space/ImageSpace.ts';
import { fill, formatBytes, formatPercent } from '../shared/format.ts';
import type { PanelContext } from './PanelContext.ts';

interface Tile {
  /** Absolute; of what is summed up, that of its folder. */
  readonly path: string;
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'rest';
  readonly sizeInBytes: number;
  readonly fileCount?: number;
  readonly children?: readonly Tile[];
}

/** Height for a width: a map that fits beside its neighbours on a wide page and is no thin strip on a narrow one. */
const heightOf = (width: number): number => Math.round(Math.max(260, Math.min(420, width * 0.45)));
const HEADING = 18;
/** Smaller rectangles hold no text. */
const TEXT_WIDTH = 44;
const TEXT_HEIGHT = 18;

export function sizeMap(context: PanelContext, { path, node }: FolderView, width: number): TemplateResult {
  const height = heightOf(width);
  const root = hierarchy(toTile(node, path === '/' ? '' : path), ({ children }) => children)
    .sum(({ children, sizeInBytes }) => (children ? 0 : sizeInBytes))
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const drawn = treemap<Tile>()
    .size([width, height])
    .round(true)
    .paddingInner(2)
    .paddingOuter(2)
    .paddingTop((tile) => (tile.depth > 0 && hasHeading(tile) ? HEADING : tile.depth > 0 ? 2 : 0))(root);
  const tiles = drawn
    .descendants()
    .filter((tile) => tile.depth > 0 && tile.x1 > tile.x0 && tile.y1 > tile.y0);
  const entry = tiles.findIndex(({ data }) => data.kind !== 'rest');
  return html`<div
    class="size-map"
    role="group"
    aria-label=${fill(context.setting.strings.spaceMap, path)}
    .style=${`height: ${height}px`}
    @keydown=${(event: KeyboardEvent) => onKey(context, event, path)}
  >
    ${tiles.map((tile, index) => tileElement(context, tile, node.sizeInBytes, index === entry))}
  </div>`;
}

function tileElement(
  context: PanelContext,
  tile: HierarchyRectangularNode<Tile>,
  total: number,
  isEntry: boolean,
): TemplateResult {
  const { data, x0, x1, y0, y1 } = tile;
  const { strings, locale } = context.setting;
  const size = formatBytes(data.sizeInBytes, locale);
  const share = fill(strings.spaceShare, formatPercent(data.sizeInBytes / Math.max(1, total), locale));
  const label = `${describe(context, data, size)}, ${share}`;
  const text =
    data.kind === 'rest' ? fill(strings.spaceOthers, formatCount(data.fileCount ?? 0, locale)) : data.name;
  const isOpenFolder = data.children !== undefined && data.children.length > 0;
  const hasText = isOpenFolder ? hasHeading(tile) : x1 - x0 >= TEXT_WIDTH && y1 - y0 >= TEXT_HEIGHT;
  const position = `left: ${x0}px; top: ${y0}px; width: ${x1 - x0}px; height: ${y1 - y0}px`;
  const words = hasText
    ? html`<span class="tile-name">${text}</span>${
          isOpenFolder || y1 - y0 < 2 * TEXT_HEIGHT ? nothing : html`<span class="tile-size">${size}</span>`
        }`
    : nothing;
  if (data.kind === 'rest') {
    return html`<span class="tile rest" role="img" aria-label=${label} title=${label} .style=${position}
      >${words}</span
    >`;
  }
  return html`<button
    type="button"
    class="tile ${data.kind} depth-${Math.min(tile.depth, 4)}"
    tabindex=${isEntry ? 0 : -1}
    title="${label}"
    aria-label=${label}
    .style=${position}
    @click=${() => context.post({ type: data.kind === 'file' ? 'openFile' : 'showFolder', path: data.path })}
  >
    ${words}
  </button>`;
}

function describe({ setting }: PanelContext, tile: Tile, size: string): string {
  const { strings, locale } = setting;
  switch (tile.kind) {
    case 'file':
      return fill(strings.spaceFile, tile.path, size);
    case 'folder':
      return fill(strings.spaceFolder, tile.path, size);
    case 'rest':
      return fill(strings.spaceSmaller, tile.path || '/', formatCount(tile.fileCount ?? 0, locale), size);
  }
}

function toTile(node: SizeNode, path: string): Tile {
  if (!node.children) return { path, name: node.name, kind: 'file', sizeInBytes: node.sizeInBytes };
  return {
    path,
    name: `${node.name}/`,
    kind: 'folder',
    sizeInBytes: node.sizeInBytes,
    children: [
      ...node.children.map((child) => toTile(child, `${path}/${child.name}`)),
      ...(node.rest ? [restTile(node.rest, path)] : []),
    ],
  };
}

function restTile({ fileCount, sizeInBytes }: SizeRest, path: string): Tile {
  return { path, name: '', kind: 'rest', sizeInBytes, fileCount };
}

function hasHeading({ x0, x1, y0, y1 }: HierarchyRectangularNode<Tile>): boolean {
  return x1 - x0 >= TEXT_WIDTH && y1 - y0 >= 2 * HEADING;
}

function formatCount(count: number, locale: string): string {
  return new Intl.NumberFormat(locale).format(count);
}

/** One stop for Tab. An arrow goes to the nearest tile whose middle lies that way. */
function onKey(context: PanelContext, event: KeyboardEvent, path: string): void {
  if (event.key === 'Backspace' && path !== '/') {
    event.preventDefault();
    context.post({ type: 'showFolder', path: path.slice(0, path.lastIndexOf('/')) || '/' });
    return;
  }
  const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
    event.key
  ];
  const from = event.target as HTMLElement;
  const all = [...(event.currentTarget as HTMLElement).querySelectorAll('button')];
  if (!direction || !all.includes(from as HTMLButtonElement)) return;
  event.preventDefault();
  const [towardsX, towardsY] = direction as [number, number];
  const start = middleOf(from);
  let [next, nearest] = [undefined as HTMLButtonElement | undefined, Infinity];
  for (const tile of all) {
    const { x, y } = middleOf(tile);
    const along = (x - start.x) * towardsX + (y - start.y) * towardsY;
    const across = Math.abs((x - start.x) * towardsY) + Math.abs((y - start.y) * towardsX);
    if (along <= 0 || along + 2 * across >= nearest) continue;
    [next, nearest] = [tile, along + 2 * across];
  }
  if (!next) return;
  for (const tile of all) tile.tabIndex = tile === next ? 0 : -1;
  next.focus();
}

/** Of a folder its heading: its middle belongs to what it holds. */
function middleOf(tile: HTMLElement): { readonly x: number; readonly y: number } {
  const { left, top, width, height } = tile.getBoundingClientRect();
  return { x: left + width / 2, y: tile.classList.contains('folder') ? top + HEADING / 2 : top + height / 2 };
}
