import assert from 'node:assert/strict';
import { nullLogger } from '../../../src/core/common/Logger.ts';
import type { ImageView } from '../../../src/core/image/ImageView.ts';
import {
  ManifestPanelSession,
  type ManifestPanelDependencies,
} from '../../../src/panels/ManifestPanelSession.ts';
import type { HostMessage, PanelStrings } from '../../../src/panels/manifestPanelProtocol.ts';

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
