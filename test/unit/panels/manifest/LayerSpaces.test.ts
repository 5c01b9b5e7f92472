import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildImage, buildLayer } from '../../../../scripts/samples/buildImage.ts';
import { buildIndex } from '../../../../scripts/samples/buildIndex.ts';
import { pushBuilt } from '../../../../scripts/samples/pushBuilt.ts';
import { nullLogger } from '../../../../src/core/common/Logger.ts';
import { isCoreError } from '../../../../src/core/common/CoreError.ts';
import { loadImageView } from '../../../../src/core/image/loadImageView.ts';
import type { ImageView } from '../../../../src/core/image/ImageView.ts';
import { LayerSpaces } from '../../../../src/panels/manifest/sections/LayerSpaces.ts';
import type { RegistrySession } from '../../../../src/platform/RegistrySession.ts';
import { TestIndexer } from '../../../support/layers/TestIndexer.ts';
import { startDistribution } from '../../../support/servers/distribution.ts';
import { TestConnection } from '../../../support/TestConnection.ts';
import { wordsOf } from '../../../support/words.ts';

const { signal } = new AbortController();
const REPOSITORY = 'team/web';
const REQUEST = { connectionId: 'c', repository: REPOSITORY, reference: '1', title: 'web:1' };

describe('LayerSpaces', () => {
  const stack = new AsyncDisposableStack();
  let connection: TestConnection;
  let indexes: TestIndexer;
  let view: ImageView;
  let layerBytes: number;

  before('an image of two platforms in a registry', async () => {
    const registry = stack.use(await startDistribution());
    connection = stack.use(new TestConnection(registry.url));
    indexes = stack.use(new TestIndexer());
    const layers = [
      buildLayer([
        { path: 'etc/conf', content: 'x'.repeat(1000) },
        { path: 'usr/lib/big', content: 'y'.repeat(90_000) },
      ]),
      buildLayer([{ path: 'etc/conf', content: 'z'.repeat(500) }]),
    ];
    const imageOf = (architecture: string) =>
      buildImage({
        platform: { os: 'linux', architecture },
        createdAt: new Date('2026-09-01T00:00:00Z'),
        steps: layers.map((layer) => ({ createdBy: architecture, layer })),
      });
    await pushBuilt(
      connection.client,
      REPOSITORY,
      buildIndex([imageOf('amd64'), imageOf('arm64')]),
      ['1'],
      signal,
    );
    view = await load();
    layerBytes = view.selected!.steps.reduce((sum, { layer }) => sum + (layer?.sizeInBytes ?? 0), 0);
  });
  after(() => stack.disposeAsync());

  function load(client = connection.client): Promise<ImageView> {
    return loadImageView(
      {
        getManifest: (reference, cancel) => client.getManifest(REPOSITORY, reference, cancel),
        readBlob: (digest, maxBytes, cancel) => client.readBlob(REPOSITORY, digest, maxBytes, cancel),
      },
      '1',
      signal,
      { logger: nullLogger, architecture: 'amd64' },
    );
  }

  /** One window with worker threads of its own, on the one disk; `openBlob` counts or fails. */
  function openWindow(beforeBlob: () => void = () => undefined): LayerSpaces {
    const indexer = indexes.create();
    const { client } = connection;
    const counting = {
      getManifest: client.getManifest.bind(client),
      openBlob: (...args: Parameters<typeof client.openBlob>) => {
        beforeBlob();
        return client.openBlob(...args);
      },
    };
    return new LayerSpaces(
      { open: async () => ({ client: counting }) as unknown as RegistrySession },
      { indexer: async () => indexer },
    );
  }

  it('tells what analyzing would read, and reads nothing by itself', async () => {
    let blobs = 0;
    const spaces = openWindow(() => (blobs += 1));
    assert.deepEqual(await spaces.find(REQUEST, view, signal), { kind: 'unread', sizeInBytes: layerBytes });
    assert.equal(blobs, 0);
  });

  it('stops at once when it is cancelled', async () => {
    const controller = new AbortController();
    const spaces = openWindow(() => controller.abort());
    await assert.rejects(
      spaces.analyze(REQUEST, view, controller.signal, () => undefined),
      (error) => isCoreError(error, 'cancelled'),
    );
  });

  it('says that a layer is lost or the registry gone, and succeeds once they are back', async () => {
    const dataFolder = await mkdtemp(join(tmpdir(), 'berth-lost-'));
    stack.defer(() => rm(dataFolder, { recursive: true, force: true }));
    let registry = await startDistribution({ dataFolder });
    stack.defer(() => registry[Symbol.asyncDispose]());
    await using lost = new TestConnection(registry.url);
    const { client } = lost;
    const layers = ['lost', 'kept'].map((name) => buildLayer([{ path: name, content: name.repeat(500) }]));
    const image = buildImage({
      platform: { os: 'linux', architecture: 'amd64' },
      createdAt: new Date(0),
      steps: layers.map((layer) => ({ createdBy: 'COPY', layer })),
    });
    await pushBuilt(client, REPOSITORY, image, ['1'], signal);
    const shown = await load(client);
    const spaces = new LayerSpaces(
      { open: async () => ({ client }) as unknown as RegistrySession },
      { indexer: async () => indexes.create() },
    );
    const analyze = () => spaces.analyze(REQUEST, shown, signal, () => undefined);
    const { descriptor, bytes } = layers[0]!;
    await fetch(`${registry.url}/v2/${REPOSITORY}/blobs/${descriptor.digest}`, { method: 'DELETE' });
    const lostLayer = await wordsOf(analyze());
    assert.match(lostLayer.message, /has the manifest, but not this part of it\. Push the image again\./);
    await client.uploadBlob(REPOSITORY, bytes, signal);
    await registry[Symbol.asyncDispose]();
    const gone = await wordsOf(analyze());
    assert.match(gone.message, /Nothing listens at .+ Start the registry or check the port\.$/);
    assert.deepEqual([lostLayer.action, gone.action], ['retry', 'retry']);
    registry = await startDistribution({ dataFolder, port: Number(new URL(registry.url).port) });
    const measured = await analyze();
    assert.ok(measured.kind === 'measured');
    assert.equal(measured.space.totalBytes, 4000);
  });

  it('measures the platform that is shown, with progress in bytes, and knows it in another window', async () => {
    const progress: number[] = [];
    const first = await openWindow().analyze(REQUEST, view, signal, ({ bytesDone, bytesTotal }) => {
      assert.equal(bytesTotal, layerBytes);
      progress.push(bytesDone);
    });
    assert.equal(progress.at(-1), layerBytes);
    assert.ok(first.kind === 'measured');
    assert.deepEqual(first.space.repeatedPaths, [
      { path: '/etc/conf', count: 2, sizeInBytes: 1500, fileLayer: 1, isVisible: true },
    ]);
    assert.deepEqual(
      first.space.layers.map(({ sizeInBytes, hidesBytes }) => [sizeInBytes, hidesBytes]),
      [
        [91_000, 0],
        [500, 1000],
      ],
    );
    const other = openWindow(() => assert.fail('a layer was read again'));
    assert.deepEqual(await other.find(REQUEST, await load(), signal), first);
  });

  it('goes into folders of what was measured, and knows no others', async () => {
    const spaces = openWindow();
    assert.equal(spaces.folder(view, '/usr'), undefined);
    await spaces.analyze(REQUEST, view, signal, () => undefined);
    const folder = spaces.folder(view, '/usr/lib');
    assert.deepEqual(folder?.node.children, [{ name: 'big', sizeInBytes: 90_000 }]);
    assert.equal(spaces.folder(view, '/never'), undefined);
    assert.equal(spaces.folder(await load(), '/usr'), undefined, 'of another view');
  });

  it('has nothing to say of what holds no files', async () => {
    const { selected, ...empty } = view;
    assert.deepEqual(await openWindow().find(REQUEST, empty, signal), { kind: 'noFiles' });
    assert.ok(selected);
  });
});
