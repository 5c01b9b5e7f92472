/** What a clean-up frees, each blob counted once, and only those that nothing kept needs. */
import type { Digest } from '../../oci/digest.ts';
import type { Manifest } from '../../oci/manifest.ts';
import type { BytesFreed, CleanUpEntry } from './CleanUpPlan.ts';

export interface BytesFreedSource {
  readonly children: ReadonlyMap<Digest, readonly Digest[]>;
  /** More than so many are not read: sizes are added up instead. */
  readonly maxManifestsRead: number;
  /** Undefined where it cannot be read. */
  read(digest: Digest): Promise<Manifest | undefined>;
}

/** Of entries that go with all tags of their image; a tag that leaves its image to others frees nothing. */
export async function countBytesFreed(
  entries: readonly CleanUpEntry[],
  source: BytesFreedSource,
): Promise<BytesFreed> {
  const staying = new Set(entries.filter(({ action }) => action === 'keep').map(({ digest }) => digest));
  const going = new Map<Digest, CleanUpEntry>();
  for (const entry of entries) {
    if (entry.action === 'delete' && entry.digest && !staying.has(entry.digest))
      going.set(entry.digest, entry);
  }
  const kept = [...staying].filter((digest) => digest !== undefined);
  if (going.size === 0) return { sizeInBytes: 0, basis: 'blobs' };
  const counted =
    going.size + kept.length <= source.maxManifestsRead
      ? await countBlobs([...going.keys()], kept, source)
      : undefined;
  if (counted !== undefined) return { sizeInBytes: counted, basis: 'blobs' };
  return addSizes([...going.values()], source.children);
}

/** Undefined where a manifest cannot be read, or there are too many. */
async function countBlobs(
  going: readonly Digest[],
  kept: readonly Digest[],
  source: BytesFreedSource,
): Promise<number | undefined> {
  const budget = { left: source.maxManifestsRead };
  const needed = await collectBlobs(kept, source, budget);
  const freed = await collectBlobs(going, source, budget);
  if (!needed || !freed) return undefined;
  let sizeInBytes = 0;
  for (const [digest, size] of freed) if (!needed.has(digest)) sizeInBytes += size;
  return sizeInBytes;
}

async function collectBlobs(
  roots: readonly Digest[],
  source: BytesFreedSource,
  budget: { left: number },
): Promise<Map<Digest, number> | undefined> {
  const blobs = new Map<Digest, number>();
  const seen = new Set<Digest>();
  for (let level = [...roots]; level.length > 0;) {
    const open = level.filter((digest) => !seen.has(digest));
    budget.left -= open.length;
    if (budget.left < 0) return undefined;
    for (const digest of open) seen.add(digest);
    const manifests = await Promise.all(open.map((digest) => source.read(digest)));
    level = [];
    for (const manifest of manifests) {
      // Schema 1 knows no sizes.
      if (manifest === undefined || manifest.kind === 'legacy') return undefined;
      if (manifest.kind === 'index') level.push(...manifest.manifests.map(({ digest }) => digest));
      else {
        for (const { digest, sizeInBytes } of [manifest.config, ...manifest.layers]) {
          blobs.set(digest, sizeInBytes);
        }
      }
    }
  }
  return blobs;
}

/** The size of an index holds those of what it lists already. */
function addSizes(going: readonly CleanUpEntry[], children: BytesFreedSource['children']): BytesFreed {
  const listed = new Set(going.flatMap(({ digest }) => children.get(digest!) ?? []));
  let sizeInBytes = 0;
  let isPartly = false;
  for (const { digest, sizeInBytes: size } of going) {
    if (listed.has(digest!)) continue;
    if (size === undefined) isPartly = true;
    else sizeInBytes += size;
  }
  return { sizeInBytes, basis: isPartly ? 'partly' : 'sizes' };
}
