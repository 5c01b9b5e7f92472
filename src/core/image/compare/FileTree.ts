/**
 * Differing files by their folders, as VS Code's search and source control show them: a folder that holds nothing but
 * another one shares its row. Built and unfolded in slices, so that nobody waits for it.
 */
import { TimeSlices } from '../../common/TimeSlices.ts';
import type { FileDifference } from './compareFiles.ts';
import type { FileDifferenceKind } from './FileQuery.ts';

/** One row, in a list or a tree. */
export interface FileRow {
  /** Number of the difference; absent for a folder that only holds some. */
  readonly number?: number;
  readonly path: string;
  /** What is shown of the path: all of it in a list, in a tree what follows the row above. */
  readonly label: string;
  /** Folders above it in the tree. */
  readonly depth: number;
  /** Row of the folder that it is in. */
  readonly parent?: number;
  /** Of a folder of the tree. */
  readonly folder?: FolderFacts;
}

export interface FolderFacts {
  readonly isOpen: boolean;
  /** Differences in it, itself not counted. */
  readonly count: number;
  /** By which its files grew. */
  readonly growth: number;
}

/** Which folders are open: all of them or none, but for some. */
export interface OpenFolders {
  readonly areOpen: boolean;
  readonly except: ReadonlySet<string>;
}

interface Node {
  readonly path: string;
  readonly name: string;
  readonly children: Map<string, Node>;
  number?: number;
  kind?: FileDifferenceKind;
  count: number;
  growth: number;
  /** What the rows are sorted by, summed up. */
  key: number;
}

export interface FileTreeOptions {
  growthOf(difference: FileDifference): number;
  /** Rows of one folder are sorted by it; by name where there is none. */
  readonly keyOf?: (difference: FileDifference) => number;
  /** A folder's key is the sum of what it holds; else folders are sorted by name. */
  readonly sumsUp: boolean;
  readonly isDescending: boolean;
}

export class FileTree {
  readonly #root: Node;
  readonly #order: (a: Node, b: Node) => number;

  private constructor(root: Node, order: (a: Node, b: Node) => number) {
    this.#root = root;
    this.#order = order;
  }

  /** @param numbers of the differences that are shown */
  static async build(
    differences: readonly FileDifference[],
    numbers: readonly number[],
    { growthOf, keyOf, sumsUp, isDescending }: FileTreeOptions,
  ): Promise<FileTree> {
    const root = createNode('', '');
    const slices = new TimeSlices();
    for (const number of numbers) {
      const difference = differences[number]!;
      const [growth, key] = [growthOf(difference), keyOf?.(difference) ?? 0];
      let node = root;
      for (const name of difference.path.split('/').filter(Boolean)) {
        node.count += 1;
        node.growth += growth;
        if (sumsUp) node.key += key;
        let child = node.children.get(name);
        if (!child) node.children.set(name, (child = createNode(`${node.path}/${name}`, name)));
        node = child;
      }
      node.number = number;
      node.kind = difference.kind;
      if (node.children.size === 0) [node.growth, node.key] = [growth, key];
      await slices.breathe();
    }
    const sign = isDescending ? -1 : 1;
    const order = (a: Node, b: Node): number =>
      rank(a) - rank(b) || sign * (keyOf ? a.key - b.key : 0) || (keyOf ? 1 : sign) * byName(a, b);
    return new FileTree(root, order);
  }

  /** What is shown where these folders are open. */
  async rows(open: OpenFolders): Promise<readonly FileRow[]> {
    const rows: FileRow[] = [];
    const slices = new TimeSlices();
    const unfold = async (folder: Node, depth: number, parent: number | undefined): Promise<void> => {
      for (const child of [...folder.children.values()].sort(this.#order)) {
        const [node, label] = compacted(child);
        const isFolder = node.children.size > 0;
        const isOpen = isFolder && open.areOpen !== open.except.has(node.path);
        const row = rows.length;
        rows.push({
          path: node.path,
          label,
          depth,
          ...(node.number !== undefined && { number: node.number }),
          ...(parent !== undefined && { parent }),
          ...(isFolder && { folder: { isOpen, count: node.count, growth: node.growth } }),
        });
        if (isOpen) await unfold(node, depth + 1, row);
      }
      await slices.breathe();
    };
    await unfold(this.#root, 0, undefined);
    return rows;
  }
}

function createNode(path: string, name: string): Node {
  return { path, name, children: new Map(), count: 0, growth: 0, key: 0 };
}

/** Down to the first folder that holds more than another folder, or differs in another way than that. */
function compacted(start: Node): [node: Node, label: string] {
  let [node, label] = [start, start.name];
  while (node.children.size === 1) {
    const [only] = node.children.values();
    const tellsMore = node.kind !== undefined && node.kind !== only!.kind;
    if (only!.children.size === 0 || tellsMore) break;
    node = only!;
    label = `${label}/${only!.name}`;
  }
  return [node, label];
}

/** Folders come first. */
function rank({ children }: Node): number {
  return children.size > 0 ? 0 : 1;
}

function byName(a: Node, b: Node): number {
  return a.name < b.name ? -1 : 1;
}
