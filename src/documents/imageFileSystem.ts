/** The scheme `berth-image`: files of images as a read-only file system. Links are followed inside the image. */
import * as vscode from 'vscode';
import { isCoreError } from '../core/common/CoreError.ts';
import { toDisplayLine } from '../core/common/displayText.ts';
import type { FileEntry } from '../core/image/files/FileEntry.ts';
import type { ImageFiles } from '../core/image/files/ImageFiles.ts';
import { createSignal } from '../platform/cancellation.ts';
import { formatSize } from '../platform/format.ts';
import { IMAGE_SCHEME, nameInUri, parseImageFile } from '../platform/imageFileAddress.ts';
import type { OpenImages } from '../platform/OpenImages.ts';
import { wordError } from '../platform/wordError.ts';

export { IMAGE_SCHEME };

/** A larger file is fetched only when the person wants it. */
const ASK_ABOVE_BYTES = 5 * 1024 * 1024;
/** What a string or an array may hold; VS Code itself refuses less. */
const MAX_FILE_BYTES = 1024 ** 3;

export class ImageFileSystem implements vscode.FileSystemProvider {
  readonly #images: OpenImages;
  /** Large files that were said yes to. */
  readonly #wanted = new Set<string>();
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changed.event;

  constructor(images: OpenImages) {
    this.#images = images;
  }

  /** An image never changes: its address holds its digest. */
  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    return this.#answer(uri, (files, path): vscode.FileStat => {
      const entry = files.lookUp(path);
      const target = entry.type === 'symbolicLink' ? tryResolve(files, path) : entry;
      return {
        type: typeOf(target, entry.type === 'symbolicLink'),
        ctime: entry.modifiedAtSeconds * 1000,
        mtime: entry.modifiedAtSeconds * 1000,
        size: target?.sizeInBytes ?? 0,
        permissions: vscode.FilePermission.Readonly,
      };
    });
  }

  async readDirectory(uri: vscode.Uri): Promise<[string, vscode.FileType][]> {
    return this.#answer(uri, (files, path) =>
      files.readDirectory(path).map((entry): [string, vscode.FileType] => {
        const isLink = entry.type === 'symbolicLink';
        return [nameInUri(path, entry.name), typeOf(isLink ? tryResolve(files, entry.path) : entry, isLink)];
      }),
    );
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return this.#answer(uri, async (files, path) => {
      const entry = files.resolve(path);
      if (entry.type === 'directory') throw vscode.FileSystemError.FileIsADirectory(uri);
      if (entry.type !== 'file') {
        throw vscode.FileSystemError.Unavailable(
          vscode.l10n.t('{0} is a device or a pipe: it has no content.', entry.path),
        );
      }
      if (entry.sizeInBytes <= ASK_ABOVE_BYTES) {
        return files.readFile(entry, MAX_FILE_BYTES, new AbortController().signal);
      }
      if (!(await this.#isWanted(uri, entry))) {
        throw vscode.FileSystemError.Unavailable(vscode.l10n.t('The file was not read.'));
      }
      return readWithProgress(files, entry);
    });
  }

  writeFile(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  async #isWanted(uri: vscode.Uri, entry: FileEntry): Promise<boolean> {
    const key = uri.toString();
    if (this.#wanted.has(key)) return true;
    const open = vscode.l10n.t('Open');
    const answer = await vscode.window.showWarningMessage(
      vscode.l10n.t(
        '{0} has {1}. Read it all the same?',
        toDisplayLine(entry.name),
        formatSize(entry.sizeInBytes),
      ),
      { modal: true },
      open,
    );
    if (answer === open) this.#wanted.add(key);
    return answer === open;
  }

  /** In the errors VS Code knows; its editors show their words. */
  async #answer<Answer>(
    uri: vscode.Uri,
    work: (files: ImageFiles, path: string) => Answer | Promise<Answer>,
  ): Promise<Answer> {
    try {
      const { image, layer, path } = parseImageFile(uri);
      const files = await (layer === undefined
        ? this.#images.files(image)
        : this.#images.layer(image, layer));
      return await work(files, path);
    } catch (error) {
      if (error instanceof vscode.FileSystemError) throw error;
      if (isCoreError(error, 'notFound') && error.details.subject?.startsWith('/')) {
        throw vscode.FileSystemError.FileNotFound(uri);
      }
      throw vscode.FileSystemError.Unavailable(wordError(error).message);
    }
  }
}

/** VS Code gives a file system no Cancel: a large file has one of its own. */
function readWithProgress(files: ImageFiles, entry: FileEntry): Thenable<Uint8Array> {
  const title = vscode.l10n.t('Read {0}', toDisplayLine(entry.name));
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (_, token) => {
      using cancellation = createSignal(token);
      return await files.readFile(entry, MAX_FILE_BYTES, cancellation.signal);
    },
  );
}

function tryResolve(files: ImageFiles, path: string): FileEntry | undefined {
  try {
    return files.resolve(path);
  } catch (error) {
    if (isCoreError(error, 'notFound')) return undefined;
    throw error;
  }
}

function typeOf(entry: FileEntry | undefined, isLink: boolean): vscode.FileType {
  const { Directory, File, SymbolicLink, Unknown } = vscode.FileType;
  const type = entry?.type === 'directory' ? Directory : entry?.type === 'file' ? File : Unknown;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- a link is a flag beside the type
  return isLink ? type | SymbolicLink : type;
}
