/**
 * The behaviour of one comparison panel without its window: finds out what is compared, then reads files and packages,
 * each with its own state, Cancel and Retry, and hands out the rows of files that the page looks at.
 */
import { isCoreError } from '../../core/common/CoreError.ts';
import { toDisplayText } from '../../core/common/displayText.ts';
import type { Logger } from '../../core/common/Logger.ts';
import { compareFiles, type FileDifference } from '../../core/image/compare/compareFiles.ts';
import type { PackageComparison } from '../../core/image/compare/compareImagePackages.ts';
import type { FileQuery, FileView } from '../../core/image/compare/FileQuery.ts';
import { FileRows } from '../../core/image/compare/FileRows.ts';
import type { FileRow, FolderFacts } from '../../core/image/compare/FileTree.ts';
import type { ComparedFiles } from '../../core/image/compare/openComparedFiles.ts';
import type { ImageFilesProgress } from '../../core/image/files/ImageFiles.ts';
import { toDisplayable } from '../toDisplayable.ts';
import {
  tryParseCompareMessage,
  type CompareFileRow,
  type CompareFilesView,
  type CompareHostMessage,
  type ComparePackagesView,
  type ComparePanelState,
  type ComparePart,
  type CompareRequest,
  type CompareStrings,
  type ComparisonView,
} from './comparePanelProtocol.ts';
import { isSameImage, type LoadedComparison } from './loadComparison.ts';

/** Files that were opened to be compared. */
export interface OpenedFiles extends ComparedFiles {
  close(): void;
}

/** Where a row is in its list or tree. */
type FilePlace = Pick<CompareFileRow, 'label' | 'depth' | 'parent' | 'folder'>;

/** What is read, in a person's words. */
export interface ComparisonWords {
  readonly strings: CompareStrings;
  overview(loaded: LoadedComparison): ComparisonView;
  files(rows: FileRows, compared: ComparedFiles | undefined): CompareFilesView;
  file(difference: FileDifference, id: number): Omit<CompareFileRow, keyof FilePlace>;
  folder(facts: FolderFacts): { readonly count: string; readonly change: string };
  /** @param comparison undefined where only the layers that are shared would tell */
  packages(
    comparison: PackageComparison | undefined,
    compared: ComparedFiles | undefined,
  ): ComparePackagesView;
  progress(progress: ImageFilesProgress): string;
  error(error: unknown): string;
}

export interface ComparePanelDependencies {
  readonly words: ComparisonWords;
  load(request: CompareRequest, signal: AbortSignal): Promise<LoadedComparison>;
  openFiles(
    loaded: LoadedComparison,
    readShared: boolean,
    signal: AbortSignal,
    onProgress: (progress: ImageFilesProgress) => void,
  ): Promise<OpenedFiles>;
  comparePackages(
    loaded: LoadedComparison,
    compared: ComparedFiles,
    signal: AbortSignal,
  ): Promise<PackageComparison | undefined>;
  openDifference(loaded: LoadedComparison, difference: FileDifference): Promise<void>;
  openAll(loaded: LoadedComparison, differences: readonly FileDifference[]): Promise<void>;
  copy(text: string): Promise<void>;
  /** Remembered over panels and sessions. */
  fileView(): FileView;
  rememberFileView(view: FileView): Promise<void>;
  /** The request has changed: title and identity of the panel too. */
  onDidChangeRequest(request: CompareRequest): void;
  readonly logger: Logger;
}

const LOADING = { state: 'loading' } as const;
const EVERYTHING: FileQuery = { text: '', kinds: [], sort: 'path', isDescending: false, view: 'list' };

export class ComparePanelSession {
  readonly #dependencies: ComparePanelDependencies;
  readonly #post: (message: CompareHostMessage) => void;
  #request: CompareRequest;
  #overview: ComparePart<ComparisonView> = LOADING;
  #files: ComparePart<CompareFilesView> = LOADING;
  #packages: ComparePart<ComparePackagesView> = LOADING;
  #loaded: LoadedComparison | undefined;
  #opened: OpenedFiles | undefined;
  #rows = new FileRows([]);
  #query = EVERYTHING;
  #readShared = false;
  /** Of everything that is under way. */
  #working: AbortController | undefined;

