/**
 * Reads a tar archive as its bytes come, in chunks of any size: ustar, PAX, GNU long names, old GNU and PAX sparse files.
 * Holds no content: what a member contains is passed on as it comes.
 */
import { CoreError } from '../../common/CoreError.ts';
import { damagedArchive } from './damagedArchive.ts';
import { parsePaxRecords } from './paxRecords.ts';
import {
  checkSparseRegions,
  pairUp,
  parseCommaMap,
  parseDecimal,
  readOldGnuRegions,
  SparseMapReader,
} from './sparseMap.ts';
import type { SparseRegion, TarEntry, TarEntryType } from './TarEntry.ts';
import {
  BLOCK_SIZE,
  isZeroBlock,
  parseTarHeader,
  readNumber,
  readText,
  type TarHeader,
} from './tarHeader.ts';

/** Who listens to a parser. */
export interface TarSink {
  onEntry(entry: TarEntry): void;
  /** Stored content of the entry last begun. The bytes are the caller's: copy what is kept. */
  onContent(bytes: Buffer): void;
  /** The entry last begun is whole. */
  onEntryEnd(): void;
}

/** Longest path an entry may have. */
export const MAX_PATH_LENGTH = 4096;
/** Headers that describe the next member; Go's archive/tar stops at the same size. */
const MAX_SPECIAL_BYTES = 1024 * 1024;

const TYPES: Readonly<Record<string, TarEntryType>> = {
  '0': 'file',
  '1': 'hardLink',
  '2': 'symbolicLink',
  '3': 'characterDevice',
  '4': 'blockDevice',
  '5': 'directory',
  '6': 'fifo',
  '7': 'file',
  D: 'directory',
  S: 'file',
};

/** What headers before a member's own say about it. */
interface Overrides {
  path?: string;
  linkPath?: string;
  pax: Map<string, string>;
  attributes?: Record<string, string>;
  /** Of the sparse formats 0.0. */
  sparseNumbers: number[];
}

type State = 'header' | 'special' | 'oldSparse' | 'paxSparse' | 'content' | 'skip' | 'ended';

export class TarParser {
  readonly #sink: TarSink;
  #state: State = 'header';
  /** Position in the archive of the next byte. */
  #position = 0;
  readonly #block = Buffer.allocUnsafe(BLOCK_SIZE);
  #blockLength = 0;
  #sawZeroBlock = false;
  /** Bytes left of the content, then of what fills its last block. */
  #left = 0;
  #padding = 0;
  #special: { typeFlag: string; body: Buffer; length: number } | undefined;
  readonly #global = new Map<string, string>();
  #overrides: Overrides = noOverrides();
  /** A member whose sparse map is still being read. */
  #pending: { header: TarHeader; regions: SparseRegion[]; realSize: number } | undefined;
  #mapReader: SparseMapReader | undefined;

  constructor(sink: TarSink) {
    this.#sink = sink;
  }

  /** @throws CoreError `protocol` (reason `damagedArchive`), `tooLarge` (reason `entryPath`); nothing may be written after. */
  write(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && this.#state !== 'ended') {
      if (this.#state === 'content' || this.#state === 'skip' || this.#state === 'special') {
        at += this.#takeBody(chunk, at);
      } else if (this.#blockLength === 0 && chunk.length - at >= BLOCK_SIZE) {
        this.#position += BLOCK_SIZE;
        this.#takeBlock(chunk, at);
        at += BLOCK_SIZE;
      } else {
        const taken = chunk.copy(this.#block, this.#blockLength, at, at + BLOCK_SIZE - this.#blockLength);
        this.#blockLength += taken;
        this.#position += taken;
        at += taken;
        if (this.#blockLength === BLOCK_SIZE) {
          this.#blockLength = 0;
          this.#takeBlock(this.#block, 0);
        }
      }
    }
  }

