/** The file system of one image: names at once, content as it is asked for. */
import { CoreError } from '../../common/CoreError.ts';
import { TimeSlices, type Slices } from '../../common/TimeSlices.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { BlobSource, BlobSpan } from '../BlobSource.ts';
import type { LayerIndex, LayerProblem } from '../layers/LayerIndex.ts';
import type { LayerIndexer } from '../layers/LayerIndexer.ts';
import { LayerReader } from '../layers/LayerReader.ts';
import type { FileEntry } from './FileEntry.ts';
import { LayerChanges } from './LayerChanges.ts';
import { MergedTree } from './MergedTree.ts';

/** A layer of the image with its index. */
export interface ImageLayer {
  readonly descriptor: Descriptor;
  readonly index: LayerIndex;
}

export interface ImageFilesProgress {
  /** Bytes of layers that were read, and that have to be; a layer that is known already counts as nothing. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

export interface OpenImageFilesOptions {
  readonly source: BlobSource;
  readonly indexer: LayerIndexer;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ImageFilesProgress) => void;
}

/** A file and what it holds, in the order of the layers. */
export interface FileContent {
  readonly file: FileEntry;
  readonly content: AsyncGenerator<Buffer>;
}

/** Files that are read out of one layer. */
interface LayerFiles {
  readonly entries: number[];
  readonly names: Map<number, FileEntry[]>;
}

export class ImageFiles {
  readonly layers: readonly ImageLayer[];
  readonly #source: BlobSource;
  readonly #tree: MergedTree;
  readonly #readers = new Map<number, LayerReader>();
  readonly #changes = new Map<number, LayerChanges>();
  readonly #alone = new Map<number, ImageFiles>();

  /** @param layers the base first */
  constructor(layers: readonly ImageLayer[], source: BlobSource) {
    this.layers = layers;
    this.#source = source;
    this.#tree = new MergedTree(layers.map(({ index }) => index));
  }

  /** Positions of layers whose archive could not be read to its end, and why. What came before is here. */
  get problems(): { readonly layer: number; readonly problem: LayerProblem }[] {
    return this.layers.flatMap(({ index: { meta } }, layer) =>
      meta.problem ? [{ layer, problem: meta.problem }] : [],
    );
  }

  /** No link is followed; undefined where there is nothing. */
  get(path: string): FileEntry | undefined {
    return this.#tree.get(path);
  }

  /** Links in the folders of the path are followed, the last part is not. @throws CoreError `notFound` */
  lookUp(path: string): FileEntry {
    return this.#tree.lookUp(path);
  }

  /** Links are followed inside the image. @throws CoreError `notFound` with reason `noSuchFile` or `linkLoop` */
  resolve(path: string): FileEntry {
    return this.#tree.resolve(path);
  }

  /** Sorted by name; links in the path are followed. @throws CoreError `notFound` */
  readDirectory(path: string): FileEntry[] {
    return this.#tree.readDirectory(path);
  }

  /** Equal for directories of two images that are made up of the same parts of the same layers. */
  originOf(path: string): string | undefined {
    return this.#tree.originOf(path);
  }

  /** Everything below a directory, parents before children. */
  walk(path?: string): Generator<FileEntry> {
    return this.#tree.walk(path);
  }

  /** What the layer at `position` added, changed and deleted. */
  changesOf(position: number): LayerChanges {
    let changes = this.#changes.get(position);
    if (!changes) {
      changes = new LayerChanges(
        this.layers.map(({ index }) => index),
        position,
      );
      this.#changes.set(position, changes);
    }
    return changes;
  }

  /** One layer alone, as a file system of its own. */
  layerAlone(position: number): ImageFiles {
    let alone = this.#alone.get(position);
    if (!alone) {
      alone = new ImageFiles([this.layers[position]!], this.#source);
      this.#alone.set(position, alone);
    }
    return alone;
  }

  /** @throws CoreError `tooLarge` over `maxBytes`, `invalidInput` for what is no file, or what reading throws */
  async readFile(file: FileEntry, maxBytes: number, signal: AbortSignal, span?: BlobSpan): Promise<Buffer> {
    const length = Math.min(span?.length ?? Infinity, file.sizeInBytes);
    if (length > maxBytes) {
      throw new CoreError('tooLarge', `${file.path} has ${length} bytes`, {
        operation: 'read file',
        subject: file.path,
        reason: 'file',
      });
    }
    const chunks: Buffer[] = [];
    for await (const chunk of this.open(file, signal, span)) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks);
  }

