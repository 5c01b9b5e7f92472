/**
 * The layers of an image as one file system, merged as the kernel's overlay does: a whiteout hides a name of lower layers,
 * an opaque directory everything below it, and an entry of another type replaces what was there. Merged when looked at,
 * one directory at a time. Source: OCI image-spec, layer.md, "Applying Changesets".
 */
import { LRUCache } from 'lru-cache';
import { CoreError } from '../../common/CoreError.ts';
import { EntryFlag, EntryKind, NO_EXTRAS, type LayerIndex } from '../layers/LayerIndex.ts';
import { normalisePath } from '../layers/LayerIndexBuilder.ts';
import type { FileEntry, FileType } from './FileEntry.ts';

/** An entry of one layer. */
interface Place {
  readonly layer: number;
  readonly entry: number;
}

/** What a name means: the entry that shows, and for a directory the directories of all layers that make it up, topmost first. */
interface MergedEntry extends Place {
  readonly parts: readonly Place[];
}

interface MergedDirectory {
  readonly children: ReadonlyMap<string, MergedEntry>;
}

const NO_PARTS: readonly Place[] = [];
/** As many links as Linux follows. */
const MAX_LINKS = 40;
const CACHED_DIRECTORIES = 2_000;

/** Of an image without layers, where there is nothing else. */
const EMPTY_ROOT: FileEntry = {
  path: '/',
  name: '',
  type: 'directory',
  mode: 0o755,
  owner: { userId: 0, groupId: 0, userName: '', groupName: '' },
  sizeInBytes: 0,
  modifiedAtSeconds: 0,
  isHardLink: false,
  isImplicit: true,
  layer: 0,
  entry: 0,
};

const TYPES: Readonly<Record<number, FileType>> = {
  [EntryKind.file]: 'file',
  [EntryKind.directory]: 'directory',
  [EntryKind.symbolicLink]: 'symbolicLink',
  [EntryKind.characterDevice]: 'characterDevice',
  [EntryKind.blockDevice]: 'blockDevice',
  [EntryKind.fifo]: 'fifo',
  // A hard link whose file is nowhere: nothing can be read from it.
  [EntryKind.missingLink]: 'file',
};

export class MergedTree {
  readonly layers: readonly LayerIndex[];
  readonly #directories = new LRUCache<string, MergedDirectory>({ max: CACHED_DIRECTORIES });
  readonly #root: MergedEntry;
  readonly #lower = new Map<number, MergedTree>();

  /** @param layers the base first */
  constructor(layers: readonly LayerIndex[]) {
    this.layers = layers;
    this.#root = mergeRoots(layers);
  }

  /** The entry at a path, links not followed; undefined where there is none. `.` and `..` count as in a URL. */
  get(path: string): FileEntry | undefined {
    const normal = normalisePath(path);
    if (normal === undefined) return undefined;
    const merged = this.#find(normal);
    return merged && this.#toEntry(merged, normal);
  }

  /** The entry at a path, links in its folders followed, the last part not. @throws CoreError `notFound` */
  lookUp(path: string): FileEntry {
    const slash = path.replace(/\/+$/, '').lastIndexOf('/');
    const name = path.slice(slash + 1);
    if (slash < 0 || name === '' || name === '.' || name === '..') return this.resolve(path);
    const parent = this.resolve(path.slice(0, slash)).path;
    const entry = this.get(parent === '/' ? name : `${parent}/${name}`);
    if (!entry) throw notFound(path, 'noSuchFile');
    return entry;
  }

