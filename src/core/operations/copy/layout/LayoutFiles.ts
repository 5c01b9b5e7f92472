/** Files of an image layout, read wherever they are: in a folder, or in a tar archive that is not unpacked. */
import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Readable } from 'node:stream';
import { CoreError } from '../../../common/CoreError.ts';
import { TarParser } from '../../../image/archive/TarParser.ts';
import type { TarEntry } from '../../../image/archive/TarEntry.ts';
import { throwIfCancelled } from '../../../registry/transport/cancellation.ts';

export interface LayoutFiles {
  /** Bytes; undefined: there is no such file. */
  size(path: string): Promise<number | undefined>;
  /** @throws CoreError `notFound`; `tooLarge` over `maxBytes`. */
  read(path: string, maxBytes: number): Promise<Uint8Array>;
  /** @throws CoreError `notFound`. */
  open(path: string, offset: number): Promise<Readable>;
}

/** `path` is one we made of a digest, or `index.json` and the like: never one from outside. */
export class FolderFiles implements LayoutFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async size(path: string): Promise<number | undefined> {
    try {
      const found = await stat(join(this.#folder, path));
      return found.isFile() ? found.size : undefined;
    } catch {
      return undefined;
    }
  }

  async read(path: string, maxBytes: number): Promise<Uint8Array> {
    const size = await this.size(path);
    if (size === undefined) throw missing(path);
    if (size > maxBytes) throw tooLarge(path);
    return readFile(join(this.#folder, path));
  }

  async open(path: string, offset: number): Promise<Readable> {
    if ((await this.size(path)) === undefined) throw missing(path);
    return createReadStream(join(this.#folder, path), { start: offset });
  }
}

/** A tar archive, gone through once for where its members are. */
export class ArchiveFiles implements LayoutFiles {
  readonly #file: string;
  readonly #entries: ReadonlyMap<string, TarEntry>;

  private constructor(file: string, entries: ReadonlyMap<string, TarEntry>) {
    this.#file = file;
    this.#entries = entries;
  }

  /** @throws CoreError `invalidInput` with reason `compressedArchive`; `protocol` for what is no tar. */
  static async open(file: string, signal: AbortSignal): Promise<ArchiveFiles> {
    if (await isCompressed(file)) {
      throw new CoreError('invalidInput', 'the archive is compressed', {
        subject: file,
        reason: 'compressedArchive',
      });
    }
    const entries = new Map<string, TarEntry>();
    const parser = new TarParser({
      onEntry: (entry) => void entries.set(posix.normalize(entry.path), entry),
      onContent: () => undefined,
      onEntryEnd: () => undefined,
    });
    for await (const chunk of createReadStream(file, {
      highWaterMark: 1024 * 1024,
    }) as AsyncIterable<Buffer>) {
      throwIfCancelled(signal);
      parser.write(chunk);
    }
    parser.end();
    return new ArchiveFiles(file, entries);
  }

  size(path: string): Promise<number | undefined> {
    return Promise.resolve(this.#entry(path)?.sizeInBytes);
  }

  async read(path: string, maxBytes: number): Promise<Uint8Array> {
    const entry = this.#entry(path);
    if (!entry) throw missing(path);
    if (entry.sizeInBytes > maxBytes) throw tooLarge(path);
    const handle = await open(this.#file);
    try {
      const bytes = Buffer.alloc(entry.sizeInBytes);
      await handle.read(bytes, 0, bytes.length, entry.dataOffset);
      return bytes;
    } finally {
      await handle.close();
    }
  }

  async open(path: string, offset: number): Promise<Readable> {
    const entry = this.#entry(path);
    if (!entry) throw missing(path);
    const start = entry.dataOffset + offset;
    const end = entry.dataOffset + entry.sizeInBytes - 1;
    return createReadStream(this.#file, { start, end });
  }

  /** A plain file; docker links layers that are in the archive twice. */
  #entry(path: string): TarEntry | undefined {
    let at = posix.normalize(path);
    for (let hops = 0; hops < 8; hops += 1) {
      const entry = this.#entries.get(at);
      if (entry?.type === 'file') return entry.sparse ? undefined : entry;
      if (entry?.type === 'symbolicLink') at = posix.join(posix.dirname(at), entry.linkPath);
      else if (entry?.type === 'hardLink') at = posix.normalize(entry.linkPath);
      else return undefined;
    }
    return undefined;
  }
}

/** gzip, zstd, bzip2 or xz. */
async function isCompressed(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const start = Buffer.alloc(4);
    await handle.read(start, 0, 4, 0);
    return ['1f8b', '28b52ffd', '425a68', 'fd377a58'].some((magic) =>
      start.toString('hex').startsWith(magic),
    );
  } finally {
    await handle.close();
  }
}

function missing(path: string): CoreError {
  return new CoreError('notFound', `no ${path} in the layout`, { subject: path, reason: 'layoutFile' });
}

function tooLarge(path: string): CoreError {
  return new CoreError('tooLarge', `${path} is too large`, { subject: path });
}
