/** The smallest tar writer that makes layers real tools read: ustar headers, no clock, so equal trees give equal bytes. */

export interface TarEntry {
  /** Path without leading slash, at most 100 bytes (or 255 where a slash splits it); directories end with `/`. */
  readonly path: string;
  readonly content?: string | Uint8Array;
  /** Target of a symbolic link. */
  readonly linkTo?: string;
  /** Permission bits; 0o755 for directories, 0o644 for files unless told otherwise. */
  readonly mode?: number;
  readonly uid?: number;
  /** Modification time; seconds since 1970. */
  readonly modifiedAt?: number;
}

const BLOCK = 512;

/** A whole archive with its two closing zero blocks. Source: POSIX pax, "ustar Interchange Format". */
export function createTar(entries: readonly TarEntry[]): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? '');
    parts.push(createHeader(entry, content.byteLength), content, padding(content.byteLength));
  }
  parts.push(Buffer.alloc(2 * BLOCK));
  return Buffer.concat(parts);
}

function createHeader(entry: TarEntry, sizeInBytes: number): Buffer {
  const { path, linkTo, uid = 0, modifiedAt = 0 } = entry;
  const isDirectory = path.endsWith('/');
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`;
  const [prefix, name] = splitPath(path);
  header.write(name, 0);
  header.write(octal(entry.mode ?? (isDirectory ? 0o755 : linkTo === undefined ? 0o644 : 0o777), 8), 100);
  header.write(octal(uid, 8), 108);
  header.write(octal(uid, 8), 116);
  header.write(octal(sizeInBytes, 12), 124);
  header.write(octal(modifiedAt, 12), 136);
  header.write(' '.repeat(8), 148);
  header.write(isDirectory ? '5' : linkTo === undefined ? '0' : '2', 156);
  header.write(linkTo ?? '', 157);
  header.write('ustar\u000000', 257);
  header.write(prefix, 345);
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

function splitPath(path: string): [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= 100) return ['', path];
  const slash = path.lastIndexOf('/', path.length - 2);
  const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)];
  if (slash < 0 || Buffer.byteLength(prefix) > 155 || Buffer.byteLength(name) > 100) {
    throw new Error(`path too long for a ustar header: ${path}`);
  }
  return [prefix, name];
}

function padding(sizeInBytes: number): Buffer {
  return Buffer.alloc((BLOCK - (sizeInBytes % BLOCK)) % BLOCK);
}
