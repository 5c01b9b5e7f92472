/**
 * Whether files of equal size hold the same, where no checksum of both is known: by the digests of their parts where the
 * tables of contents have them, else by reading them, the smallest first, up to a bound.
 */
import { createHash } from 'node:crypto';
import type { FileEntry } from '../files/FileEntry.ts';
import type { ImageFiles } from '../files/ImageFiles.ts';

export interface ContentPair {
  readonly left: FileEntry;
  readonly right: FileEntry;
}

export interface DifferingPair extends ContentPair {
  /** False: they were too large to be read, and look as if they differ. */
  readonly isKnown: boolean;
}

/** What is read of one image to decide; beyond, files are judged by their times. */
const MAX_READ_BYTES = 32 * 1024 * 1024;

/** The pairs that differ. @throws CoreError what reading throws */
export async function compareContents(
  before: ImageFiles,
  after: ImageFiles,
  pairs: readonly ContentPair[],
  signal: AbortSignal,
): Promise<DifferingPair[]> {
  const differing: DifferingPair[] = [];
  const toRead: ContentPair[] = [];
  let left = MAX_READ_BYTES;
  for (const pair of [...pairs].sort((a, b) => a.left.sizeInBytes - b.left.sizeInBytes)) {
    const [mine, theirs] = [partsOf(before, pair.left), partsOf(after, pair.right)];
    if (mine !== undefined && theirs !== undefined && mine.layout === theirs.layout) {
      if (mine.digests !== theirs.digests) differing.push({ ...pair, isKnown: true });
    } else if (pair.left.sizeInBytes <= left) {
      left -= pair.left.sizeInBytes;
      toRead.push(pair);
    } else if (pair.left.modifiedAtSeconds !== pair.right.modifiedAtSeconds) {
      differing.push({ ...pair, isKnown: false });
    }
  }
  const [mine, theirs] = await Promise.all([
    hashAll(
      before,
      toRead.map((pair) => pair.left),
      signal,
    ),
    hashAll(
      after,
      toRead.map((pair) => pair.right),
      signal,
    ),
  ]);
  for (const pair of toRead) {
    if (mine.get(pair.left.path) !== theirs.get(pair.right.path)) differing.push({ ...pair, isKnown: true });
  }
  return differing;
}

/** Undefined where not every part has a digest. Digests can be compared only where the parts are cut alike. */
function partsOf(
  files: ImageFiles,
  { layer, entry }: FileEntry,
): { readonly layout: string; readonly digests: string } | undefined {
  const { index } = files.layers[layer]!;
  if (index.meta.compression !== 'chunks') return undefined;
  const chunks = index.chunksOf(entry);
  if (chunks.some(({ digest }) => digest === undefined)) return undefined;
  return {
    layout: chunks.map(({ offset }) => offset).join(),
    digests: chunks.map(({ digest }) => digest).join(),
  };
}

async function hashAll(
  files: ImageFiles,
  wanted: readonly FileEntry[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const hashes = new Map<string, string>();
  for await (const { file, content } of files.openAll(wanted, signal)) {
    const hash = createHash('sha256');
    for await (const chunk of content) hash.update(chunk);
    hashes.set(file.path, hash.digest('hex'));
  }
  return hashes;
}
