/**
 * One package of rpm's database: a header without its eight magic bytes. Two counts, then an index of 16 bytes an
 * entry, then the store the entries point into; all numbers big-endian. Source: RPM "V4 package format", header structure.
 */
import type { InstalledPackage } from './InstalledPackage.ts';

const Tag = { name: 1000, version: 1001, release: 1002, epoch: 1003, size: 1009, arch: 1022, longSize: 5009 };
const Type = { int32: 4, int64: 5, string: 6, i18nString: 9 };
const ENTRY_BYTES = 16;
/** rpm's own limits for a header. */
const MAX_ENTRIES = 0xffff;

/** Undefined for what is no header of an installed package: rpm keeps trusted keys in the same table. */
export function parseRpmHeader(blob: Uint8Array): InstalledPackage | undefined {
  if (blob.byteLength < 8) return undefined;
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const entryCount = view.getUint32(0);
  const storeStart = 8 + entryCount * ENTRY_BYTES;
  if (entryCount > MAX_ENTRIES || storeStart > blob.byteLength) return undefined;
  const values = new Map<number, string | number>();
  for (let index = 0; index < entryCount; index += 1) {
    const entry = 8 + index * ENTRY_BYTES;
    const value = readValue(view, view.getUint32(entry + 4), storeStart + view.getUint32(entry + 8));
    if (value !== undefined) values.set(view.getUint32(entry), value);
  }
  const name = values.get(Tag.name);
  const version = values.get(Tag.version);
  const release = values.get(Tag.release);
  const architecture = values.get(Tag.arch);
  if (typeof name !== 'string' || typeof version !== 'string' || name === 'gpg-pubkey') return undefined;
  const epoch = values.get(Tag.epoch);
  const size = values.get(Tag.longSize) ?? values.get(Tag.size);
  return {
    manager: 'rpm',
    name,
    version: `${typeof epoch === 'number' && epoch > 0 ? `${epoch}:` : ''}${version}${release === undefined ? '' : `-${release}`}`,
    ...(typeof architecture === 'string' && { architecture }),
    ...(typeof size === 'number' && { installedSizeInBytes: size }),
  };
}

/** The first value of an entry, of the types that are wanted here. */
function readValue(view: DataView, type: number, at: number): string | number | undefined {
  const hasRoom = (bytes: number): boolean => at + bytes <= view.byteLength;
  switch (type) {
    case Type.int32:
      return hasRoom(4) ? view.getUint32(at) : undefined;
    case Type.int64:
      return hasRoom(8) ? Number(view.getBigUint64(at)) : undefined;
    case Type.string:
    case Type.i18nString: {
      let end = at;
      while (end < view.byteLength && view.getUint8(end) !== 0) end += 1;
      if (end >= view.byteLength) return undefined;
      return new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at, end - at));
    }
    default:
      return undefined;
  }
}
