/**
 * Makes the index of a layer from its bytes, read once from the start: digest, decompression, tar and resume points in
 * one pass. Runs in a worker; nothing here knows that.
 */
import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { CoreError, isCoreError } from '../../common/CoreError.ts';
import { digestAlgorithm, type Digest } from '../../oci/digest.ts';
import { TarParser } from '../archive/TarParser.ts';
import type { TarEntry } from '../archive/TarEntry.ts';
import { GunzipScanner } from '../compression/GunzipScanner.ts';
import { ZstdScanner } from '../compression/ZstdScanner.ts';
import type { LayerIndex, LayerProblem, ReadAccess } from './LayerIndex.ts';
import { LayerIndexBuilder } from './LayerIndexBuilder.ts';

export interface LayerContent {
  readonly digest: Digest;
  /** 0 where unknown. */
  readonly sizeInBytes: number;
}

/** What one layer may become. */
const MAX_DECOMPRESSED_BYTES = 20 * 1024 ** 3;
const MAX_RATIO = 200;
/** A ratio says nothing about a few zeros. */
const RATIO_FREE_BYTES = 256 * 1024 * 1024;
const MAX_ENTRIES = 5_000_000;

interface Decompressor {
  write(chunk: Buffer): Promise<void>;
  end(): Promise<void>;
  destroy(): void;
  readonly access: ReadAccess;
  readonly outputLength: number;
}

export class LayerScanner {
  readonly #content: LayerContent;
  readonly #hash: Hash;
  readonly #builder = new LayerIndexBuilder();
  readonly #parser: TarParser;
  #entry: TarEntry | undefined;
  #checksum = 0;
  /** The first bytes, until they tell the compression. */
  #start = Buffer.alloc(0);
  #decompressor: Decompressor | undefined;
  #problem: LayerProblem | undefined;
  #fed = 0;
  #uncompressed = 0;

  constructor(content: LayerContent) {
    this.#content = content;
    this.#hash = createHash(digestAlgorithm(content.digest));
    this.#parser = new TarParser({
      onEntry: (entry) => {
        this.#entry = entry;
        this.#checksum = 0;
      },
      onContent: (bytes) => {
        this.#checksum = crc32(bytes, this.#checksum);
      },
      onEntryEnd: () => this.#addEntry(),
    });
  }

  /** Resolves when all that comes of `chunk` is in the index. Damage is noted, not thrown: the digest has the last word. */
  async write(chunk: Buffer): Promise<void> {
    this.#fed += chunk.length;
    // zlib works on it in a thread of its own meanwhile.
    const work = this.#problem ? undefined : this.#take(chunk);
    this.#hash.update(chunk);
    await work;
  }

  /** @throws CoreError `digestMismatch`, `sizeMismatch`; never for damage, which the index carries as its problem */
  async end(): Promise<LayerIndex> {
    const { digest, sizeInBytes } = this.#content;
    const details = { operation: 'read layer', subject: digest };
    if (sizeInBytes > 0 && this.#fed !== sizeInBytes) {
      throw new CoreError('sizeMismatch', `the layer has ${this.#fed} bytes`, details);
    }
    if (digest !== `${digestAlgorithm(digest)}:${this.#hash.digest('hex')}`) {
      throw new CoreError('digestMismatch', 'the layer does not match its digest', details);
    }
    await this.#noteProblem(async () => {
      if (!this.#decompressor) await this.#begin();
      if (this.#problem) return;
      await this.#decompressor!.end();
      this.#parser.end();
    });
    const access = this.#decompressor!.access;
    this.destroy();
    return this.#builder.finish({
      digest,
      access,
      uncompressedSizeInBytes: this.#uncompressed,
      ...(this.#problem && { problem: this.#problem }),
    });
  }

  destroy(): void {
    this.#decompressor?.destroy();
  }

  async #take(chunk: Buffer): Promise<void> {
    if (this.#decompressor) return this.#decompress(chunk);
    this.#start = Buffer.concat([this.#start, chunk]);
    if (this.#start.length >= 4) await this.#begin();
  }

  async #begin(): Promise<void> {
    this.#decompressor = createDecompressor(this.#start, (chunk) => this.#parse(chunk));
    await this.#decompress(this.#start);
    this.#start = Buffer.alloc(0);
  }

  async #decompress(chunk: Buffer): Promise<void> {
    await this.#noteProblem(() => this.#decompressor!.write(chunk));
  }

  async #noteProblem(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isCoreError(error, 'protocol', 'tooLarge')) throw error;
      const { reason = 'damagedArchive', code } = error.details;
      this.#problem ??= {
        kind: error.kind as LayerProblem['kind'],
        reason,
        ...(code !== undefined && { code }),
      };
      this.#decompressor?.destroy();
    }
  }

  #parse(chunk: Buffer): void {
    this.#uncompressed += chunk.length;
    const isBomb = this.#uncompressed > Math.max(RATIO_FREE_BYTES, this.#fed * MAX_RATIO);
    if (isBomb || this.#uncompressed > MAX_DECOMPRESSED_BYTES) throw tooLarge('decompressedSize');
    this.#parser.write(chunk);
  }

  #addEntry(): void {
    this.#builder.add(this.#entry!, this.#checksum);
    if (this.#builder.entryCount > MAX_ENTRIES) throw tooLarge('tooManyEntries');
  }
}

function tooLarge(reason: string): CoreError {
  return new CoreError('tooLarge', `the layer is over a limit: ${reason}`, {
    operation: 'read layer',
    reason,
  });
}

/** By the first bytes: media types are often wrong. */
function createDecompressor(start: Buffer, onOutput: (chunk: Buffer) => void): Decompressor {
  if (start[0] === 0x1f && start[1] === 0x8b) {
    const scanner = new GunzipScanner(onOutput);
    return adapt(scanner, () => ({ kind: 'gzip', points: scanner.points }));
  }
  const magic = start.length < 4 ? 0 : start.readUInt32LE();
  if (magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50) {
    const scanner = new ZstdScanner(onOutput);
    return adapt(scanner, () => ({ kind: 'zstd', frames: scanner.frames }));
  }
  let length = 0;
  return {
    write: async (chunk) => {
      length += chunk.length;
      onOutput(chunk);
    },
    end: async () => undefined,
    destroy: () => undefined,
    access: { kind: 'tar' },
    get outputLength() {
      return length;
    },
  };
}

function adapt(scanner: GunzipScanner | ZstdScanner, access: () => ReadAccess): Decompressor {
  return {
    write: (chunk) => scanner.write(chunk),
    end: () => scanner.end(),
    destroy: () => scanner.destroy(),
    get access() {
      return access();
    },
    get outputLength() {
      return scanner.outputLength;
    },
  };
}
