/**
 * The scheme `berth-manifest`: manifests, configs and what is attached to an image as read-only documents, exactly as
 * the registry sent them, or decoded where that was asked for.
 */
import * as vscode from 'vscode';
import { MAX_CONFIG_BYTES, type ManifestSource } from '../core/image/loadImageView.ts';
import { MAX_DOCUMENT_BYTES } from '../core/trust/AttachedDocument.ts';
import { createSignal } from '../platform/cancellation.ts';
import { wordError } from '../platform/wordError.ts';
import {
  formatManifestDocument,
  parseManifestDocument,
  type ManifestDocument,
} from './manifestDocumentAddress.ts';

export { MANIFEST_SCHEME, type ManifestDocument, type ReferrerExtension } from './manifestDocumentAddress.ts';

function createManifestUri(document: ManifestDocument): vscode.Uri {
  return vscode.Uri.from(formatManifestDocument(document));
}

/** Opens it as an editor tab; VS Code asks ManifestDocumentProvider for the text. */
export async function openManifestDocument(document: ManifestDocument): Promise<void> {
  await vscode.window.showTextDocument(createManifestUri(document), { preview: true });
}

/**
 * A content provider rather than a file system: it is told of Cancel, and no `files.encoding` can misread the bytes,
 * which are UTF-8 (a manifest that is not is refused when it is parsed).
 */
export class ManifestDocumentProvider implements vscode.TextDocumentContentProvider {
  readonly #open: (connectionId: string, repository: string) => Promise<ManifestSource>;

  /** `open` rejects where the connection is gone. */
  constructor(open: (connectionId: string, repository: string) => Promise<ManifestSource>) {
    this.#open = open;
  }

  /** Rejects in the words of the platform: VS Code shows the message in place of the editor. */
  async provideTextDocumentContent(uri: vscode.Uri, token: vscode.CancellationToken): Promise<string> {
    using cancellation = createSignal(token);
    try {
      const document = parseManifestDocument(uri);
      const bytes = await this.#read(document, cancellation.signal);
      if (document.kind === 'decodedReferrer') {
        const { decodeDocument, formatDecoded } = await import('../core/trust/decodeDocument.ts');
        return formatDecoded(decodeDocument(bytes));
      }
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    } catch (error) {
      throw new Error(wordError(error).message, { cause: error });
    }
  }

  async #read(document: ManifestDocument, signal: AbortSignal): Promise<Uint8Array> {
    const source = await this.#open(document.connectionId, document.repository);
    switch (document.kind) {
      case 'manifest':
        return (await source.getManifest(document.reference, signal)).bytes;
      case 'config':
        return source.readBlob(document.digest, MAX_CONFIG_BYTES, signal);
      default:
        return source.readBlob(document.digest, MAX_DOCUMENT_BYTES, signal);
    }
  }
}
