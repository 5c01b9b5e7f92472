/** The 512-byte header block of tar. Sources: POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format". */
import { damagedArchive } from './damagedArchive.ts';

export const BLOCK_SIZE = 512;

/** The fields of a header block, before PAX and GNU extensions are applied. */
export interface TarHeader {
  /** The type flag as a character; `\0` is `0`. */
  readonly typeFlag: string;
  readonly path: string;
  readonly linkPath: string;
  readonly mode: number;
  readonly userId: number;
  readonly groupId: number;
  readonly userName: string;
  readonly groupName: string;
  readonly sizeInBytes: number;
  readonly modifiedAtSeconds: number;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  readonly isGnu: boolean;
}

const CHECKSUM_START = 148;
const CHECKSUM_END = 156;
const SPACE = 0x20;

export function isZeroBlock(bytes: Uint8Array, at: number): boolean {
  for (let i = at; i < at + BLOCK_SIZE; i += 1) if (bytes[i] !== 0) return false;
  return true;
}

/** @throws CoreError `protocol` for a block that is no header. */
export function parseTarHeader(block: Buffer, at: number): TarHeader {
  if (!hasRightChecksum(block, at)) throw damagedArchive('tarChecksum');
  const magic = block.toString('latin1', at + 257, at + 263);
  const isUstar = magic === 'ustar\0';
  const isGnu = magic === 'ustar ';
  const name = readText(block, at, 100);
  const prefix = isUstar ? readText(block, at + 345, isStar(block, at) ? 131 : 155) : '';
  const typeFlag = String.fromCharCode(block[at + 156]! || 0x30);
  const hasDevice = typeFlag === '3' || typeFlag === '4';
  return {
    typeFlag,
    path: prefix === '' ? name : `${prefix}/${name}`,
    linkPath: readText(block, at + 157, 100),
    mode: readNumber(block, at + 100, 8) & 0o7777,
    userId: readNumber(block, at + 108, 8),
    groupId: readNumber(block, at + 116, 8),
    sizeInBytes: readNumber(block, at + 124, 12),
    modifiedAtSeconds: readNumber(block, at + 136, 12),
    userName: isUstar || isGnu ? readText(block, at + 265, 32) : '',
    groupName: isUstar || isGnu ? readText(block, at + 297, 32) : '',
    deviceMajor: hasDevice ? readNumber(block, at + 329, 8) : 0,
    deviceMinor: hasDevice ? readNumber(block, at + 337, 8) : 0,
    isGnu,
  };
}

/**
 * Octal digits, or base 256 where the first bit is set (GNU, for what octal cannot hold).
 * @throws CoreError `protocol` for anything else and for what no file can have.
 */
export function readNumber(block: Uint8Array, at: number, length: number): number {
  const first = block[at]!;
  if ((first & 0x80) !== 0) return readBase256(block, at, length);
  let value = 0;
  let i = at;
  const end = at + length;
  while (i < end && (block[i] === SPACE || block[i] === 0)) i += 1;
  for (; i < end; i += 1) {
    const digit = block[i]! - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  for (; i < end; i += 1) if (block[i] !== SPACE && block[i] !== 0) throw damagedArchive('tarNumber');
  return value;
}

/** Two's complement over all bits but the marker. */
function readBase256(block: Uint8Array, at: number, length: number): number {
  const isNegative = (block[at]! & 0x40) !== 0;
  let value = isNegative ? (block[at]! & 0x7f) - 0x80 : block[at]! & 0x7f;
  for (let i = at + 1; i < at + length; i += 1) value = value * 256 + block[i]!;
  if (!Number.isSafeInteger(value)) throw damagedArchive('tarNumber');
  return value;
}

/** Up to the first NUL. */
export function readText(block: Buffer, at: number, length: number): string {
  const end = block.indexOf(0, at);
  return decodeName(block, at, end < 0 || end > at + length ? at + length : end);
}

/** Names are UTF-8; what is not is read byte by byte, so that two names never become one. */
export function decodeName(bytes: Buffer, start: number, end: number): string {
  for (let i = start; i < end; i += 1) {
    if (bytes[i]! < 0x80) continue;
    const text = bytes.toString('utf8', start, end);
    return text.includes('\uFFFD') ? bytes.toString('latin1', start, end) : text;
  }
  return bytes.toString('latin1', start, end);
}

/** The sum of the bytes with the checksum's own as spaces; some old programs summed signed bytes. */
function hasRightChecksum(block: Uint8Array, at: number): boolean {
  let unsigned = 0;
  // Four at a time: this is done to every header.
  for (let i = at; i < at + BLOCK_SIZE; i += 4) {
    unsigned += block[i]! + block[i + 1]! + block[i + 2]! + block[i + 3]!;
  }
  for (let i = at + CHECKSUM_START; i < at + CHECKSUM_END; i += 1) unsigned += SPACE - block[i]!;
  const stored = readNumber(block, at + CHECKSUM_START, CHECKSUM_END - CHECKSUM_START);
  return stored === unsigned || stored === unsigned - 256 * countHighBytes(block, at);
}

/** Bytes that are negative when they are signed, the checksum's own left out. */
function countHighBytes(block: Uint8Array, at: number): number {
  let count = 0;
  for (let i = 0; i < BLOCK_SIZE; i += 1) {
    if (i < CHECKSUM_START || i >= CHECKSUM_END) count += block[at + i]! >> 7;
  }
  return count;
}

/** Schily's star keeps times behind a shorter prefix. */
function isStar(block: Buffer, at: number): boolean {
  return block.toString('latin1', at + 508, at + 512) === 'tar\0';
}