  /**
   * The entry a path leads to when links are followed inside the image: `..` stops at the root, an absolute target begins
   * there.
   * @throws CoreError `notFound` with reason `noSuchFile` or `linkLoop`
   */
  resolve(path: string): FileEntry {
    const todo = path.split('/').reverse();
    const done: string[] = [];
    let links = 0;
    while (todo.length > 0) {
      const part = todo.pop()!;
      if (part === '' || part === '.') continue;
      if (part === '..') {
        done.pop();
        continue;
      }
      const here = [...done, part].join('/');
      const merged = this.#find(here);
      if (!merged) throw notFound(path, 'noSuchFile');
      const index = this.layers[merged.layer]!;
      if (index.kindOf(merged.entry) !== EntryKind.symbolicLink) {
        done.push(part);
        continue;
      }
      links += 1;
      if (links > MAX_LINKS) throw notFound(path, 'linkLoop');
      const target = index.linkOf(merged.entry);
      if (target.startsWith('/')) done.length = 0;
      todo.push(...target.split('/').reverse());
    }
    const real = done.join('/');
    return this.#toEntry(this.#find(real)!, real);
  }

  /** What a directory holds, sorted by name. Links in the path are followed. @throws CoreError `notFound` */
  readDirectory(path: string): FileEntry[] {
    const directory = this.resolve(path);
    if (directory.type !== 'directory') throw notFound(path, 'noDirectory');
    const prefix = directory.path === '/' ? '' : directory.path.slice(1);
    return [...this.#open(prefix, this.#find(prefix)!).children].map(([name, merged]) =>
      this.#toEntry(merged, prefix === '' ? name : `${prefix}/${name}`),
    );
  }

  /**
   * What a directory is made of, as text: equal for two trees where the same directories of the same layers make it up, so
   * that what is below is equal too. Undefined for what is no directory.
   */
  originOf(path: string): string | undefined {
    const parts = this.#find(normalisePath(path) ?? '')?.parts ?? [];
    return parts.length === 0
      ? undefined
      : parts.map(({ layer, entry }) => `${this.layers[layer]!.digest}#${entry}`).join('\n');
  }

  /** Everything below a directory (default: the root), parents before children, itself not included. */
  *walk(path = '/'): Generator<FileEntry> {
    const start = normalisePath(path) ?? '';
    const root = this.#find(start);
    if (root) yield* this.#walk(start, root);
  }

