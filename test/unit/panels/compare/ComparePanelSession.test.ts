import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { CoreError } from '../../../../src/core/common/CoreError.ts';
import { nullLogger } from '../../../../src/core/common/Logger.ts';
import type { FileDifference } from '../../../../src/core/image/compare/compareFiles.ts';
import {
  compareImagePackages,
  type PackageComparison,
} from '../../../../src/core/image/compare/compareImagePackages.ts';
import type { FolderFacts } from '../../../../src/core/image/compare/FileTree.ts';
import type { FileRows } from '../../../../src/core/image/compare/FileRows.ts';
import { openComparedFiles } from '../../../../src/core/image/compare/openComparedFiles.ts';
import type { ImageFilesProgress } from '../../../../src/core/image/files/ImageFiles.ts';
import { parseImageConfig } from '../../../../src/core/oci/imageConfig.ts';
import type {
  CompareHostMessage,
  ComparePanelState,
  CompareRequest,
} from '../../../../src/panels/compare/comparePanelProtocol.ts';
import {
  ComparePanelSession,
  type ComparePanelDependencies,
  type ComparisonWords,
} from '../../../../src/panels/compare/ComparePanelSession.ts';
import type { ComparedImage, LoadedComparison } from '../../../../src/panels/compare/loadComparison.ts';
import { MemoryBlobSource } from '../../../support/layers/MemoryBlobSource.ts';
import { packed, packTar } from '../../../support/layers/packTar.ts';
import { TestIndexer } from '../../../support/layers/TestIndexer.ts';

const target = (title: string) => ({ kind: 'docker', imageId: title, title, name: title }) as const;
const request: CompareRequest = { before: target('a'), after: target('b') };

/** Words are the data itself. */
const words = {
  strings: {},
  overview: ({ before, after }: LoadedComparison) => ({ isSame: before.digest === after.digest }),
  files: (rows: FileRows) => rows.summary(),
  folder: ({ count, growth }: FolderFacts) => ({ count: String(count), change: String(growth) }),
  file: ({ path, kind }: FileDifference, id: number) => ({ id, path, kind }),
  packages: (comparison?: PackageComparison) => ({ packages: comparison?.changes ?? null }),
  progress: ({ bytesDone, bytesTotal }: ImageFilesProgress) => `${bytesDone} of ${bytesTotal}`,
  error: (error: unknown) => (error as CoreError).kind,
} as unknown as ComparisonWords;

class Panel {
  readonly messages: CompareHostMessage[] = [];
  readonly calls: string[] = [];
  readonly session: ComparePanelSession;

  constructor(dependencies: Partial<ComparePanelDependencies>) {
    this.session = new ComparePanelSession(
      request,
      {
        words,
        load: async () => Promise.reject(new Error('not expected')),
        openFiles: async () => Promise.reject(new Error('not expected')),
        comparePackages: async (_, compared, signal) => compareImagePackages(compared, signal),
        openDifference: async (_, { path }) => void this.calls.push(`open ${path}`),
        openAll: async (_, differences) =>
          void this.calls.push(`all ${differences.map(({ path }) => path).join()}`),
        copy: async () => undefined,
        fileView: () => 'list',
        rememberFileView: async (view) => void this.calls.push(view),
        onDidChangeRequest: ({ before, after, platform }) =>
          void this.calls.push(`${before.title} ${after.title} ${platform ?? ''}`.trim()),
        logger: nullLogger,
        ...dependencies,
      },
      (message) => this.messages.push(message),
    );
  }

  get state(): ComparePanelState {
    const last = this.messages.findLast((message) => message.type === 'comparison');
    assert.ok(last?.type === 'comparison');
    return last.state;
  }
}