  constructor(
    request: CompareRequest,
    dependencies: ComparePanelDependencies,
    post: (message: CompareHostMessage) => void,
  ) {
    this.#request = request;
    this.#dependencies = dependencies;
    this.#post = post;
  }

  /** Obeys one message from the page; anything that is not a message of the protocol is logged and dropped. */
  async receive(data: unknown): Promise<void> {
    const message = tryParseCompareMessage(data);
    switch (message?.type) {
      case undefined:
        this.#dependencies.logger.warn('comparison panel: dropped a message that is not in the protocol');
        return;
      case 'ready':
        this.#show();
        return this.#loaded || this.#working || this.#overview.state !== 'loading' ? undefined : this.#load();
      case 'reload':
        return this.#load();
      case 'swap': {
        const { before, after } = this.#request;
        return this.#change({ ...this.#request, before: after, after: before });
      }
      case 'selectPlatform':
        return this.#change({ ...this.#request, platform: message.platform });
      case 'readShared':
        this.#readShared = true;
        return this.#readFiles();
      case 'retryFiles':
        return this.#readFiles();
      case 'retryPackages':
        return this.#readPackages();
      case 'cancel':
        this.#working?.abort();
        return;
      case 'fileRows':
        return this.#postRows(message.number, message.query, message.from, message.count);
      case 'chooseView':
        return this.#dependencies.rememberFileView(message.view);
      case 'toggleFolder':
        return this.#toggleFolder(message.row, message.path);
      case 'setFolders':
        this.#rows.setFolders(message.areOpen);
        return;
      case 'openFile': {
        const difference = this.#rows.at(message.id);
        return this.#loaded && difference && this.#dependencies.openDifference(this.#loaded, difference);
      }
      case 'openAll': {
        const shown = this.#rows.find(this.#query).map((number) => this.#rows.at(number)!);
        return this.#loaded && this.#dependencies.openAll(this.#loaded, shown);
      }
      case 'copyText':
        return this.#dependencies.copy(message.text);
    }
  }

  /** Stops what is under way; nothing is posted afterwards. */
  dispose(): void {
    const working = this.#working;
    this.#working = undefined;
    working?.abort();
    this.#closeFiles();
  }