  /** The content as it comes; whoever has enough leaves the loop. @throws CoreError */
  async *open(file: FileEntry, signal: AbortSignal, span?: BlobSpan): AsyncGenerator<Buffer> {
    if (file.type !== 'file') {
      throw new CoreError('invalidInput', `${file.path} is no file`, {
        operation: 'read file',
        subject: file.path,
        reason: 'noFile',
      });
    }
    yield* this.#reader(file.layer).read(file.entry, signal, span);
  }

  /**
   * Many files with as few requests as they take, layer by layer; each is read, or left, before the next. What is no file
   * is left out.
   */
  async *openAll(
    files: Iterable<FileEntry>,
    signal: AbortSignal,
    slices: Slices = new TimeSlices(signal),
  ): AsyncGenerator<FileContent> {
    const byLayer = new Map<number, LayerFiles>();
    for (const file of files) {
      await slices.breathe();
      if (file.type !== 'file') continue;
      let inLayer = byLayer.get(file.layer);
      if (!inLayer) byLayer.set(file.layer, (inLayer = { entries: [], names: new Map() }));
      inLayer.entries.push(file.entry);
      // Names of one file (hard links) share their entry.
      const names = inLayer.names.get(file.entry);
      if (names) names.push(file);
      else inLayer.names.set(file.entry, [file]);
    }
    for (const [layer, { entries, names }] of byLayer) {
      for await (const { entry, content } of this.#reader(layer).readAll(entries, signal, slices)) {
        yield { file: names.get(entry)!.shift()!, content };
      }
    }
  }

  #reader(layer: number): LayerReader {
    let reader = this.#readers.get(layer);
    if (!reader) {
      const { index, descriptor } = this.layers[layer]!;
      reader = new LayerReader(index, descriptor, this.#source);
      this.#readers.set(layer, reader);
    }
    return reader;
  }
}

/**
 * Indexes what is not known yet, topmost layer first, two at a time.
 * @param layers as the manifest lists them, the base first
 * @throws CoreError `cancelled`, `digestMismatch`, or what the source throws
 */
export async function openImageFiles(
  layers: readonly Descriptor[],
  { source, indexer, signal, onProgress }: OpenImageFilesOptions,
): Promise<ImageFiles> {
  const known = await Promise.all(layers.map((descriptor) => indexer.stored(descriptor)));
  const missing = new Set(layers.filter((_, position) => !known[position]).map(({ digest }) => digest));
  const totals = new Map(
    layers.filter(({ digest }) => missing.has(digest)).map((layer) => [layer.digest, layer.sizeInBytes]),
  );
  const done = new Map<string, number>();
  const bytesTotal = sum(totals.values());
  const report = (digest: string, bytes: number): void => {
    done.set(digest, bytes);
    onProgress?.({ bytesDone: sum(done.values()), bytesTotal });
  };
  const abort = new AbortController();
  const both = AbortSignal.any([signal, abort.signal]);
  const indexOf = async (position: number): Promise<LayerIndex> => {
    const descriptor = layers[position]!;
    const index =
      known[position] ??
      (await indexer.index(source, descriptor, both, (bytes) => report(descriptor.digest, bytes)));
    if (missing.has(descriptor.digest)) report(descriptor.digest, descriptor.sizeInBytes);
    return index;
  };
  const indexes = layers
    .map((_, position) => position)
    .reverse()
    .map(indexOf);
  try {
    const ready = (await Promise.all(indexes)).reverse();
    return new ImageFiles(
      layers.map((descriptor, position) => ({ descriptor, index: ready[position]! })),
      source,
    );
  } catch (error) {
    // What failed for one layer fails for the image: the others need not go on.
    abort.abort(error);
    await Promise.allSettled(indexes);
    throw error;
  }
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
