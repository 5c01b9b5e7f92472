/** What one layer did to the image below it. */
import { EntryFlag, EntryKind, type LayerIndex } from '../layers/LayerIndex.ts';
import type { FileEntry } from './FileEntry.ts';
import { MergedTree } from './MergedTree.ts';

export interface LayerChange {
  readonly kind: 'added' | 'changed' | 'deleted';
  readonly path: string;
  /** As the layer has it; undefined for what it deletes. */
  readonly entry?: FileEntry;
  /** As it was below; undefined for what it adds. */
  readonly previous?: FileEntry;
}

/** A directory that the layer holds only because of what is in it. */
export interface UnchangedDirectory {
  readonly kind: 'unchanged';
  readonly path: string;
  readonly entry: FileEntry;
}

/**
 * A directory that keeps its type, mode and owner is no change: archives name the parents of what they hold. A whiteout of
 * nothing is no change either. What a deleted directory held is not listed.
 */
export class LayerChanges {
  readonly #index: LayerIndex;
  readonly #below: MergedTree;
  readonly #upTo: MergedTree;

  /**
   * @param layers the base first
   * @param position of the layer
   */
  constructor(layers: readonly LayerIndex[], position: number) {
    this.#index = layers[position]!;
    this.#below = new MergedTree(layers.slice(0, position));
    this.#upTo = new MergedTree(layers.slice(0, position + 1));
  }

  /** Everything, parents before children. */
  *all(): Generator<LayerChange> {
    yield* this.#all('');
  }

  /** Of one directory of the layer, sorted by name; empty where the layer has none of that path. */
  in(path: string): (LayerChange | UnchangedDirectory)[] {
    const prefix = path === '/' ? '' : path;
    return [...this.#in(prefix)].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  }

  *#all(path: string): Generator<LayerChange> {
    for (const change of this.#in(path)) {
      if (change.kind !== 'unchanged') yield change;
      if (change.entry?.type === 'directory') yield* this.#all(change.path);
    }
  }

  *#in(path: string): Generator<LayerChange | UnchangedDirectory> {
    const index = this.#index;
    const directory = index.findPath(path);
    if (directory === undefined) return;
    if (index.hasFlag(directory, EntryFlag.opaque) && this.#below.get(path)?.type === 'directory') {
      for (const previous of this.#below.readDirectory(path)) {
        if (index.find(directory, previous.name) !== undefined) continue;
        yield { kind: 'deleted', path: previous.path, previous };
      }
    }
    for (let child = index.firstChildOf(directory); child < index.endOfChildren(directory); child += 1) {
      const childPath = `${path}/${index.nameOf(child)}`;
      const previous = this.#below.get(childPath);
      if (index.kindOf(child) === EntryKind.whiteout) {
        if (previous) yield { kind: 'deleted', path: childPath, previous };
        continue;
      }
      const entry = this.#upTo.get(childPath);
      if (!entry) continue;
      if (!previous) yield { kind: 'added', path: childPath, entry };
      else if (isSameDirectory(entry, previous)) yield { kind: 'unchanged', path: childPath, entry };
      else yield { kind: 'changed', path: childPath, entry, previous };
    }
  }
}

function isSameDirectory(a: FileEntry, b: FileEntry): boolean {
  return (
    a.type === 'directory' &&
    b.type === 'directory' &&
    a.mode === b.mode &&
    a.owner.userId === b.owner.userId &&
    a.owner.groupId === b.owner.groupId
  );
}
