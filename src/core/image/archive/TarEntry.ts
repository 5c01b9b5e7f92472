/** One member of a tar archive, as its headers (ustar, PAX, GNU) describe it together. */

export type TarEntryType =
  'file' | 'hardLink' | 'symbolicLink' | 'characterDevice' | 'blockDevice' | 'directory' | 'fifo';

/** A part of a sparse file that is stored; the rest of the file is zeros. */
export interface SparseRegion {
  /** Place in the file. */
  readonly offset: number;
  readonly length: number;
}

export interface TarEntry {
  /** As the archive has it, not normalised. */
  readonly path: string;
  readonly type: TarEntryType;
  /** Permission bits with set-user-id, set-group-id and sticky: `0o7777`. */
  readonly mode: number;
  readonly userId: number;
  readonly groupId: number;
  readonly userName: string;
  readonly groupName: string;
  /** Of the file as a reader sees it; 0 for everything that has no content. */
  readonly sizeInBytes: number;
  /** Seconds since 1970, with fractions where PAX gives them. */
  readonly modifiedAtSeconds: number;
  /** Target of a symbolic link, or path of a hard link's file; else empty. */
  readonly linkPath: string;
  /** Position of the content in the archive. */
  readonly dataOffset: number;
  /** Bytes of content in the archive: less than `sizeInBytes` for a sparse file. */
  readonly storedSizeInBytes: number;
  readonly sparse?: readonly SparseRegion[];
  readonly device?: { readonly major: number; readonly minor: number };
  /** Extended attributes (`security.capability`), values in Base64. */
  readonly extendedAttributes?: Readonly<Record<string, string>>;
}