  /** The archive has no more bytes. @throws CoreError `protocol` when it ends inside a member. */
  end(): void {
    const isAtBoundary =
      this.#state === 'header' && this.#blockLength === 0 && !hasOverrides(this.#overrides);
    if (this.#state !== 'ended' && !isAtBoundary) throw damagedArchive('truncated');
  }

  #takeBlock(block: Buffer, at: number): void {
    if (this.#state === 'oldSparse') this.#takeOldSparse(block, at);
    else if (this.#state === 'paxSparse') this.#takePaxSparse(block.subarray(at, at + BLOCK_SIZE));
    else this.#takeHeader(block, at);
  }

  #takeHeader(block: Buffer, at: number): void {
    if (block[at] === 0 && isZeroBlock(block, at)) {
      if (this.#sawZeroBlock) this.#state = 'ended';
      this.#sawZeroBlock = true;
      return;
    }
    if (this.#sawZeroBlock) throw damagedArchive('loneZeroBlock');
    const header = parseTarHeader(block, at);
    if (header.sizeInBytes < 0) throw damagedArchive('tarNumber');
    if ('xgLK'.includes(header.typeFlag)) {
      if (header.sizeInBytes > MAX_SPECIAL_BYTES) throw damagedArchive('extendedHeaderSize');
      this.#special = {
        typeFlag: header.typeFlag,
        body: Buffer.allocUnsafe(header.sizeInBytes),
        length: 0,
      };
      this.#begin('special', header.sizeInBytes);
    } else if (header.typeFlag === 'S') {
      this.#pending = {
        header,
        regions: readOldGnuRegions(block, at + 386, 4),
        realSize: readNumber(block, at + 483, 12),
      };
      if (block[at + 482] === 0) this.#beginSparse();
      else this.#state = 'oldSparse';
    } else {
      this.#beginMember(header);
    }
  }

  /** Blocks of 21 more regions each, as long as each says another follows. */
  #takeOldSparse(block: Buffer, at: number): void {
    const pending = this.#pending!;
    pending.regions.push(...readOldGnuRegions(block, at, 21));
    if (pending.regions.length > MAX_SPECIAL_BYTES / 24) throw damagedArchive('sparseMap');
    if (block[at + 504] === 0) this.#beginSparse();
  }

  #takePaxSparse(block: Buffer): void {
    this.#left -= BLOCK_SIZE;
    if (this.#left < 0) throw damagedArchive('sparseMap');
    const regions = this.#mapReader!.addBlock(block);
    if (!regions) return;
    this.#pending!.regions = regions;
    this.#beginSparse(this.#left);
  }

  #beginMember(header: TarHeader): void {
    const size = this.#pax('size');
    const own = size === undefined ? header : { ...header, sizeInBytes: parseDecimal(size) };
    const realSize = this.#pax('GNU.sparse.realsize') ?? this.#pax('GNU.sparse.size');
    if (realSize !== undefined && this.#beginPaxSparse(own, parseDecimal(realSize))) return;
    const type = typeOf(own, this.#pax('path') ?? this.#overrides.path ?? own.path);
    if (type === undefined) {
      this.#forgetOverrides();
      this.#begin('skip', own.sizeInBytes);
      return;
    }
    const stored = type === 'file' ? own.sizeInBytes : 0;
    this.#announce(own, type, stored, stored);
    if (own.typeFlag === 'D') {
      // A directory of GNU's incremental archives holds a list of names, which is nobody's content.
      this.#sink.onEntryEnd();
      this.#begin('skip', own.sizeInBytes);
    } else {
      this.#begin('content', stored);
    }
  }

  /** False for a file that is not sparse after all. */
  #beginPaxSparse(header: TarHeader, realSize: number): boolean {
    if (this.#pax('GNU.sparse.major') === '1' && this.#pax('GNU.sparse.minor') === '0') {
      this.#pending = { header, regions: [], realSize };
      this.#mapReader = new SparseMapReader();
      this.#left = header.sizeInBytes;
      this.#state = 'paxSparse';
      return true;
    }
    const map = this.#pax('GNU.sparse.map');
    const { sparseNumbers } = this.#overrides;
    if (map === undefined && sparseNumbers.length === 0) return false;
    const regions = map === undefined ? pairUp(sparseNumbers) : parseCommaMap(map);
    this.#pending = { header, regions, realSize };
    this.#beginSparse();
    return true;
  }

