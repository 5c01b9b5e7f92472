/**
 * Where the bytes of an image are, as plain data that survives JSON: a webview reads these types too. Sizes are bytes of
 * file contents, uncompressed; a further name of a file (a hard link) counts nothing, as in the archive.
 */

export interface ImageSpace {
  /**
   * What dive calls the efficiency score: for every path the smallest size any layer has of it, summed up, as a share of
   * all sizes of all paths; 1 where nothing is stored twice.
   */
  readonly efficiency: number;
  /** What dive calls wasted: everything that is stored of the paths that several layers have. */
  readonly wastedBytes: number;
  /** Of all layers together. */
  readonly totalBytes: number;
  /** What a container sees. The rest is hidden by higher layers. */
  readonly visibleBytes: number;
  /** The base first. */
  readonly layers: readonly LayerSpace[];
  /** How many paths several layers have. */
  readonly repeatedPathCount: number;
  /** The ones that take most, largest first. */
  readonly repeatedPaths: readonly RepeatedPath[];
  /** What a container sees, without what is too small to be drawn. */
  readonly root: SizeNode;
}

export interface LayerSpace {
  readonly digest: string;
  readonly sizeInBytes: number;
  /** What it overwrote or removed of the layers below. */
  readonly hidesBytes: number;
  /** Its archive could not be read to its end, so that there may be more. */
  readonly isIncomplete: boolean;
}

export interface RepeatedPath {
  /** Absolute. */
  readonly path: string;
  /** Layers that store or remove it. */
  readonly count: number;
  /** In all layers together. */
  readonly sizeInBytes: number;
  /** Position of the highest layer that stores it as a file; absent where none does. */
  readonly fileLayer?: number;
  /** A container sees it: no layer has removed it since. */
  readonly isVisible: boolean;
}

/** A file, or a folder with everything below it. */
export interface SizeNode {
  readonly name: string;
  readonly sizeInBytes: number;
  /** Largest first; absent for a file. */
  readonly children?: readonly SizeNode[];
  /** Files directly or deeper in it that are too small to be children. */
  readonly rest?: SizeRest;
}

export interface SizeRest {
  readonly fileCount: number;
  readonly sizeInBytes: number;
}

/** One folder of the image as it is drawn: a bounded number of nodes. */
export interface FolderView {
  /** Absolute; `/` for the root. */
  readonly path: string;
  readonly node: SizeNode;
}
