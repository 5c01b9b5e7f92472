/** What the manifest panel shows of where an image's bytes are. A webview reads these types too. */
import type { FolderView, ImageSpace } from './ImageSpace.ts';

export type SpaceView =
  /** Nothing in it is a file system. */
  | { readonly kind: 'noFiles' }
  /** Not analyzed yet. */
  | {
      readonly kind: 'unread';
      /** What has to be read of the registry, compressed. */
      readonly sizeInBytes: number;
      /** Why the last attempt failed, in the person's language. */
      readonly problem?: string;
    }
  | { readonly kind: 'reading'; readonly bytesDone: number; readonly bytesTotal: number }
  | { readonly kind: 'measured'; readonly space: Omit<ImageSpace, 'root'>; readonly folder: FolderView };