describe('ComparePanelSession', () => {
  let indexes: TestIndexer;
  beforeEach(() => (indexes = new TestIndexer()));
  afterEach(() => indexes[Symbol.dispose]());

  const config = parseImageConfig(Buffer.from('{}'));
  const image = (digest: string) => ({ digest, config, layers: [] }) as unknown as ComparedImage;
  const loaded = (before: string, after: string): LoadedComparison => ({
    before: image(before),
    after: image(after),
    platforms: [],
  });

  async function filesOf(signal: AbortSignal, folder = '') {
    const source = new MemoryBlobSource();
    const side = async (content: string) => ({
      source,
      layers: [
        source.add(
          gzipSync(await packTar([packed(`${folder}a`, content), packed(`${folder}only-${content}`)])),
        ),
      ],
    });
    const options = { indexer: indexes.create(), signal };
    return {
      ...(await openComparedFiles(await side('1'), await side('2'), options)),
      close: () => undefined,
    };
  }

  it('shows overview, files and packages, and hands out the rows that are looked at', async () => {
    const panel = new Panel({
      load: async () => loaded('a', 'b'),
      openFiles: async (_, __, signal) => filesOf(signal),
    });
    await panel.session.receive({ type: 'ready' });
    const { overview, files, packages } = panel.state;
    assert.deepEqual([overview.state, files.state, packages.state], ['ready', 'ready', 'ready']);
    const query = { text: '', kinds: [], sort: 'path', isDescending: true, view: 'list' };
    await panel.session.receive({ type: 'fileRows', number: 1, query, from: 1, count: 1 });
    assert.deepEqual(panel.messages.at(-1), {
      type: 'fileRows',
      number: 1,
      from: 1,
      total: 3,
      rows: [{ id: 1, path: '/only-1', kind: 'removed', label: '/only-1', depth: 0 }],
    });
    await panel.session.receive({ type: 'openFile', id: 0 });
    await panel.session.receive({ type: 'openFile', id: 99 });
    await panel.session.receive({ type: 'openAll' });
    assert.deepEqual(panel.calls, ['open /a', 'all /only-2,/only-1,/a']);
  });

  it('shows files by their folders, opens and closes them, and remembers that they were wanted so', async () => {
    const panel = new Panel({
      load: async () => loaded('a', 'b'),
      openFiles: async (_, __, signal) => filesOf(signal, 'd/'),
    });
    await panel.session.receive({ type: 'ready' });
    const query = { text: '', kinds: [], sort: 'path', isDescending: false, view: 'tree' };
    const labels = async (): Promise<unknown> => {
      await panel.session.receive({ type: 'fileRows', number: 1, query, from: 0, count: 9 });
      const answer = panel.messages.at(-1);
      return (
        answer?.type === 'fileRows' &&
        answer.rows.map(({ label, folder }) => `${label} ${folder?.count ?? ''}`)
      );
    };
    await panel.session.receive({ type: 'chooseView', view: 'tree' });
    assert.deepEqual(panel.calls, ['tree']);
    assert.deepEqual(await labels(), ['d 3', 'a ', 'only-1 ', 'only-2 ']);
    await panel.session.receive({ type: 'toggleFolder', row: 0, path: '/other' });
    await panel.session.receive({ type: 'toggleFolder', row: 1, path: '/d/a' });
    assert.deepEqual(await labels(), ['d 3', 'a ', 'only-1 ', 'only-2 ']);
    await panel.session.receive({ type: 'toggleFolder', row: 0, path: '/d' });
    assert.deepEqual(await labels(), ['d 3']);
    await panel.session.receive({ type: 'setFolders', areOpen: true });
    assert.deepEqual(await labels(), ['d 3', 'a ', 'only-1 ', 'only-2 ']);
  });

  it('reads no file of two names of one image', async () => {
    const panel = new Panel({ load: async () => loaded('a', 'a') });
    await panel.session.receive({ type: 'ready' });
    assert.deepEqual(panel.state.overview, { state: 'ready', content: { isSame: true } });
    assert.equal(panel.state.packages.state, 'ready');
  });

  it('keeps the overview when files cannot be read, and reads them again on Retry', async () => {
    let tries = 0;
    const panel = new Panel({
      load: async () => loaded('a', 'b'),
      openFiles: async (_, __, signal) => {
        tries += 1;
        if (tries === 1) throw new CoreError('connectionReset', 'cut');
        return filesOf(signal);
      },
    });
    await panel.session.receive({ type: 'ready' });
    assert.equal(panel.state.overview.state, 'ready');
    assert.deepEqual(panel.state.files, { state: 'problem', message: 'connectionReset' });
    assert.deepEqual(panel.state.packages, { state: 'waiting' }, 'one problem is said once');
    await panel.session.receive({ type: 'retryFiles' });
    assert.equal(panel.state.files.state, 'ready');
  });

  it('stops at once when it is cancelled, says so, and goes on when asked', async () => {
    const waiting = Promise.withResolvers<undefined>();
    let isFirst = true;
    const panel = new Panel({
      load: async () => loaded('a', 'b'),
      openFiles: async (_, __, signal, onProgress) => {
        if (!isFirst) return filesOf(signal);
        isFirst = false;
        onProgress({ bytesDone: 5, bytesTotal: 10 });
        waiting.resolve(undefined);
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new CoreError('cancelled', 'cancelled')));
        });
      },
    });
    const opening = panel.session.receive({ type: 'ready' });
    await waiting.promise;
    assert.deepEqual(panel.state.files, { state: 'loading', progress: '5 of 10', share: 0.5 });
    await panel.session.receive({ type: 'cancel' });
    await opening;
    assert.deepEqual(panel.state.files, { state: 'cancelled' });
    await panel.session.receive({ type: 'readShared' });
    assert.equal(panel.state.files.state, 'ready');
  });

  it('swaps its sides, takes another platform, and says so for its title', async () => {
    const asked: string[] = [];
    const panel = new Panel({
      load: async ({ before, platform = '' }) => {
        asked.push(`${before.title} ${platform}`.trim());
        return loaded('a', 'a');
      },
    });
    await panel.session.receive({ type: 'ready' });
    await panel.session.receive({ type: 'swap' });
    await panel.session.receive({ type: 'selectPlatform', platform: 'linux/arm64' });
    assert.deepEqual(asked, ['a', 'b', 'b linux/arm64']);
    assert.deepEqual(panel.calls, ['b a', 'b a linux/arm64']);
  });

  it('drops what is no message of the protocol', async () => {
    const panel = new Panel({});
    for (const data of [
      undefined,
      { type: 'openFile', id: -1 },
      { type: 'cancel', more: 1 },
      { type: 'fileRows' },
    ]) {
      await panel.session.receive(data);
    }
    assert.deepEqual(panel.messages, []);
  });
});
