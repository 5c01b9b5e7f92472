import assert from 'node:assert/strict';
import { nullLogger } from '../../../../src/core/common/Logger.ts';
import type { FolderView } from '../../../../src/core/image/space/ImageSpace.ts';
import type { SpaceView } from '../../../../src/core/image/space/SpaceView.ts';
import type { ImageView } from '../../../../src/core/image/ImageView.ts';
import type { AttachedDocumentView, BaseImageView } from '../../../../src/core/trust/SupplyChainView.ts';
import {
  ManifestPanelSession,
  type ManifestPanelDependencies,
} from '../../../../src/panels/manifest/ManifestPanelSession.ts';
import { NO_SECTIONS } from '../../../support/panelSections.ts';
import type { HostMessage, PanelStrings } from '../../../../src/panels/manifest/manifestPanelProtocol.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const CHILD = `sha256:${'cd'.repeat(32)}`;
const CONFIG = `sha256:${'ef'.repeat(32)}`;
const REQUEST = { connectionId: 'c', repository: 'team/web', reference: '1.2', title: 'web:1.2' };
const SETTING = {
  request: REQUEST,
  fullReference: 'localhost:5000/team/web:1.2',
  locale: 'en',
  strings: {} as PanelStrings,
};

const VIEW: ImageView = {
  reference: '1.2',
  digest: DIGEST,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  kind: 'index',
  manifestSizeInBytes: 100,
  platforms: [],
  attestations: [],
  annotations: [],
  problems: [],
  selected: {
    digest: CHILD,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    manifestSizeInBytes: 100,
    platform: 'linux/arm64/v8',
    config: { digest: CONFIG, mediaType: 'application/vnd.oci.image.config.v1+json', sizeInBytes: 5 },
    steps: [],
    historyMatches: true,
    annotations: [],
  },
};

const BASE: BaseImageView = {
  reference: 'debian:12',
  by: 'annotation',
  state: 'newer',
  open: { connectionId: 'hub', repository: 'library/debian', reference: '12' },
};

const PROVENANCE: AttachedDocumentView = {
  id: `${CONFIG}#0`,
  kind: 'provenance',
  label: 'Provenance (SLSA v1)',
  isVerified: false,
  type: 'https://slsa.dev/provenance/v1',
  digest: CONFIG,
  blob: { digest: DIGEST, mediaType: 'application/vnd.in-toto+json' },
  sizeInBytes: 10,
  places: ['index'],
  source: 'github.com/o/r@0123456',
  sourceUrl: 'https://github.com/o/r/commit/0123456',
};

/** A session whose window and surroundings are recorded. */
function createSession(changed: Partial<ManifestPanelDependencies> = {}, platformDigest?: string) {
  const posted: HostMessage[] = [];
  const done: unknown[] = [];
  const session = new ManifestPanelSession(
    SETTING,
    platformDigest,
    {
      load: async () => VIEW,
      fullReference: () => SETTING.fullReference,
      pullCommand: (_, platform) => `pull ${platform ?? 'any'}`,
      openRaw: async (document) => void done.push(document),
      copy: async (text) => void done.push(text),
      sections: NO_SECTIONS,
      analyzeLayers: async () => ({ kind: 'noFiles' }),
      autoAnalyzeBytes: () => 0,
      folderOf: () => undefined,
      openFile: async (request, { digest }, path, layer) =>
        void done.push({ ...request, digest, path, ...(layer !== undefined && { layer }) }),
      openAttached: async (document) => void done.push(document),
      openExternal: async (url) => void done.push(url),
      verify: async (request) => void done.push(request),
      open: async (request) => void done.push(request),
      describeError: (error) => ({
        message: (error as Error).message,
        actions: [{ id: 'signIn', title: 'Sign In' }],
      }),
      runAction: async (id) => {
        done.push(id);
        return true;
      },
      logger: nullLogger,
      ...changed,
    },
    (message) => posted.push(message),
  );
  return { session, posted, done, types: () => posted.map(({ type }) => type) };
}

