/** Finds files of an image by name, a slice at a time, so that typing stays smooth however many there are. */
import type { FileEntry } from './FileEntry.ts';
import type { ImageFiles } from './ImageFiles.ts';

/** Milliseconds of work between two chances for others. */
const SLICE_MS = 12;

export interface SearchOptions {
  readonly maximum: number;
  readonly signal: AbortSignal;
}

/**
 * Files, links and directories whose path holds every word of `text`, in any case; names that begin with the last word come before
 * others. Yields what was found so far after each slice; ends early at the maximum.
 */
export async function* searchFiles(
  files: ImageFiles,
  text: string,
  { maximum, signal }: SearchOptions,
): AsyncGenerator<FileEntry[]> {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const last = (words.at(-1) ?? '').replace(/^.*\//, '');
  const best: FileEntry[] = [];
  const others: FileEntry[] = [];
  let sliceStart = performance.now();
  for (const entry of files.walk()) {
    const path = entry.path.toLowerCase();
    if (words.every((word) => path.includes(word))) {
      (entry.name.toLowerCase().startsWith(last) ? best : others).push(entry);
      if (best.length >= maximum) break;
    }
    if (performance.now() - sliceStart < SLICE_MS) continue;
    yield [...best, ...others].slice(0, maximum);
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (signal.aborted) return;
    sliceStart = performance.now();
  }
  yield [...best, ...others].slice(0, maximum);
}
