/** The maps of sparse files in GNU's formats. Source: GNU tar manual, "Storing Sparse Files". */
import { damagedArchive } from './damagedArchive.ts';
import { readNumber } from './tarHeader.ts';
import type { SparseRegion } from './TarEntry.ts';

/** More regions than any real file has, few enough to hold in memory. */
const MAX_REGIONS = 1_000_000;

/** `count` pairs of 12-byte numbers of an old GNU header; a zero length with nothing behind ends them. */
export function readOldGnuRegions(block: Uint8Array, at: number, count: number): SparseRegion[] {
  const regions: SparseRegion[] = [];
  for (let i = 0; i < count; i += 1) {
    const start = at + i * 24;
    if (block[start] === 0) break;
    regions.push({ offset: readNumber(block, start, 12), length: readNumber(block, start + 12, 12) });
  }
  return regions;
}

/** Format 0.1: `offset,length,offset,length,…`. */
export function parseCommaMap(text: string): SparseRegion[] {
  return text === '' ? [] : pairUp(text.split(',').map(parseDecimal));
}

/** Format 1.0: the map stands before the content, as lines, filled up to whole blocks. */
export class SparseMapReader {
  #text = '';
  #wanted: number | undefined;
  #numbers: number[] = [];

  /** Takes one block; the regions once the map is whole. */
  addBlock(block: Buffer): SparseRegion[] | undefined {
    this.#text += block.toString('latin1');
    const lines = this.#text.split('\n');
    this.#text = lines.pop()!;
    for (const line of lines) {
      if (this.#wanted === undefined) {
        this.#wanted = parseDecimal(line) * 2;
        if (this.#wanted > MAX_REGIONS * 2) throw damagedArchive('sparseMap');
      } else if (this.#numbers.length < this.#wanted) {
        this.#numbers.push(parseDecimal(line));
      }
      if (this.#numbers.length === this.#wanted) return pairUp(this.#numbers);
    }
    if (this.#text.length > 512) throw damagedArchive('sparseMap');
    return undefined;
  }
}

/** In order, without overlap, within the file, and together as long as what is stored. @throws CoreError `protocol` */
export function checkSparseRegions(
  regions: readonly SparseRegion[],
  sizeInBytes: number,
  storedSizeInBytes: number,
): SparseRegion[] {
  let position = 0;
  let stored = 0;
  for (const { offset, length } of regions) {
    if (offset < position || length < 0 || offset + length > sizeInBytes) throw damagedArchive('sparseMap');
    position = offset + length;
    stored += length;
  }
  if (stored !== storedSizeInBytes) throw damagedArchive('sparseMap');
  return regions.filter(({ length }) => length > 0);
}

export function pairUp(numbers: readonly number[]): SparseRegion[] {
  if (numbers.length % 2 !== 0 || numbers.length > MAX_REGIONS * 2) throw damagedArchive('sparseMap');
  return Array.from({ length: numbers.length / 2 }, (_, i) => ({
    offset: numbers[i * 2]!,
    length: numbers[i * 2 + 1]!,
  }));
}

export function parseDecimal(text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(value)) throw damagedArchive('paxNumber');
  return value;
}