  #beginSparse(stored = this.#pending!.header.sizeInBytes): void {
    const { header, regions, realSize } = this.#pending!;
    this.#pending = undefined;
    this.#mapReader = undefined;
    this.#announce(header, 'file', realSize, stored, checkSparseRegions(regions, realSize, stored));
    this.#begin('content', stored);
  }

  #announce(
    header: TarHeader,
    type: TarEntryType,
    sizeInBytes: number,
    storedSizeInBytes: number,
    sparse?: SparseRegion[],
  ): void {
    const { path, linkPath, attributes } = this.#overrides;
    const number = (key: string, own: number): number => {
      const text = this.#pax(key);
      return text === undefined ? own : parseDecimal(text);
    };
    const time = this.#pax('mtime');
    // One literal, because layers have hundreds of thousands of them.
    const entry: { -readonly [Key in keyof TarEntry]: TarEntry[Key] } = {
      path: this.#pax('GNU.sparse.name') ?? this.#pax('path') ?? path ?? header.path,
      type,
      mode: header.mode,
      userId: number('uid', header.userId),
      groupId: number('gid', header.groupId),
      userName: this.#pax('uname') ?? header.userName,
      groupName: this.#pax('gname') ?? header.groupName,
      sizeInBytes,
      modifiedAtSeconds: time === undefined ? header.modifiedAtSeconds : parseTime(time),
      linkPath:
        type === 'symbolicLink' || type === 'hardLink'
          ? (this.#pax('linkpath') ?? linkPath ?? header.linkPath)
          : '',
      dataOffset: this.#position,
      storedSizeInBytes,
    };
    if (sparse) entry.sparse = sparse;
    if (type === 'characterDevice' || type === 'blockDevice')
      entry.device = { major: header.deviceMajor, minor: header.deviceMinor };
    if (attributes) entry.extendedAttributes = attributes;
    if (entry.path.length > MAX_PATH_LENGTH || entry.linkPath.length > MAX_PATH_LENGTH) {
      throw new CoreError('tooLarge', `a path in the archive is over ${MAX_PATH_LENGTH} characters`, {
        operation: 'read layer',
        reason: 'entryPath',
      });
    }
    if (entry.path.includes('\0') || entry.linkPath.includes('\0')) throw damagedArchive('pathWithNul');
    this.#forgetOverrides();
    this.#sink.onEntry(entry);
  }

  /** They hold for one member; most have none. */
  #forgetOverrides(): void {
    if (hasOverrides(this.#overrides)) this.#overrides = noOverrides();
  }

  #begin(state: 'content' | 'skip' | 'special', length: number): void {
    this.#state = state;
    this.#left = length;
    this.#padding = (BLOCK_SIZE - (length % BLOCK_SIZE)) % BLOCK_SIZE;
    if (length === 0) this.#finishContent();
  }

  #takeBody(chunk: Buffer, at: number): number {
    const available = chunk.length - at;
    if (this.#left === 0) {
      const taken = Math.min(this.#padding, available);
      this.#padding -= taken;
      this.#position += taken;
      if (this.#padding === 0) this.#state = 'header';
      return taken;
    }
    const taken = Math.min(this.#left, available);
    if (this.#state === 'content') {
      this.#sink.onContent(chunk.subarray(at, at + taken));
    } else if (this.#state === 'special') {
      const special = this.#special!;
      special.length += chunk.copy(special.body, special.length, at, at + taken);
    }
    this.#left -= taken;
    this.#position += taken;
    if (this.#left === 0) this.#finishContent();
    return taken;
  }

  /** The content is whole; what fills its block is skipped next. */
  #finishContent(): void {
    if (this.#state === 'content') this.#sink.onEntryEnd();
    else if (this.#state === 'special') this.#takeSpecial();
    if (this.#padding === 0) this.#state = 'header';
  }

  #takeSpecial(): void {
    const { typeFlag, body } = this.#special!;
    this.#special = undefined;
    if (typeFlag === 'L') this.#overrides.path = readText(body, 0, body.length);
    else if (typeFlag === 'K') this.#overrides.linkPath = readText(body, 0, body.length);
    else this.#takePax(typeFlag === 'g', body);
  }

  #takePax(isGlobal: boolean, body: Buffer): void {
    const { pax, sparseNumbers } = this.#overrides;
    for (const { key, value, bytes } of parsePaxRecords(body)) {
      if (isGlobal) {
        this.#global.set(key, value);
      } else if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes') {
        sparseNumbers.push(parseDecimal(value));
      } else if (key.startsWith('SCHILY.xattr.')) {
        (this.#overrides.attributes ??= {})[key.slice('SCHILY.xattr.'.length)] = bytes.toString('base64');
      } else {
        pax.set(key, value);
      }
    }
  }

  /** The member's own record before the archive's; an empty one takes back what came before it. */
  #pax(key: string): string | undefined {
    if (this.#overrides.pax.size === 0 && this.#global.size === 0) return undefined;
    return (this.#overrides.pax.get(key) ?? this.#global.get(key)) || undefined;
  }
}

function noOverrides(): Overrides {
  return { pax: new Map(), sparseNumbers: [] };
}

function hasOverrides({ path, linkPath, pax, attributes, sparseNumbers }: Overrides): boolean {
  return (
    path !== undefined ||
    linkPath !== undefined ||
    pax.size > 0 ||
    attributes !== undefined ||
    sparseNumbers.length > 0
  );
}

/** Undefined: a volume's name and the like, which are no members. Before POSIX a directory was a file whose name ends in a slash. */
function typeOf({ typeFlag }: TarHeader, path: string): TarEntryType | undefined {
  const type = TYPES[typeFlag];
  return type === 'file' && path.endsWith('/') ? 'directory' : type;
}

function parseTime(text: string): number {
  const value = /^-?\d{1,15}(\.\d*)?$/.test(text) ? Number(text) : NaN;
  if (Number.isNaN(value)) throw damagedArchive('paxNumber');
  return value;
}
