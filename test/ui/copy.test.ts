/** Copying and promoting between two real registries: by menu and by drag and drop, with progress, Cancel, Undo and Resume. */
import * as assert from 'node:assert/strict';
import { fillSamples } from '../../scripts/samples/fillSamples.ts';
import { startDistribution } from '../support/servers/distribution.ts';
import type { TestServer } from '../support/servers/startProcess.ts';
import { FaultServer } from '../support/faultServer/FaultServer.ts';
import { forward } from '../support/forward.ts';
import { sampleImage, pushSample } from '../support/sampleImage.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { useWorkbench } from './useWorkbench.ts';

describe('Copying between registries', () => {
  const stack = new AsyncDisposableStack();
  let dev: TestServer;
  let prod: TestServer;
  /** In front of `prod`, so that an upload can be held. */
  let gate: FaultServer;
  let isHeld = false;
  let onHeld = Promise.withResolvers<undefined>();
  let fromDev: TestConnection;
  let atProd: TestConnection;

  before('two registries', async () => {
    dev = stack.use(await startDistribution());
    prod = stack.use(await startDistribution({ version: 3 }));
    gate = stack.use(await FaultServer.start());
    const pass = forward(prod.url);
    gate.on('/*', async (exchange) => {
      const { method, url } = exchange.request;
      if (isHeld && method === 'PUT' && url.includes('/blobs/uploads/')) {
        onHeld.resolve(undefined);
        return;
      }
      await pass(exchange);
    });
    fromDev = stack.use(new TestConnection(dev.url));
    atProd = stack.use(new TestConnection(prod.url));
    await fillSamples(fromDev.client, AbortSignal.timeout(60_000));
    for (const tag of ['one', 'two']) {
      await pushSample(fromDev.client, 'samples/web-held', sampleImage({ layer: `held ${tag}` }), tag);
    }
    await pushSample(
      atProd.client,
      'prod/web-app',
      sampleImage({ layer: 'what runs in production' }),
      'stable',
    );
  });
  after(() => stack.disposeAsync());

  const suite = useWorkbench(() => ({
    settings: {
      'berth.connections': [
        { name: 'Dev', url: dev.url, auth: 'anonymous' },
        { name: 'Prod', url: gate.origin, auth: 'anonymous' },
      ],
      'berth.promotions': [
        {
          name: 'release',
          stages: [
            { name: 'dev', repository: `${dev.host}/samples/{name}` },
            { name: 'prod', repository: `${gate.host}/prod/{name}`, tag: 'stable' },
          ],
        },
      ],
    },
  }));
  const digestOf = async (connection: TestConnection, repository: string, tag: string) =>
    (await connection.client.headManifest(repository, tag, connection.signal))?.digest;

  /** A new repository, typed where known ones are listed. */
  const nameRepository = async (name: string) => {
    const { quickInput } = suite().workbench;
    await quickInput.type(name);
    await quickInput.pick(name);
  };

  it('copies a multi-platform tag with what is attached to it, asking step by step', async () => {
    const { workbench } = suite();
    await workbench.showContainer('Berth');
    await workbench.view('Local Images').close();
    const tag = await workbench.view('Registries').item('Dev', 'samples', 'web-app', 'latest');
    await tag.choose('Copy to…');
    await workbench.quickInput.waitFor('Choose the registry to copy to');
    await workbench.shot('copy-registry');
    await workbench.quickInput.pick('Prod');
    await nameRepository('team/web-app');
    await workbench.quickInput.waitForMessage(/team\/web-app:latest$/);
    await workbench.shot('copy-tag');
    await workbench.quickInput.accept();
    await workbench.quickInput.waitFor('Which platforms?');
    await workbench.shot('copy-platforms');
    await workbench.quickInput.pick('All Platforms');
    await workbench.quickInput.pick('With Signatures, SBOMs and Provenance');
    const done = workbench.notification(/Copy latest to .*: done/);
    await done.waitFor();
    await workbench.shot('copied');
    const digest = await digestOf(fromDev, 'samples/web-app', 'latest');
    assert.equal(await digestOf(atProd, 'team/web-app', 'latest'), digest);
    const before = await fromDev.client.listReferrers('samples/web-app', digest!, fromDev.signal);
    const after = await atProd.client.listReferrers('team/web-app', digest!, atProd.signal);
    assert.deepEqual(
      after.referrers.map((each) => each.digest).sort(),
      before.referrers.map((each) => each.digest).sort(),
    );
    await done.click('Show in Registries');
    await workbench.view('Registries').item('Prod', 'team', 'web-app', 'latest');
  });

  it('copies the platforms that are chosen, in an index that lists them alone', async () => {
    const { workbench } = suite();
    const tag = await workbench.view('Registries').item('Dev', 'samples', 'web-app', 'latest');
    await tag.choose('Copy to…');
    await workbench.quickInput.pick('Prod');
    await nameRepository('some/web-app');
    await workbench.quickInput.waitForMessage(/some\/web-app:latest$/);
    await workbench.quickInput.accept();
    await workbench.quickInput.pick(/^Choose Platforms/);
    await workbench.quickInput.tick('linux/amd64');
    await workbench.quickInput.tick('linux/arm64');
    await workbench.shot('copy-chosen-platforms');
    await workbench.quickInput.accept();
    await workbench.quickInput.pick('The Image Alone');
    await workbench.notification(/Copy latest to .*some\/web-app:latest: done/).waitFor();
    const { signal } = atProd;
    const copied = await atProd.client.getManifest('some/web-app', 'latest', signal);
    const whole = await fromDev.client.getManifest('samples/web-app', 'latest', signal);
    assert.ok(copied.kind === 'index' && whole.kind === 'index');
    const platforms = (each: typeof copied) =>
      each.manifests.map(({ platform }) => platform?.architecture).filter((name) => name !== 'unknown');
    assert.deepEqual(platforms(copied), ['amd64', 'arm64']);
    assert.deepEqual(platforms(whole), ['amd64', 'arm64', 'arm']);
    const there = await workbench.view('Registries').item('Prod', 'some', 'web-app', 'latest');
    await there.waitForDescription(/kB|MB| B/);
    await (await workbench.view('Registries').item('Prod', 'some')).collapse();
  });

  it('promotes to the next stage after showing what its tag points to, and undoes it', async () => {
    const { workbench } = suite();
    const old = await digestOf(atProd, 'prod/web-app', 'stable');
    const tag = await workbench.view('Registries').item('Dev', 'samples', 'web-app', 'v1.2.0');
    await tag.choose('Promote…');
    await workbench.quickInput.waitFor('The next stage');
    await workbench.shot('promote-stage');
    await workbench.quickInput.pick('dev → prod');
    await workbench.dialog.waitFor('Promote v1.2.0 to prod?');
    assert.match(
      await workbench.dialog.detail(),
      /prod\/web-app:stable: now [0-9a-f]{12}, then [0-9a-f]{12}/,
    );
    await workbench.shot('promote-confirm');
    await workbench.dialog.click('Promote');
    const done = workbench.notification('Promote v1.2.0 to prod: done');
    await done.waitFor();
    const digest = await digestOf(fromDev, 'samples/web-app', 'v1.2.0');
    assert.equal(await digestOf(atProd, 'prod/web-app', 'stable'), digest);
    await done.click('Undo');
    await (await workbench.view('Activity').item('Promote v1.2.0 to prod')).waitForDescription('undone');
    await workbench.shot('promote-undone');
    assert.equal(await digestOf(atProd, 'prod/web-app', 'stable'), old);
  });

  it('copies tags that are dropped onto another repository, all with one question', async () => {
    const { workbench } = suite();
    const view = workbench.view('Registries');
    await (await view.item('Dev', 'samples', 'web-app', 'v1.2.0')).select();
    const other = await view.item('Dev', 'samples', 'web-app', 'v1.10.0');
    await other.addToSelection();
    await other.dragTo(await view.item('Prod'));
    await workbench.quickInput.waitFor('Copy 2 tags of samples/web-app');
    await nameRepository('dropped/web-app');
    await workbench.quickInput.pick('The Image Alone');
    await workbench.notification(/Copy 2 tags to .*: done/).waitFor();
    await workbench.shot('dropped');
    for (const tag of ['v1.2.0', 'v1.10.0']) {
      const digest = await digestOf(fromDev, 'samples/web-app', tag);
      assert.equal(await digestOf(atProd, 'dropped/web-app', tag), digest);
    }
  });

  it('stops on Cancel with nothing named, and goes on from Activity', async () => {
    const { workbench } = suite();
    // Room for the rows that follow.
    await (await workbench.view('Registries').item('Prod')).collapse();
    await (await workbench.view('Registries').item('Dev', 'samples', 'web-app')).collapse();
    isHeld = true;
    const tag = await workbench.view('Registries').item('Dev', 'samples', 'web-held', 'one');
    await tag.choose('Copy to…');
    await workbench.quickInput.pick('Prod');
    await nameRepository('held/web-app');
    await workbench.quickInput.waitForMessage(/held\/web-app:one$/);
    await workbench.quickInput.accept();
    await workbench.quickInput.pick('The Image Alone');
    await onHeld.promise;
    const running = await workbench.view('Activity').item(/^Copy one to/);
    await workbench.shot('copy-running');
    await running.clickAction('Cancel');
    const cancelled = await workbench.view('Activity').item(/^Copy one to/);
    await cancelled.waitForDescription('cancelled');
    assert.equal(await digestOf(atProd, 'held/web-app', 'one'), undefined);
    isHeld = false;
    await cancelled.clickAction('Resume');
    // Its row rather than its toast: VS Code shows three toasts at a time, and older ones may be in the way.
    const done = workbench.view('Activity').tree.getByRole('treeitem', { name: /^Copy one to/ });
    await done.getByRole('button', { name: 'Undo' }).waitFor({ state: 'attached' });
    const digest = await digestOf(fromDev, 'samples/web-held', 'one');
    assert.equal(await digestOf(atProd, 'held/web-app', 'one'), digest);
  });

  it('offers after a reload to resume what was interrupted', async () => {
    const { workbench } = suite();
    isHeld = true;
    onHeld = Promise.withResolvers<undefined>();
    const tag = await workbench.view('Registries').item('Dev', 'samples', 'web-held', 'two');
    await tag.choose('Copy to…');
    await workbench.quickInput.pick('Prod');
    await nameRepository('reloaded/web-app');
    await workbench.quickInput.waitForMessage(/reloaded\/web-app:two$/);
    await workbench.quickInput.answer('after-reload');
    await workbench.quickInput.pick('The Image Alone');
    await onHeld.promise;
    await workbench.reload();
    isHeld = false;
    await workbench.showContainer('Berth');
    const interrupted = await workbench.view('Activity').item(/^Copy after-reload to/);
    await interrupted.waitForDescription('interrupted');
    await workbench.shot('copy-interrupted');
    await interrupted.clickAction('Resume');
    await workbench.notification(/Copy after-reload to .*: done/).waitFor();
    const digest = await digestOf(fromDev, 'samples/web-held', 'two');
    assert.equal(await digestOf(atProd, 'reloaded/web-app', 'after-reload'), digest);
  });
});
