/**
 * Measures where the bytes of an image are, from the indexes of its layers alone. All layers are walked as one tree, path
 * by path, in slices, so that nobody waits for it.
 *
 * The efficiency is dive's, so that a person finds the number that a CI check by dive has. Facts, from the source of
 * wagoodman/dive 0.13, `dive/filetree/efficiency.go`: a path counts in every layer where it is a leaf (a file, a link, a
 * folder that the layer says nothing below of, a whiteout); a whiteout of a folder counts what the folder held below, one of a
 * file nothing; opaque markers are ignored; links and folders have no size. It differs where dive stops: a whiteout of what
 * is not there ends dive's count of that layer, and is passed over here.
 */
import { TimeSlices } from '../../common/TimeSlices.ts';
import { EntryFlag, EntryKind, type LayerIndex } from '../layers/LayerIndex.ts';
import type { ImageSpace, RepeatedPath, SizeNode } from './ImageSpace.ts';

/** An entry of one layer. */
interface Place {
  readonly layer: number;
  readonly entry: number;
}

const MAX_REPEATED_PATHS = 100;
/** A file or folder with a smaller share of the image is not kept by its name. */
const SMALLEST_SHARE = 1 / 20_000;
/** Entries between two looks at the clock. */
const STRIDE = 256;

/**
 * @param layers the base first
 * @throws the reason of `signal`
 */
export async function measureSpace(layers: readonly LayerIndex[], signal: AbortSignal): Promise<ImageSpace> {
  const walk = new SpaceWalk(layers);
  const steps = walk.run();
  const slices = new TimeSlices();
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value;
    await slices.breathe();
    signal.throwIfAborted();
  }
}

/** What comes from above: layers that close what lower ones have below this path. */
interface Above {
  /** As the kernel merges: whiteouts, other types, opaque folders. Ascending. */
  readonly closers: readonly number[];
  /** As dive stacks: whiteouts only. Ascending. */
  readonly removals: readonly number[];
}

/** What of a path a container sees. */
interface Visible {
  readonly sizeInBytes: number;
  readonly fileCount: number;
  /** Undefined where it is too small to be kept. */
  readonly node: SizeNode | undefined;
}

const NOTHING: Visible = { sizeInBytes: 0, fileCount: 0, node: undefined };

class SpaceWalk {
  readonly #layers: readonly LayerIndex[];
  readonly #sizes: number[];
  readonly #hides: number[];
  readonly #repeated: RepeatedPath[] = [];
  #repeatedCount = 0;
  #wasted = 0;
  #smallest = 0;
  #all = 0;
  #smallestToKeep = 0;
  #visits = 0;

  constructor(layers: readonly LayerIndex[]) {
    this.#layers = layers;
    this.#sizes = layers.map(() => 0);
    this.#hides = layers.map(() => 0);
  }

