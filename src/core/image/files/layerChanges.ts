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

/**
 * Parents before children. A directory that keeps its type, mode and owner is no change: archives name the parents of
 * what they hold. A whiteout of nothing is no change either. What a deleted directory held is not listed.
 * @param layers the base first
 * @param position of the layer
 */
export function* layerChanges(layers: readonly LayerIndex[], position: number): Generator<LayerChange> {
  const below = new MergedTree(layers.slice(0, position));
  const upTo = new MergedTree(layers.slice(0, position + 1));
  const index = layers[position]!;
  yield* changesIn(index, 0, '', below, upTo);
}

function* changesIn(
  index: LayerIndex,
  directory: number,
  path: string,
  below: MergedTree,
  upTo: MergedTree,
): Generator<LayerChange> {
  if (index.hasFlag(directory, EntryFlag.opaque) && below.get(path)?.type === 'directory') {
    for (const previous of below.readDirectory(path)) {
      if (index.find(directory, previous.name) === undefined)
        yield { kind: 'deleted', path: previous.path, previous };
    }
  }
  for (let child = index.firstChildOf(directory); child < index.endOfChildren(directory); child += 1) {
    const childPath = `${path}/${index.nameOf(child)}`;
    const previous = below.get(childPath);
    if (index.kindOf(child) === EntryKind.whiteout) {
      if (previous) yield { kind: 'deleted', path: childPath, previous };
      continue;
    }
    const entry = upTo.get(childPath);
    if (!entry) continue;
    if (!previous) yield { kind: 'added', path: childPath, entry };
    else if (!isSameDirectory(entry, previous)) yield { kind: 'changed', path: childPath, entry, previous };
    if (index.kindOf(child) === EntryKind.directory) yield* changesIn(index, child, childPath, below, upTo);
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
