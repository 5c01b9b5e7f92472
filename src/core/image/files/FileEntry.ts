/** One entry of an image's file system. */
import type { EntryExtras, Owner } from '../layers/LayerIndex.ts';

export type FileType = 'file' | 'directory' | 'symbolicLink' | 'characterDevice' | 'blockDevice' | 'fifo';

export interface FileEntry extends EntryExtras {
  /** Absolute, without `.`, `..` or a trailing slash: `/etc/passwd`; `/` for the root. */
  readonly path: string;
  /** Empty for the root. */
  readonly name: string;
  readonly type: FileType;
  /** Permission bits with set-user-id, set-group-id and sticky. */
  readonly mode: number;
  readonly owner: Owner;
  readonly sizeInBytes: number;
  readonly modifiedAtSeconds: number;
  /** Of a symbolic link. */
  readonly linkTarget?: string;
  /** One more name of a file that has another. */
  readonly isHardLink: boolean;
  /** A directory that no layer describes: only the paths of others mention it. */
  readonly isImplicit: boolean;
  /** Position of the layer it comes from; 0 is the base. */
  readonly layer: number;
  /** Its number in the index of that layer. */
  readonly entry: number;
  /** CRC-32 of a file's content, where it was read: equal size and checksum mean equal content unless somebody wants to deceive. */
  readonly checksum?: number;
}

/** `drwxr-xr-x`, as `ls -l` writes it. */
export function formatMode({ type, mode }: Pick<FileEntry, 'type' | 'mode'>): string {
  const letter = {
    file: '-',
    directory: 'd',
    symbolicLink: 'l',
    characterDevice: 'c',
    blockDevice: 'b',
    fifo: 'p',
  }[type];
  const triple = (bits: number, isSpecial: boolean, special: string): string =>
    `${(bits & 4) !== 0 ? 'r' : '-'}${(bits & 2) !== 0 ? 'w' : '-'}${
      isSpecial ? ((bits & 1) !== 0 ? special : special.toUpperCase()) : (bits & 1) !== 0 ? 'x' : '-'
    }`;
  return (
    letter +
    triple(mode >> 6, (mode & 0o4000) !== 0, 's') +
    triple(mode >> 3, (mode & 0o2000) !== 0, 's') +
    triple(mode, (mode & 0o1000) !== 0, 't')
  );
}

/** `root:root` by the names the archive gives, `0:0` without. */
export function formatOwner({ userId, groupId, userName, groupName }: Owner): string {
  return `${userName || userId}:${groupName || groupId}`;
}
