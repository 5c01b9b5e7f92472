/** The differing files of two images as rows: filtered, sorted and handed out by the window, however many there are. */
import type { FileDifference, FileFacts } from './compareFiles.ts';
import type { FileDifferenceKind, FileQuery, FileSort } from './FileQuery.ts';
import { FileTree, type FileRow, type OpenFolders } from './FileTree.ts';

export interface FileSummary {
  readonly counts: Readonly<Record<FileDifferenceKind, number>>;
  /** Bytes of files that were added, removed, and by which changed files grew. */
  readonly addedBytes: number;
  readonly removedBytes: number;
  readonly changedBytes: number;
  /** How many differences layers that were not read could unsay. */
  readonly uncertain: number;
}

const KIND_ORDER: readonly FileDifferenceKind[] = ['added', 'removed', 'changed', 'metadata'];

export class FileRows {
  readonly #differences: readonly FileDifference[];
  #query: FileQuery | undefined;
  #found: readonly number[] = [];
  #rows: Promise<readonly FileRow[]> | undefined;
  #tree: Promise<FileTree> | undefined;
  #folders: OpenFolders = { areOpen: true, except: new Set() };

  constructor(differences: readonly FileDifference[]) {
    this.#differences = differences;
  }

  get size(): number {
    return this.#differences.length;
  }

  /** By its number in a row. */
  at(number: number): FileDifference | undefined {
    return this.#differences[number];
  }

  /** Numbers of the matching differences, in order; the last query is remembered. */
  find(query: FileQuery): readonly number[] {
    if (JSON.stringify(query) !== JSON.stringify(this.#query)) {
      this.#found = this.#select(query);
      this.#query = query;
      this.#tree = this.#rows = undefined;
    }
    return this.#found;
  }

  /** What is shown of them, by the query's view; the last answer is remembered. */
  rows(query: FileQuery): Promise<readonly FileRow[]> {
    const found = this.find(query);
    return (this.#rows ??= query.view === 'tree' ? this.#unfold(query, found) : this.#list(found));
  }

  /** Opens a folder of the tree, or closes it. */
  toggleFolder(path: string): void {
    const except = new Set(this.#folders.except);
    if (!except.delete(path)) except.add(path);
    this.#folders = { ...this.#folders, except };
    this.#rows = undefined;
  }

  setFolders(areOpen: boolean): void {
    this.#folders = { areOpen, except: new Set() };
    this.#rows = undefined;
  }

  async #list(found: readonly number[]): Promise<readonly FileRow[]> {
    return found.map((number) => {
      const { path } = this.#differences[number]!;
      return { number, path, label: path, depth: 0 };
    });
  }

  async #unfold({ sort, isDescending }: FileQuery, found: readonly number[]): Promise<readonly FileRow[]> {
    const keyOf = KEYS[sort];
    this.#tree ??= FileTree.build(this.#differences, found, {
      growthOf: ({ before, after }) => sizeOf(after) - sizeOf(before),
      sumsUp: sort !== 'kind',
      isDescending,
      ...(keyOf && { keyOf }),
    });
    return (await this.#tree).rows(this.#folders);
  }

  summary(): FileSummary {
    const counts = { added: 0, removed: 0, changed: 0, metadata: 0 };
    let [addedBytes, removedBytes, changedBytes, uncertain] = [0, 0, 0, 0];
    for (const { kind, before, after, isCertain } of this.#differences) {
      counts[kind] += 1;
      if (!isCertain) uncertain += 1;
      if (kind === 'added') addedBytes += sizeOf(after);
      else if (kind === 'removed') removedBytes += sizeOf(before);
      else changedBytes += sizeOf(after) - sizeOf(before);
    }
    return { counts, addedBytes, removedBytes, changedBytes, uncertain };
  }

  #select({ text, kinds, sort, isDescending }: FileQuery): number[] {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const rows: number[] = [];
    for (const [number, { path, kind }] of this.#differences.entries()) {
      if (kinds.length > 0 && !kinds.includes(kind)) continue;
      const lower = words.length === 0 ? '' : path.toLowerCase();
      if (words.every((word) => lower.includes(word))) rows.push(number);
    }
    const keyOf = KEYS[sort];
    // The differences are in the order of their paths, and sorting keeps that among equals.
    if (keyOf) {
      const keys = new Map(rows.map((number) => [number, keyOf(this.#differences[number]!)]));
      rows.sort((a, b) => keys.get(a)! - keys.get(b)!);
    }
    return isDescending ? rows.reverse() : rows;
  }
}

const KEYS: Readonly<Record<FileSort, ((difference: FileDifference) => number) | undefined>> = {
  path: undefined,
  kind: ({ kind }) => KIND_ORDER.indexOf(kind),
  before: ({ before }) => sizeOf(before),
  after: ({ after }) => sizeOf(after),
  change: ({ before, after }) => sizeOf(after) - sizeOf(before),
};

function sizeOf(facts: FileFacts | undefined): number {
  return facts?.sizeInBytes ?? 0;
}
