/** What a window and its layer workers say to each other. Buffers are transferred, not copied. */
import type { ErrorDetails, ErrorKind } from '../../common/CoreError.ts';
import type { LayerContent } from './LayerScanner.ts';
import type { TableOfContentsRequest } from './parseTableOfContents.ts';

/** One job at a time; a cancelled one ends with its worker. */
export type LayerRequest =
  | { readonly kind: 'scan'; readonly content: LayerContent }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'tableOfContents'; readonly request: TableOfContentsRequest };

export type LayerReply =
  /** So many bytes were taken in; their buffer comes back to be filled again. */
  | { readonly kind: 'taken'; readonly length: number; readonly buffer: ArrayBuffer }
  /** The index by `packSections`. */
  | { readonly kind: 'done'; readonly packed: Uint8Array<ArrayBuffer> }
  | {
      readonly kind: 'failed';
      readonly error: {
        readonly kind?: ErrorKind;
        readonly message: string;
        readonly details?: ErrorDetails;
      };
    };
