/**
 * Opens as much of the files of two images as comparing them takes: the layers that only one of them has. What both have
 * is used where its index is on the disk already, and read only when a person asks for it.
 */
import { CoreError } from '../../common/CoreError.ts';
import type { BlobSource } from '../BlobSource.ts';
import { ImageFiles, type ImageFilesProgress } from '../files/ImageFiles.ts';
import type { LayerIndex } from '../layers/LayerIndex.ts';
import type { LayerIndexer } from '../layers/LayerIndexer.ts';
import { membership, type ComparedLayer } from './compareLayers.ts';

export interface ComparedSource {
  /** The base first. */
  readonly layers: readonly ComparedLayer[];
  readonly source: BlobSource;
}

/** The file system of an image of which some layers may not have been read. */
export interface PartialFiles {
  /** Of the layers that were read, the base first. */
  readonly files: ImageFiles;
  /** For each of these its position in the image. */
  readonly positions: readonly number[];
  /** Positions in the image of the layers that were not read. */
  readonly unread: readonly number[];
}

export interface ComparedFiles {
  readonly before: PartialFiles;
  readonly after: PartialFiles;
  /** Layers of both images that were not read. */
  readonly unreadLayers: readonly ComparedLayer[];
}

export interface OpenComparedFilesOptions {
  readonly indexer: LayerIndexer;
  /** Reads what both images have as well: then nothing is uncertain. */
  readonly readShared?: boolean;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ImageFilesProgress) => void;
}

interface WantedLayer {
  readonly layer: ComparedLayer;
  readonly source: BlobSource;
}

/** @throws CoreError `cancelled`, `digestMismatch`, or what the sources throw */
export async function openComparedFiles(
  before: ComparedSource,
  after: ComparedSource,
  options: OpenComparedFilesOptions,
): Promise<ComparedFiles> {
  const { indexer, readShared = false } = options;
  const indexes = new Map<string, LayerIndex>();
  const missing = new Map<string, WantedLayer>();
  const sides = [
    { side: before, isShared: membership(after.layers) },
    { side: after, isShared: membership(before.layers) },
  ];
  for (const { side, isShared } of sides) {
    for (const layer of side.layers) {
      if (indexes.has(layer.digest) || missing.has(layer.digest)) continue;
      const known = await indexer.stored(layer);
      if (known) indexes.set(layer.digest, known);
      else if (readShared || !isShared(layer)) missing.set(layer.digest, { layer, source: side.source });
    }
  }
  await indexMissing([...missing.values()], indexes, options);
  const left = toPartialFiles(before, indexes);
  const right = toPartialFiles(after, indexes);
  const unreadLayers = [
    ...new Map(right.unread.map((position) => after.layers[position]!).map((each) => [each.digest, each])),
  ].map(([, layer]) => layer);
  return { before: left, after: right, unreadLayers };
}

async function indexMissing(
  missing: readonly WantedLayer[],
  indexes: Map<string, LayerIndex>,
  { indexer, signal, onProgress }: OpenComparedFilesOptions,
): Promise<void> {
  const done = new Map<string, number>();
  const bytesTotal = missing.reduce((sum, { layer }) => sum + layer.sizeInBytes, 0);
  const report = (digest: string, bytes: number): void => {
    done.set(digest, bytes);
    let bytesDone = 0;
    for (const each of done.values()) bytesDone += each;
    onProgress?.({ bytesDone, bytesTotal });
  };
  const abort = new AbortController();
  const both = AbortSignal.any([signal, abort.signal]);
  // The topmost first: they are small, and the indexer takes two at a time.
  const indexing = [...missing].reverse().map(async ({ layer, source }) => {
    indexes.set(
      layer.digest,
      await indexer.index(source, layer, both, (bytes) => report(layer.digest, bytes)),
    );
    report(layer.digest, layer.sizeInBytes);
  });
  try {
    await Promise.all(indexing);
  } catch (error) {
    // What failed for one layer fails for the comparison: the others need not go on.
    abort.abort(error);
    await Promise.allSettled(indexing);
    throw error;
  }
  if (signal.aborted) throw new CoreError('cancelled', 'cancelled', { operation: 'compare files' });
}

function toPartialFiles(
  { layers, source }: ComparedSource,
  indexes: ReadonlyMap<string, LayerIndex>,
): PartialFiles {
  const read = layers.flatMap((descriptor, position) => {
    const index = indexes.get(descriptor.digest);
    return index ? [{ descriptor, index, position }] : [];
  });
  const positions = read.map(({ position }) => position);
  return {
    files: new ImageFiles(read, source),
    positions,
    unread: layers.map((_, position) => position).filter((position) => !positions.includes(position)),
  };
}