  *#walk(path: string, merged: MergedEntry): Generator<FileEntry> {
    const { parts } = merged;
    // As they are looked at, where nothing has to be merged: a directory may hold a hundred thousand.
    const children = parts.length === 1 ? this.#single(parts[0]!) : this.#merge(merged).children;
    for (const [name, child] of children) {
      const childPath = path === '' ? name : `${path}/${name}`;
      yield this.#toEntry(child, childPath);
      if (child.parts.length > 0) yield* this.#walk(childPath, child);
    }
  }

  #find(path: string): MergedEntry | undefined {
    if (path === '') return this.#root;
    const slash = path.lastIndexOf('/');
    const parentPath = slash < 0 ? '' : path.slice(0, slash);
    const parent = this.#find(parentPath);
    return parent && this.#open(parentPath, parent).children.get(path.slice(slash + 1));
  }

  #open(path: string, merged: MergedEntry): MergedDirectory {
    let directory = this.#directories.get(path);
    if (!directory) {
      directory = this.#merge(merged);
      this.#directories.set(path, directory);
    }
    return directory;
  }

  #merge({ parts }: MergedEntry): MergedDirectory {
    if (parts.length === 1) return { children: new Map(this.#single(parts[0]!)) };
    const found = new Map<string, Place[]>();
    /** Names whose meaning no lower layer can change. */
    const closed = new Set<string>();
    for (const { layer, entry } of parts) {
      const index = this.layers[layer]!;
      for (let child = index.firstChildOf(entry); child < index.endOfChildren(entry); child += 1) {
        const name = index.nameOf(child);
        if (closed.has(name)) continue;
        const kind = index.kindOf(child);
        const known = found.get(name);
        if (kind === EntryKind.directory) {
          if (known) known.push({ layer, entry: child });
          else found.set(name, [{ layer, entry: child }]);
          if (index.hasFlag(child, EntryFlag.opaque)) closed.add(name);
        } else {
          closed.add(name);
          if (!known && kind !== EntryKind.whiteout) found.set(name, [{ layer, entry: child }]);
        }
      }
    }
    const names = [...found.keys()].sort(compareNames);
    return { children: new Map(names.map((name) => [name, this.#toMerged(found.get(name)!)])) };
  }

  /** One layer's directory by itself: sorted already. */
  *#single({ layer, entry }: Place): Generator<readonly [name: string, child: MergedEntry]> {
    const index = this.layers[layer]!;
    for (let child = index.firstChildOf(entry); child < index.endOfChildren(entry); child += 1) {
      const kind = index.kindOf(child);
      if (kind === EntryKind.whiteout) continue;
      const parts = kind === EntryKind.directory ? [{ layer, entry: child }] : NO_PARTS;
      yield [index.nameOf(child), { layer, entry: child, parts }];
    }
  }

  /** A directory that is only mentioned keeps the facts of the one below it. */
  #toMerged(places: readonly Place[]): MergedEntry {
    const top = places[0]!;
    if (this.layers[top.layer]!.kindOf(top.entry) !== EntryKind.directory) {
      return { layer: top.layer, entry: top.entry, parts: NO_PARTS };
    }
    const isDescribed = ({ layer, entry }: Place): boolean =>
      !this.layers[layer]!.hasFlag(entry, EntryFlag.implicit);
    const { layer, entry } = places.find(isDescribed) ?? top;
    return { layer, entry, parts: places };
  }

  /** One literal, because walks make hundreds of thousands of them. */
  #toEntry(own: Place, path: string): FileEntry {
    if (this.layers.length === 0) return EMPTY_ROOT;
    const place = this.#contentOf(own);
    const { layer, entry } = place;
    const index = this.layers[layer]!;
    const kind = index.kindOf(entry);
    const made: { -readonly [Key in keyof FileEntry]: FileEntry[Key] } = {
      path: `/${path}`,
      name: path.slice(path.lastIndexOf('/') + 1),
      type: TYPES[kind]!,
      mode: index.modeOf(entry),
      owner: index.ownerOf(entry),
      sizeInBytes: index.sizeOf(entry),
      modifiedAtSeconds: index.modifiedAtSecondsOf(entry),
      isHardLink: place !== own || index.hasFlag(entry, EntryFlag.hardLink),
      isImplicit: index.hasFlag(entry, EntryFlag.implicit),
      layer,
      entry,
    };
    if (kind === EntryKind.symbolicLink) made.linkTarget = index.linkOf(entry);
    const checksum = index.checksumOf(entry);
    if (checksum !== undefined) made.checksum = checksum;
    const extras = index.extrasOf(entry);
    return extras === NO_EXTRAS ? made : { ...made, ...extras };
  }

  /** A hard link to a file of a lower layer has that file's content. */
  #contentOf(place: Place): Place {
    const index = this.layers[place.layer]!;
    if (index.kindOf(place.entry) !== EntryKind.missingLink) return place;
    const target = this.#below(place.layer).get(index.linkOf(place.entry));
    return target && target.type !== 'directory' ? target : place;
  }

  #below(layer: number): MergedTree {
    let tree = this.#lower.get(layer);
    if (!tree) {
      tree = new MergedTree(this.layers.slice(0, layer));
      this.#lower.set(layer, tree);
    }
    return tree;
  }
}

function mergeRoots(layers: readonly LayerIndex[]): MergedEntry {
  const parts: Place[] = [];
  for (let layer = layers.length - 1; layer >= 0; layer -= 1) {
    parts.push({ layer, entry: 0 });
    if (layers[layer]!.hasFlag(0, EntryFlag.opaque)) break;
  }
  const described = parts.find(({ layer, entry }) => !layers[layer]!.hasFlag(entry, EntryFlag.implicit));
  return { ...(described ?? parts[0] ?? { layer: 0, entry: 0 }), parts };
}

/** By bytes of UTF-8, as the layers are sorted; UTF-16 orders only surrogates otherwise. */
function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function notFound(path: string, reason: string): CoreError {
  return new CoreError('notFound', `${path}: ${reason}`, { operation: 'read file', subject: path, reason });
}