describe('a manifest panel', () => {
  it('loads when its page is ready', async () => {
    const { session, types } = createSession();
    await session.receive({ type: 'ready' });
    assert.deepEqual(types(), ['setting', 'loading', 'view']);
  });

  it('gives a page that was hidden the same view again, without asking the registry', async () => {
    let loads = 0;
    const { session, posted, types } = createSession({ load: async () => (loads++, VIEW) });
    await session.receive({ type: 'ready' });
    posted.length = 0;
    await session.receive({ type: 'ready' });
    assert.deepEqual(types(), ['setting', 'view']);
    assert.equal(loads, 1);
  });

  it('takes control and bidi characters out of everything before it is shown', async () => {
    const { session, posted } = createSession({
      load: async () => ({ ...VIEW, annotations: [{ name: 'a\u202Eb', value: '\u001B[31mred\u0000' }] }),
    });
    await session.receive({ type: 'ready' });
    const shown = posted.at(-1);
    assert.ok(shown?.type === 'view');
    assert.deepEqual(shown.view.annotations, [{ name: 'ab', value: 'red' }]);
  });

  it('keeps only the last of several platforms chosen in a row, and stops the others', async () => {
    const signals: AbortSignal[] = [];
    const answers: ((view: ImageView) => void)[] = [];
    const { session, posted } = createSession({
      load: (_, __, signal) => {
        signals.push(signal);
        return new Promise((resolve) => answers.push(resolve));
      },
    });
    const first = session.receive({ type: 'selectPlatform', digest: DIGEST });
    const second = session.receive({ type: 'selectPlatform', digest: CHILD });
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true, false],
    );
    answers[1]!(VIEW);
    answers[0]!({ ...VIEW, digest: CONFIG });
    await Promise.all([first, second]);
    assert.deepEqual(
      posted.filter(({ type }) => type === 'view'),
      [{ type: 'view', view: VIEW }],
    );
  });

  it('opens the platform that was shown before the window was reloaded', async () => {
    let asked: string | undefined;
    const { session } = createSession(
      {
        load: async (_, platformDigest) => {
          asked = platformDigest;
          return VIEW;
        },
      },
      CHILD,
    );
    await session.receive({ type: 'ready' });
    assert.equal(asked, CHILD);
  });

  it('shows what went wrong, and loads again on Retry', async () => {
    let isBroken = true;
    const { session, posted, types } = createSession({
      load: async () => {
        if (isBroken) throw new Error('refused');
        return VIEW;
      },
    });
    await session.receive({ type: 'ready' });
    assert.deepEqual(posted.at(-1), {
      type: 'error',
      error: { message: 'refused', actions: [{ id: 'signIn', title: 'Sign In' }] },
    });
    isBroken = false;
    await session.receive({ type: 'reload' });
    assert.equal(types().at(-1), 'view');
  });

  it('runs only the actions that it offered, and loads again afterwards', async () => {
    const { session, done, types } = createSession({
      load: async () => {
        throw new Error('refused');
      },
    });
    await session.receive({ type: 'runAction', id: 'signIn' });
    assert.deepEqual(done, []);
    await session.receive({ type: 'ready' });
    await session.receive({ type: 'runAction', id: 'deleteEverything' });
    await session.receive({ type: 'runAction', id: 'signIn' });
    assert.deepEqual(done, ['signIn']);
    assert.deepEqual(types().slice(-2), ['loading', 'error']);
  });

  it('copies the reference, the digest and the command that pulls the platform that was chosen', async () => {
    const { session, done } = createSession();
    await session.receive({ type: 'ready' });
    await session.receive({ type: 'copy', subject: 'reference' });
    await session.receive({ type: 'copy', subject: 'digest' });
    await session.receive({ type: 'copy', subject: 'pullCommand' });
    await session.receive({ type: 'selectPlatform', digest: CHILD });
    await session.receive({ type: 'copy', subject: 'pullCommand' });
    assert.deepEqual(done, ['localhost:5000/team/web:1.2', DIGEST, 'pull any', 'pull linux/arm64/v8']);
  });

  it('opens each raw document by the digest that is shown', async () => {
    const { session, done } = createSession();
    await session.receive({ type: 'openRaw', document: 'image' });
    assert.deepEqual(done, []);
    await session.receive({ type: 'ready' });
    for (const document of ['image', 'selected', 'config']) {
      await session.receive({ type: 'openRaw', document });
    }
    const place = { connectionId: 'c', repository: 'team/web' };
    assert.deepEqual(done, [
      { ...place, kind: 'manifest', digest: DIGEST, name: 'web-1.2' },
      { ...place, kind: 'manifest', digest: CHILD, name: 'web-1.2-linux-arm64-v8' },
      { ...place, kind: 'config', digest: CONFIG, name: 'web-1.2-config' },
    ]);
  });

  it('opens what is attached in a panel of its own', async () => {
    const { session, done } = createSession();
    await session.receive({ type: 'openDigest', digest: CHILD });
    assert.deepEqual(done, [
      { connectionId: 'c', repository: 'team/web', reference: CHILD, title: 'team/web@cdcdcdcdcdcd' },
    ]);
  });

  it('reads a section once, when its page asks for it, and gives it again to a page that was hidden', async () => {
    let reads = 0;
    const { session, posted } = createSession({
      sections: { ...NO_SECTIONS, baseImage: async () => (reads++, BASE) },
    });
    await session.receive({ type: 'loadSection', name: 'baseImage' });
    assert.equal(reads, 0, 'nothing is shown yet');
    await session.receive({ type: 'ready' });
    assert.equal(reads, 0);
    await session.receive({ type: 'loadSection', name: 'baseImage' });
    await session.receive({ type: 'loadSection', name: 'baseImage' });
    assert.equal(reads, 1);
    const section = { type: 'section', section: { name: 'baseImage', content: BASE } };
    assert.deepEqual(posted.slice(-2), [section, section]);
  });

  it('says of a section why it could not be read, and reads it again when asked', async () => {
    let isBroken = true;
    const { session, posted } = createSession({
      sections: {
        ...NO_SECTIONS,
        baseImage: async () => {
          if (isBroken) throw new Error('refused');
          return BASE;
        },
      },
    });
    await session.receive({ type: 'ready' });
    await session.receive({ type: 'loadSection', name: 'baseImage' });
    assert.deepEqual(posted.at(-1), { type: 'section', section: { name: 'baseImage', problem: 'refused' } });
    isBroken = false;
    await session.receive({ type: 'loadSection', name: 'baseImage' });
    assert.deepEqual(posted.at(-1), { type: 'section', section: { name: 'baseImage', content: BASE } });
  });

  it('stops the sections of what is no longer shown', async () => {
    const signals: AbortSignal[] = [];
    const answers: ((base: BaseImageView) => void)[] = [];
    const { session, posted } = createSession({
      sections: {
        ...NO_SECTIONS,
        baseImage: (_request, _view, signal) => {
          signals.push(signal);
          return new Promise((resolve) => answers.push(resolve));
        },
      },
    });
    await session.receive({ type: 'ready' });
    const first = session.receive({ type: 'loadSection', name: 'baseImage' });
    await session.receive({ type: 'selectPlatform', digest: CHILD });
    assert.equal(signals[0]?.aborted, true);
    answers[0]!(BASE);
    await first;
    assert.equal(
      posted.some(({ type }) => type === 'section'),
      false,
    );
  });

  it('opens what is attached, its commit, the base and a tag only as they were sent to the page', async () => {
    const { session, done } = createSession({
      sections: {
        attached: async () => ({ documents: [PROVENANCE], isIncomplete: false }),
        baseImage: async () => BASE,
        sizeTrend: async () => ({
          points: [{ tag: '1.1', otherTags: [], sizeInBytes: 1, isShown: false }],
          isOverPlatforms: false,
        }),
        space: NO_SECTIONS.space,
      },
    });
    const asks = [
      { type: 'openAttached', id: PROVENANCE.id, as: 'raw' },
      { type: 'openAttached', id: PROVENANCE.id, as: 'source' },
      { type: 'openAttached', id: 'other', as: 'source' },
      { type: 'openBase' },
      { type: 'openTag', tag: '1.1' },
      { type: 'openTag', tag: '9.9' },
      { type: 'verify' },
    ];
    for (const ask of asks) await session.receive(ask);
    assert.deepEqual(done, [], 'nothing was sent yet');
    await session.receive({ type: 'ready' });
    for (const name of ['attached', 'baseImage', 'sizeTrend']) {
      await session.receive({ type: 'loadSection', name });
    }
    for (const ask of asks) await session.receive(ask);
    const place = { connectionId: 'c', repository: 'team/web' };
    assert.deepEqual(done, [
      { ...place, document: PROVENANCE, as: 'raw' },
      PROVENANCE.sourceUrl,
      { ...BASE.open, title: 'debian:12' },
      { ...place, reference: '1.1', title: 'web:1.1' },
      { ...REQUEST, reference: DIGEST },
    ]);
  });

  describe('analyzing layers', () => {
    const unread: SpaceView = { kind: 'unread', sizeInBytes: 100 };
    const folder: FolderView = { path: '/', node: { name: '', sizeInBytes: 5, children: [] } };
    const measured: SpaceView = {
      kind: 'measured',
      folder,
      space: {
        efficiency: 1,
        wastedBytes: 0,
        totalBytes: 5,
        visibleBytes: 5,
        layers: [],
        repeatedPathCount: 0,
        repeatedPaths: [],
      },
    };
    const spaces = (posted: readonly HostMessage[]): unknown[] =>
      posted.flatMap((message) =>
        message.type === 'section' && message.section.name === 'space' && 'content' in message.section
          ? [message.section.content]
          : [],
      );
    async function createUnread(changed: Partial<ManifestPanelDependencies>) {
      const created = createSession({ sections: { ...NO_SECTIONS, space: async () => unread }, ...changed });
      await created.session.receive({ type: 'ready' });
      await created.session.receive({ type: 'loadSection', name: 'space' });
      return created;
    }

    it('shows progress by whole percents and then what was measured', async () => {
      const { session, posted } = await createUnread({
        analyzeLayers: async (_request, _view, _signal, onProgress) => {
          for (const bytesDone of [0, 500, 501, 1000]) onProgress({ bytesDone, bytesTotal: 1000 });
          return measured;
        },
      });
      await session.receive({ type: 'analyzeLayers' });
      assert.deepEqual(spaces(posted), [
        unread,
        { kind: 'reading', bytesDone: 0, bytesTotal: 100 },
        { kind: 'reading', bytesDone: 500, bytesTotal: 1000 },
        { kind: 'reading', bytesDone: 1000, bytesTotal: 1000 },
        measured,
      ]);
    });

    it('offers it again after it was cancelled, and does one at a time', async () => {
      let runs = 0;
      const { session, posted } = await createUnread({
        analyzeLayers: (_request, _view, signal) => {
          runs += 1;
          return new Promise((_, reject) =>
            signal.addEventListener('abort', () => reject(new Error('stopped'))),
          );
        },
      });
      const first = session.receive({ type: 'analyzeLayers' });
      await session.receive({ type: 'analyzeLayers' });
      assert.equal(runs, 1);
      await session.receive({ type: 'cancelAnalysis' });
      await first;
      assert.deepEqual(spaces(posted).at(-1), unread);
    });

    it('says why it failed, and succeeds when tried again', async () => {
      let isBroken = true;
      const { session, posted } = await createUnread({
        analyzeLayers: async () => {
          if (isBroken) throw new Error('Layer gone.');
          return measured;
        },
      });
      await session.receive({ type: 'analyzeLayers' });
      assert.deepEqual(spaces(posted).at(-1), { ...unread, problem: 'Layer gone.' });
      isBroken = false;
      await session.receive({ type: 'analyzeLayers' });
      assert.deepEqual(spaces(posted).at(-1), measured);
    });

    it('begins by itself where less has to be read than the person allowed', async () => {
      const { posted } = await createUnread({
        analyzeLayers: async () => measured,
        autoAnalyzeBytes: () => 101,
      });
      assert.deepEqual(spaces(posted).at(-1), measured);
      const asked = await createUnread({ analyzeLayers: async () => measured, autoAnalyzeBytes: () => 100 });
      assert.deepEqual(spaces(asked.posted), [unread]);
    });

    it('stops for another platform, and shows nothing of the first', async () => {
      let stopped: AbortSignal | undefined;
      const { session, posted } = await createUnread({
        analyzeLayers: (_request, _view, signal) => {
          stopped = signal;
          return new Promise((_, reject) =>
            signal.addEventListener('abort', () => reject(new Error('stopped'))),
          );
        },
      });
      const first = session.receive({ type: 'analyzeLayers' });
      await session.receive({ type: 'selectPlatform', digest: CHILD });
      await first;
      assert.equal(stopped?.aborted, true);
      assert.equal(posted.at(-1)?.type, 'view');
    });

    it('shows another folder of what was measured, and opens its files', async () => {
      const lib: FolderView = { path: '/lib', node: { name: 'lib', sizeInBytes: 3, children: [] } };
      const { session, posted, done } = await createUnread({
        analyzeLayers: async () => measured,
        folderOf: (_view, path) => (path === '/lib' ? lib : undefined),
      });
      await session.receive({ type: 'showFolder', path: '/lib' });
      assert.deepEqual(spaces(posted), [unread], 'nothing was measured yet');
      await session.receive({ type: 'analyzeLayers' });
      await session.receive({ type: 'showFolder', path: '/lib' });
      assert.deepEqual(spaces(posted).at(-1), { ...measured, folder: lib });
      const count = posted.length;
      await session.receive({ type: 'showFolder', path: '/never' });
      assert.equal(posted.length, count);
      await session.receive({ type: 'openFile', path: '/lib/x' });
      await session.receive({ type: 'openFile', path: '/lib/y', layer: 2 });
      assert.deepEqual(done, [
        { ...REQUEST, digest: DIGEST, path: '/lib/x' },
        { ...REQUEST, digest: DIGEST, path: '/lib/y', layer: 2 },
      ]);
    });
  });

  it('shows what is attached anew once something was verified, if it is shown', async () => {
    let reads = 0;
    const { session } = createSession({
      sections: {
        ...NO_SECTIONS,
        attached: async () => (reads++, { documents: [], isIncomplete: false }),
      },
    });
    await session.receive({ type: 'ready' });
    await session.refreshAttached();
    assert.equal(reads, 0);
    await session.receive({ type: 'loadSection', name: 'attached' });
    await session.refreshAttached();
    assert.equal(reads, 2);
  });

  it('drops what is not in the protocol', async () => {
    const { session, posted, done } = createSession();
    await session.receive({ type: 'openRaw', document: 'image', path: '/etc/passwd' });
    await session.receive('ready');
    assert.deepEqual([posted, done], [[], []]);
  });

  it('stops its request when it is closed, and says nothing more', async () => {
    let signal: AbortSignal | undefined;
    const { session, types } = createSession({
      load: (_, __, loading) => {
        signal = loading;
        return new Promise((_resolve, reject) => {
          loading.addEventListener('abort', () => reject(new Error('aborted')));
        });
      },
    });
    const loading = session.receive({ type: 'ready' });
    session.dispose();
    await loading;
    assert.equal(signal?.aborted, true);
    assert.deepEqual(types(), ['setting', 'loading']);
  });
});
