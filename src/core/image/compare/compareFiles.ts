/**
 * The files of two images side by side. Content is the same where it comes from the same entry of the same layer, or where
 * size and checksum agree; it is read only where no checksum is known. The time of a file is no difference: every build
 * writes another one.
 *
 * Where layers that both images have were not read, what they hold is unknown: a file that only one image adds may then
 * replace one of theirs. Such differences are not certain, and directories are not told at all.
 */
import { CoreError } from '../../common/CoreError.ts';
import type { FileEntry, FileType } from '../files/FileEntry.ts';
import { EntryFlag, EntryKind, type LayerIndex, type Owner } from '../layers/LayerIndex.ts';
import type { FileDifferenceKind } from './FileQuery.ts';
import { compareContents, type ContentPair } from './compareContents.ts';
import type { ComparedFiles, PartialFiles } from './openComparedFiles.ts';
import { TimeSlices } from '../../common/TimeSlices.ts';

export interface FileFacts {
  readonly type: FileType;
  readonly mode: number;
  readonly owner: Owner;
  readonly sizeInBytes: number;
  readonly linkTarget?: string;
  /** Position in the image of the layer that holds the content. */
  readonly layer: number;
  /** Its path in that layer; a hard link has the path of its file. */
  readonly layerPath: string;
}

export interface FileDifference {
  readonly kind: FileDifferenceKind;
  readonly path: string;
  /** Absent where it is not there, or is in a layer that was not read. */
  readonly before?: FileFacts;
  readonly after?: FileFacts;
  /** False where layers that were not read could say otherwise. */
  readonly isCertain: boolean;
}

/** In the order of paths. @throws CoreError `cancelled`, or what reading content throws */
export async function compareFiles(compared: ComparedFiles, signal: AbortSignal): Promise<FileDifference[]> {
  return new FileComparer(compared, signal).compare();
}

class FileComparer {
  readonly #before: PartialFiles;
  readonly #after: PartialFiles;
  readonly #isComplete: boolean;
  readonly #signal: AbortSignal;
  readonly #slices = new TimeSlices();
  readonly #differences: FileDifference[] = [];
  readonly #undecided: ContentPair[] = [];

  constructor({ before, after }: ComparedFiles, signal: AbortSignal) {
    this.#before = before;
    this.#after = after;
    this.#isComplete = before.unread.length + after.unread.length === 0;
    this.#signal = signal;
  }

  async compare(): Promise<FileDifference[]> {
    const [left, right] = [this.#before.files.get('/'), this.#after.files.get('/')];
    if (left && right) {
      this.#compareFacts(left, right);
      await this.#compareDirectories('/');
    }
    if (!this.#isComplete) {
      await this.#addHidden(this.#before, this.#after, 'added');
      await this.#addHidden(this.#after, this.#before, 'removed');
    }
    const differing = await compareContents(
      this.#before.files,
      this.#after.files,
      this.#undecided,
      this.#signal,
    );
    const changed = new Set(differing.map(({ left: entry }) => entry));
    for (const pair of differing) this.#addChange('changed', pair.left, pair.right, pair.isKnown);
    for (const pair of this.#undecided) {
      if (!changed.has(pair.left)) this.#compareMetadata(pair.left, pair.right);
    }
    return this.#differences.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  }

  async #compareDirectories(root: string): Promise<void> {
    const todo = [root];
    for (let path = todo.pop(); path !== undefined; path = todo.pop()) {
      await this.#breathe();
      if (this.#before.files.originOf(path) === this.#after.files.originOf(path)) continue;
      const right = new Map(this.#after.files.readDirectory(path).map((entry) => [entry.name, entry]));
      for (const entry of this.#before.files.readDirectory(path)) {
        const other = right.get(entry.name);
        right.delete(entry.name);
        if (!other) {
          await this.#addAll('removed', entry, this.#before);
          continue;
        }
        const areDirectories = entry.type === 'directory' && other.type === 'directory';
        if (areDirectories) todo.push(entry.path);
        else await this.#addReplaced(entry, other);
        this.#compareFacts(entry, other);
      }
      for (const entry of right.values()) await this.#addAll('added', entry, this.#after);
    }
  }

  /** What was below a directory that is something else in the other image. */
  async #addReplaced(left: FileEntry, right: FileEntry): Promise<void> {
    if (left.type === 'directory') await this.#addBelow('removed', left, this.#before);
    if (right.type === 'directory') await this.#addBelow('added', right, this.#after);
  }

  async #addAll(kind: 'added' | 'removed', entry: FileEntry, side: PartialFiles): Promise<void> {
    this.#addOne(kind, entry, side);
    if (entry.type === 'directory') await this.#addBelow(kind, entry, side);
  }

  async #addBelow(kind: 'added' | 'removed', directory: FileEntry, side: PartialFiles): Promise<void> {
    for (const entry of side.files.walk(directory.path)) {
      this.#addOne(kind, entry, side);
      await this.#breathe();
    }
  }