  *run(): Generator<void, ImageSpace> {
    for (const [layer, index] of this.#layers.entries()) {
      for (let entry = 0; entry < index.entryCount; entry += 1) {
        if (this.#isDue()) yield;
        this.#sizes[layer]! += this.#sizeOf({ layer, entry });
      }
    }
    const totalBytes = this.#sizes.reduce((sum, size) => sum + size, 0);
    this.#smallestToKeep = Math.max(1, totalBytes * SMALLEST_SHARE);
    const roots = this.#layers.map((_, layer) => ({ layer, entry: 0 }));
    const opaque = roots.filter((place) => this.#isOpaque(place)).map(({ layer }) => layer);
    const root = yield* this.#folder('', roots, { closers: opaque, removals: [] });
    return {
      efficiency: this.#all === 0 ? 1 : this.#smallest / this.#all,
      wastedBytes: this.#wasted,
      totalBytes,
      visibleBytes: root.sizeInBytes,
      layers: this.#layers.map(({ digest, meta }, layer) => ({
        digest,
        sizeInBytes: this.#sizes[layer]!,
        hidesBytes: this.#hides[layer]!,
        isIncomplete: meta.problem !== undefined,
      })),
      repeatedPathCount: this.#repeatedCount,
      repeatedPaths: this.#repeated,
      root: root.node ?? { name: '', sizeInBytes: 0, children: [] },
    };
  }

  *#path(name: string, places: readonly Place[], above: Above): Generator<void, Visible> {
    if (this.#isDue()) yield;
    const visible = this.#visibleFile(name, places, above.closers);
    yield* this.#count(places, above.removals, visible !== undefined);
    const folders = places.filter((place) => this.#kindOf(place) === EntryKind.directory);
    if (folders.length === 0) return visible ?? NOTHING;
    const closers = places.filter((place) => !folders.includes(place) || this.#isOpaque(place));
    const removals = places.filter((place) => this.#kindOf(place) === EntryKind.whiteout);
    const below = yield* this.#folder(name, folders, {
      closers: merge(above.closers, closers),
      removals: merge(above.removals, removals),
    });
    return visible ?? below;
  }

  /** @param folders one of each layer that has it */
  *#folder(name: string, folders: readonly Place[], above: Above): Generator<void, Visible> {
    let sizeInBytes = 0;
    let fileCount = 0;
    let [restCount, restSize] = [0, 0];
    const children: SizeNode[] = [];
    for (const [childName, places] of yield* this.#children(folders)) {
      const child = yield* this.#path(childName, places, above);
      sizeInBytes += child.sizeInBytes;
      fileCount += child.fileCount;
      if (child.node) {
        children.push(child.node);
      } else {
        restCount += child.fileCount;
        restSize += child.sizeInBytes;
      }
    }
    if (sizeInBytes < this.#smallestToKeep && name !== '') {
      return { sizeInBytes, fileCount, node: undefined };
    }
    children.sort((a, b) => b.sizeInBytes - a.sizeInBytes);
    const rest = restSize > 0 && { rest: { fileCount: restCount, sizeInBytes: restSize } };
    return { sizeInBytes, fileCount, node: { name, sizeInBytes, children, ...rest } };
  }

  /** The names below a folder of one or more layers, each with its places, the base first. */
  *#children(folders: readonly Place[]): Generator<void, Iterable<[string, Place[]]>> {
    const [only] = folders;
    if (only && folders.length === 1) return this.#childrenOfOne(only) as Iterable<[string, Place[]]>;
    const found = new Map<string, Place[]>();
    for (const folder of folders) {
      for (const [name, [place]] of this.#childrenOfOne(folder)) {
        if (this.#isDue()) yield;
        const places = found.get(name);
        if (places) places.push(place!);
        else found.set(name, [place!]);
      }
    }
    return found;
  }

  *#childrenOfOne({ layer, entry }: Place): Generator<[string, Place[]]> {
    const index = this.#layers[layer]!;
    for (let child = index.firstChildOf(entry); child < index.endOfChildren(entry); child += 1) {
      yield [index.nameOf(child), [{ layer, entry: child }]];
    }
  }

  /** Takes notice of what each layer hides, and gives the file that stays visible. */
  #visibleFile(name: string, places: readonly Place[], closers: readonly number[]): Visible | undefined {
    let visible: Visible | undefined;
    for (const [at, place] of places.entries()) {
      if (this.#kindOf(place) === EntryKind.directory || this.#kindOf(place) === EntryKind.whiteout) continue;
      const sizeInBytes = this.#sizeOf(place);
      const closer = closers.find((layer) => layer > place.layer) ?? Infinity;
      const hiddenBy = Math.min(places[at + 1]?.layer ?? Infinity, closer);
      if (hiddenBy !== Infinity) {
        this.#hides[hiddenBy]! += sizeInBytes;
      } else {
        const node = sizeInBytes >= this.#smallestToKeep ? { name, sizeInBytes } : undefined;
        visible = { sizeInBytes, fileCount: 1, node };
      }
    }
    return visible;
  }

  /** Counts a path as dive does. */
  *#count(places: readonly Place[], removals: readonly number[], isVisible: boolean): Generator<void> {
    let [count, sum, smallest] = [0, 0, Infinity];
    for (const place of places) {
      let size: number | undefined;
      if (this.#kindOf(place) === EntryKind.whiteout)
        size = yield* this.#removedSize(places, place, removals);
      else if (this.#isLeaf(place)) size = this.#sizeOf(place);
      if (size === undefined) continue;
      count += 1;
      sum += size;
      smallest = Math.min(smallest, size);
    }
    if (count === 0) return;
    this.#all += sum;
    this.#smallest += smallest;
    if (count < 2) return;
    this.#repeatedCount += 1;
    this.#wasted += sum;
    const last = this.#repeated.at(-1);
    if (last && this.#repeated.length === MAX_REPEATED_PATHS && last.sizeInBytes >= sum) return;
    const { layer, entry } = places[0]!;
    const path = this.#layers[layer]!.pathOf(entry);
    const file = places.findLast((place) => this.#kindOf(place) === EntryKind.file);
    const position = this.#repeated.findIndex(({ sizeInBytes }) => sizeInBytes < sum);
    this.#repeated.splice(position < 0 ? this.#repeated.length : position, 0, {
      path,
      count,
      sizeInBytes: sum,
      ...(file && { fileLayer: file.layer }),
      isVisible,
    });
    if (this.#repeated.length > MAX_REPEATED_PATHS) this.#repeated.pop();
  }

  /** What a whiteout takes away, as dive sees it; undefined where nothing was there. */
  *#removedSize(
    places: readonly Place[],
    whiteout: Place,
    removals: readonly number[],
  ): Generator<void, number | undefined> {
    const from = removals.findLast((layer) => layer < whiteout.layer) ?? -1;
    const below = this.#sinceRemoval(places.filter(({ layer }) => layer > from && layer < whiteout.layer));
    const top = below.at(-1);
    if (!top) return undefined;
    const isFolder = this.#kindOf(top) === EntryKind.directory && !this.#hasFlag(top, EntryFlag.implicit);
    return isFolder ? yield* this.#stackedSize(below) : 0;
  }

  *#stackedSize(places: readonly Place[]): Generator<void, number> {
    const stacked = this.#sinceRemoval(places);
    const top = stacked.at(-1);
    if (!top) return 0;
    let size = this.#sizeOf(top);
    for (const [, children] of yield* this.#children(stacked)) {
      if (this.#isDue()) yield;
      size += yield* this.#stackedSize(children);
    }
    return size;
  }

  #sinceRemoval(places: readonly Place[]): readonly Place[] {
    return places.slice(places.findLastIndex((place) => this.#kindOf(place) === EntryKind.whiteout) + 1);
  }

  #isDue(): boolean {
    this.#visits += 1;
    return this.#visits % STRIDE === 0;
  }

  #isLeaf({ layer, entry }: Place): boolean {
    const index = this.#layers[layer]!;
    return index.firstChildOf(entry) === index.endOfChildren(entry);
  }

  #isOpaque(place: Place): boolean {
    return this.#hasFlag(place, EntryFlag.opaque);
  }

  #hasFlag({ layer, entry }: Place, flag: number): boolean {
    return this.#layers[layer]!.hasFlag(entry, flag);
  }

  #kindOf({ layer, entry }: Place): number {
    return this.#layers[layer]!.kindOf(entry);
  }

  #sizeOf(place: Place): number {
    const isStored = this.#kindOf(place) === EntryKind.file && !this.#hasFlag(place, EntryFlag.hardLink);
    return isStored ? this.#layers[place.layer]!.sizeOf(place.entry) : 0;
  }
}

function merge(layers: readonly number[], more: readonly Place[]): readonly number[] {
  return more.length === 0 ? layers : [...layers, ...more.map(({ layer }) => layer)].sort((a, b) => a - b);
}
