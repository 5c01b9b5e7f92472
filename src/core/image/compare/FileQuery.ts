/** What can be asked of differing files. It imports nothing that needs Node: the page asks too. */

/** `metadata`: only mode or owner differ. */
export type FileDifferenceKind = 'added' | 'removed' | 'changed' | 'metadata';

export type FileSort = 'path' | 'kind' | 'before' | 'after' | 'change';

/** One row a file, or folders that hold them. */
export type FileView = 'list' | 'tree';

export interface FileQuery {
  /** Words that the path must hold, in any case. */
  readonly text: string;
  /** Empty: all. */
  readonly kinds: readonly FileDifferenceKind[];
  readonly sort: FileSort;
  readonly isDescending: boolean;
  readonly view: FileView;
}