  #addOne(kind: 'added' | 'removed', entry: FileEntry, side: PartialFiles): void {
    if (entry.type === 'directory' && !this.#isComplete) return;
    const facts = factsOf(entry, side);
    const { path } = entry;
    const isCertain = this.#isComplete;
    this.#differences.push(
      kind === 'added' ? { kind, path, after: facts, isCertain } : { kind, path, before: facts, isCertain },
    );
  }

  #compareFacts(left: FileEntry, right: FileEntry): void {
    if (this.#isSameEntry(left, right)) return;
    const content = contentOf(left, right);
    if (content === 'differs') this.#addChange('changed', left, right, true);
    else if (content === 'unknown') this.#undecided.push({ left, right });
    else this.#compareMetadata(left, right);
  }

  #compareMetadata(left: FileEntry, right: FileEntry): void {
    if (!isSameMetadata(left, right)) this.#addChange('metadata', left, right, true);
  }

  #addChange(kind: 'changed' | 'metadata', left: FileEntry, right: FileEntry, isKnown: boolean): void {
    const [before, after] = [factsOf(left, this.#before), factsOf(right, this.#after)];
    const isHidden = (side: PartialFiles, { layer }: FileFacts): boolean =>
      side.unread.some((position) => position > layer);
    const isCertain = isKnown && !isHidden(this.#before, before) && !isHidden(this.#after, after);
    this.#differences.push({ kind, path: left.path, before, after, isCertain });
  }

  #isSameEntry(left: FileEntry, right: FileEntry): boolean {
    return (
      left.entry === right.entry &&
      this.#before.files.layers[left.layer]?.index.digest ===
        this.#after.files.layers[right.layer]?.index.digest
    );
  }

  /** What one image deletes out of layers that were not read, and the other leaves there. */
  async #addHidden(hiding: PartialFiles, other: PartialFiles, kind: 'added' | 'removed'): Promise<void> {
    for (const [at, { index }] of hiding.files.layers.entries()) {
      const below = hiding.files.layers.slice(0, at);
      if (!hiding.unread.some((position) => position < hiding.positions[at]!)) continue;
      for (let entry = 0; entry < index.entryCount; entry += 1) {
        if (index.kindOf(entry) !== EntryKind.whiteout) continue;
        await this.#breathe();
        const path = index.pathOf(entry);
        const isKnown =
          hiding.files.get(path) !== undefined ||
          other.files.get(path) !== undefined ||
          below.some((layer) => layer.index.findPath(path) !== undefined);
        if (isKnown || other.files.layers.some((layer) => hides(layer.index, path))) continue;
        this.#differences.push({ kind, path, isCertain: false });
      }
    }
  }

  async #breathe(): Promise<void> {
    await this.#slices.breathe();
    if (this.#signal.aborted) throw new CoreError('cancelled', 'cancelled', { operation: 'compare files' });
  }
}

function factsOf(entry: FileEntry, { files, positions }: PartialFiles): FileFacts {
  const { type, mode, owner, sizeInBytes, linkTarget, layer } = entry;
  return {
    type,
    mode,
    owner,
    sizeInBytes: type === 'file' ? sizeInBytes : 0,
    ...(linkTarget !== undefined && { linkTarget }),
    layer: positions[layer]!,
    layerPath: files.layers[layer]!.index.pathOf(entry.entry),
  };
}

function contentOf(left: FileEntry, right: FileEntry): 'same' | 'differs' | 'unknown' {
  if (left.type !== right.type || left.linkTarget !== right.linkTarget) return 'differs';
  if (left.device?.major !== right.device?.major || left.device?.minor !== right.device?.minor)
    return 'differs';
  if (left.type !== 'file') return 'same';
  if (left.sizeInBytes !== right.sizeInBytes) return 'differs';
  if (left.sizeInBytes === 0) return 'same';
  // Sparse files are summed as they are stored, with holes or without.
  if (left.checksum === undefined || right.checksum === undefined || left.sparse || right.sparse)
    return 'unknown';
  return left.checksum === right.checksum ? 'same' : 'differs';
}

function isSameMetadata(left: FileEntry, right: FileEntry): boolean {
  if (left.isImplicit || right.isImplicit) return true;
  const isSameOwner = left.owner.userId === right.owner.userId && left.owner.groupId === right.owner.groupId;
  // The mode of a symbolic link means nothing.
  return isSameOwner && (left.mode === right.mode || left.type === 'symbolicLink');
}

/** Whether a layer deletes what lower ones have at a path: by its name, by that of a parent, or by an opaque parent. */
function hides(index: LayerIndex, path: string): boolean {
  let entry = 0;
  for (const name of path.split('/').slice(1)) {
    if (index.hasFlag(entry, EntryFlag.opaque)) return true;
    const child = index.find(entry, name);
    if (child === undefined) return false;
    if (index.kindOf(child) !== EntryKind.directory) return true;
    entry = child;
  }
  return false;
}
