import assert from 'node:assert/strict';
import { buildBlob, buildJsonBlob, buildManifest } from '../../../../scripts/samples/buildArtifact.ts';
import { pushBuilt } from '../../../../scripts/samples/pushBuilt.ts';
import { MediaType } from '../../../../src/core/oci/mediaType.ts';
import { ConnectionLimiter, type Slot } from '../../../../src/core/registry/transport/ConnectionLimiter.ts';
import { FaultServer } from '../../../support/faultServer/FaultServer.ts';
import { forward } from '../../../support/forward.ts';
import { MemoryRegistry } from '../../../support/memoryRegistry.ts';
import { TestConnection } from '../../../support/TestConnection.ts';
import { createTestJournal } from '../operationsFixture.ts';
import { copy, imagesOf, SOURCE_REPOSITORY } from './copyFixture.ts';

const wishes = [{ source: 'v1', targetTag: 'v1' }];

describe('the connections of copies that run at once', () => {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());

  /** A registry with an image of twelve layers, all of them its own. */
  async function startRegistry(name: string, limiter: ConnectionLimiter): Promise<TestConnection> {
    const registry = stack.use(await MemoryRegistry.start({ deletes: 'tag' }));
    const connection = stack.use(new TestConnection(registry.url, { limiter }));
    const image = buildManifest({
      config: buildJsonBlob(MediaType.ociConfig, { name }),
      layers: Array.from({ length: 12 }, (_, at) => buildBlob(MediaType.ociLayer, `${name} ${at}`)),
    });
    await pushBuilt(connection.client, SOURCE_REPOSITORY, image, ['v1'], connection.signal);
    return connection;
  }

  it('stay within what their one destination allows, and leave it a place for others', async () => {
    const limiter = new ConnectionLimiter();
    const sources = [await startRegistry('a', limiter), await startRegistry('b', limiter)];
    const registry = stack.use(await MemoryRegistry.start({ deletes: 'tag' }));
    const gate = stack.use(await FaultServer.start());
    const pass = forward(registry.url);
    const released = Promise.withResolvers<undefined>();
    let [active, most] = [0, 0];
    gate.server.on('request', (_request, response) => {
      active += 1;
      most = Math.max(most, active);
      response.once('close', () => (active -= 1));
    });
    gate.on('/*', async (exchange) => {
      if (exchange.request.method === 'PUT' && exchange.request.url.includes('/blobs/'))
        await released.promise;
      await pass(exchange);
    });
    const { journal } = stack.use(await createTestJournal());
    const to = stack.use(new TestConnection(gate.origin, { limiter }));
    const copies = sources.map(({ client }, at) =>
      copy(imagesOf(client, SOURCE_REPOSITORY), imagesOf(to.client, `team/copy-${at}`), journal, { wishes }),
    );
    const uploads = (method: string) =>
      gate.requests.filter((each) => each.method === method && each.url.includes('/blobs/uploads/')).length;
    try {
      // Each copy has opened six uploads, and wants to send them.
      await gate.until(() => uploads('POST') === 12 && uploads('PUT') >= 5);
      for (let look = 0; look < 3; look += 1) {
        assert.equal(await to.client.headManifest('team/other', 'v1', to.signal), undefined);
      }
      assert.equal(uploads('PUT'), 5);
    } finally {
      released.resolve(undefined);
      await Promise.all(copies);
    }
    assert.ok(most <= 6, `${most} requests at once`);
  });

  it('do not wait for each other where they go there and back', async () => {
    const limiter = new ConnectionLimiter(2);
    const [a, b] = [await startRegistry('a', limiter), await startRegistry('b', limiter)];
    const { journal } = stack.use(await createTestJournal());
    const ends = [
      [a, b],
      [b, a],
    ] as const;
    const copies = ends.map(([from, to]) =>
      copy(imagesOf(from.client, SOURCE_REPOSITORY), imagesOf(to.client, 'team/copy'), journal, { wishes }),
    );
    for (const { outcomes } of await Promise.all(copies)) assert.equal(outcomes[0]?.error, undefined);
  });

  it('go on with a download that was cut though their host has no other place free', async () => {
    const limiter = new ConnectionLimiter();
    const source = stack.use(await MemoryRegistry.start({ deletes: 'tag' }));
    const gate = stack.use(await FaultServer.start());
    const pass = forward(source.url);
    const bothCame = Promise.withResolvers<undefined>();
    const crowd: Promise<Slot>[] = [];
    const seen = new Set<string>();
    gate.on('/*', async (exchange) => {
      const { method, url } = exchange.request;
      if (method !== 'GET' || !url.includes('/blobs/') || seen.has(url)) return pass(exchange);
      seen.add(url);
      if (seen.size === 2) {
        for (let each = 0; each < 6; each += 1)
          crowd.push(limiter.acquire(gate.host, 6, 'total', from.signal));
        bothCame.resolve(undefined);
      }
      await bothCame.promise;
      exchange.response.writeHead(200, { 'content-length': '100' });
      exchange.response.write('cut', () => exchange.socket.destroy());
    });
    const from = stack.use(new TestConnection(gate.origin, { limiter }));
    const image = buildManifest({
      config: buildBlob(MediaType.ociConfig, 'cut'.padEnd(100, '!')),
      layers: [buildBlob(MediaType.ociLayer, 'cut'.padEnd(100))],
    });
    await pushBuilt(from.client, SOURCE_REPOSITORY, image, ['v1'], from.signal);
    const registry = stack.use(await MemoryRegistry.start({ deletes: 'tag' }));
    const to = stack.use(new TestConnection(registry.url, { limiter }));
    const { journal } = stack.use(await createTestJournal());
    const ends = [imagesOf(from.client, SOURCE_REPOSITORY), imagesOf(to.client, 'team/copy')] as const;
    const { outcomes } = await copy(...ends, journal, { wishes, referrers: false });
    assert.equal(outcomes[0]?.error, undefined);
    assert.equal(crowd.length, 6);
  });
});