  async #change(request: CompareRequest): Promise<void> {
    this.#request = request;
    this.#dependencies.onDidChangeRequest(request);
    await this.#load();
  }

  async #load(): Promise<void> {
    await this.#work(
      async (signal) => {
        this.#closeFiles();
        this.#loaded = undefined;
        this.#overview = this.#files = this.#packages = LOADING;
        this.#show();
        const loaded = await this.#dependencies.load(this.#request, signal);
        signal.throwIfAborted();
        this.#loaded = loaded;
        this.#overview = {
          state: 'ready',
          content: toDisplayable(this.#dependencies.words.overview(loaded)),
        };
      },
      (part) => (this.#overview = this.#files = this.#packages = part),
    );
    if (this.#loaded) await this.#readFiles();
  }

  async #readFiles(): Promise<void> {
    const loaded = this.#loaded;
    if (!loaded) return this.#load();
    const { words } = this.#dependencies;
    await this.#work(
      async (signal) => {
        this.#closeFiles();
        this.#files = this.#packages = LOADING;
        this.#show();
        const isSame = isSameImage(loaded);
        if (!isSame) {
          const opened = await this.#dependencies.openFiles(loaded, this.#readShared, signal, (progress) => {
            if (!signal.aborted) this.#showProgress(progress);
          });
          if (signal.aborted) opened.close();
          signal.throwIfAborted();
          this.#opened = opened;
        }
        const rows = new FileRows(this.#opened ? await compareFiles(this.#opened, signal) : []);
        signal.throwIfAborted();
        this.#rows = rows;
        this.#files = { state: 'ready', content: toDisplayable(words.files(rows, this.#opened)) };
      },
      (part) => {
        this.#files = part;
        this.#packages = { state: 'waiting' };
      },
    );
    if (this.#files.state === 'ready') await this.#readPackages();
  }

  async #readPackages(): Promise<void> {
    const [loaded, opened] = [this.#loaded, this.#opened];
    if (!loaded) return this.#load();
    const { words } = this.#dependencies;
    await this.#work(
      async (signal) => {
        this.#packages = LOADING;
        this.#show();
        const isSame = isSameImage(loaded);
        const comparison = opened
          ? await this.#dependencies.comparePackages(loaded, opened, signal)
          : isSame
            ? ({ changes: [], unreadable: [], basis: 'untouched', isCertain: true } as const)
            : undefined;
        signal.throwIfAborted();
        this.#packages = { state: 'ready', content: toDisplayable(words.packages(comparison, opened)) };
      },
      (part) => (this.#packages = part),
    );
  }

  /** One piece of work at a time: what is begun ends what was under way. */
  async #work(
    work: (signal: AbortSignal) => Promise<void>,
    fail: (part: { state: 'cancelled' } | { state: 'problem'; message: string }) => void,
  ): Promise<void> {
    this.#working?.abort();
    const working = new AbortController();
    this.#working = working;
    try {
      await work(working.signal);
    } catch (error) {
      if (this.#working !== working) return;
      this.#dependencies.logger.debug(`comparison panel: ${String(error)}`);
      const isCancelled = working.signal.aborted || isCoreError(error, 'cancelled');
      fail(
        isCancelled
          ? { state: 'cancelled' }
          : { state: 'problem', message: this.#dependencies.words.error(error) },
      );
    }
    if (this.#working !== working) return;
    this.#working = undefined;
    this.#show();
  }

  #showProgress(progress: ImageFilesProgress): void {
    const { bytesDone, bytesTotal } = progress;
    this.#files = {
      state: 'loading',
      progress: this.#dependencies.words.progress(progress),
      ...(bytesTotal > 0 && { share: Math.min(1, bytesDone / bytesTotal) }),
    };
    this.#show();
  }

  async #postRows(number: number, query: FileQuery, from: number, count: number): Promise<void> {
    this.#query = query;
    const files = this.#rows;
    const found = await files.rows(query);
    // Other files were read meanwhile: their rows are asked for anew.
    if (files !== this.#rows) return;
    const rows = found.slice(from, from + count).map((row) => this.#toView(row));
    this.#post({ type: 'fileRows', number, from, total: found.length, rows: toDisplayable(rows) });
  }

  #toView({ number, path, label, depth, parent, folder }: FileRow): CompareFileRow {
    const { words } = this.#dependencies;
    const difference = number === undefined ? undefined : this.#rows.at(number);
    const worded = folder && words.folder(folder);
    return {
      ...(difference
        ? words.file(difference, number!)
        : { path, change: '', isCertain: true, canOpen: false }),
      ...(worded && difference?.kind !== 'metadata' && { change: worded.change }),
      label,
      depth,
      ...(parent !== undefined && { parent }),
      ...(folder && { folder: { isOpen: folder.isOpen, count: worded!.count } }),
    };
  }

  async #toggleFolder(row: number, path: string): Promise<void> {
    const shown = (await this.#rows.rows(this.#query))[row];
    if (shown?.folder && toDisplayText(shown.path) === path) this.#rows.toggleFolder(shown.path);
  }

  #show(): void {
    const state: ComparePanelState = {
      strings: this.#dependencies.words.strings,
      request: this.#request,
      fileView: this.#dependencies.fileView(),
      overview: this.#overview,
      files: this.#files,
      packages: this.#packages,
    };
    this.#post({ type: 'comparison', state });
  }

  #closeFiles(): void {
    this.#opened?.close();
    this.#opened = undefined;
    this.#rows = new FileRows([]);
  }
}
