/** Referrers by the API and by the fallback tag. */
import assert from 'node:assert/strict';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import { MediaType } from '../../../src/core/oci/mediaType.ts';
import { sampleImage, sampleIndex } from '../../support/sampleImage.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { json, reply } from '../../support/faultServer/behaviours.ts';
import { FaultServer } from '../../support/faultServer/FaultServer.ts';
import type { Behaviour } from '../../support/faultServer/FaultServer.ts';

describe('referrers', () => {
  const image = sampleImage();
  const api = `/v2/app/referrers/${image.digest}`;
  const fallback = `/v2/app/manifests/${image.digest.replace(':', '-')}`;
  const entry = (layer: string, artifactType: string) => {
    const manifest = sampleImage({ layer, artifactType, subject: image });
    return {
      mediaType: manifest.mediaType,
      digest: manifest.digest,
      size: manifest.bytes.length,
      artifactType,
    };
  };
  const [signature, sbom] = [entry('signature', 'text/signature'), entry('sbom', 'text/sbom')];
  const index = (manifests: unknown, headers: Record<string, string> = {}): Behaviour =>
    json({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests }, 200, {
      'content-type': MediaType.ociIndex,
      ...headers,
    });

  let server: FaultServer;
  let connection: TestConnection;

  beforeEach(async () => {
    server = await FaultServer.start();
    connection = new TestConnection(server.origin);
  });
  afterEach(async () => {
    await connection[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const list = (artifactType?: string) =>
    connection.client.listReferrers('app', image.digest, connection.signal, artifactType);
  const digests = async (artifactType?: string) =>
    (await list(artifactType)).referrers.map(({ digest }) => digest);

  it('reads all pages of the API', async () => {
    server.on(api, index([signature], { link: `<${api}?after=1>; rel=next` }), index([sbom, signature]));
    const { referrers, source, truncated } = await list();
    assert.deepEqual(
      referrers.map(({ digest }) => digest),
      [signature.digest, sbom.digest],
    );
    assert.deepEqual([source, truncated], ['api', undefined]);
  });

  it('shows what came and says so when the pages turn in a circle', async () => {
    server.on(api, index([signature], { link: `<${api}>; rel=next` }));
    const { referrers, truncated } = await list();
    assert.deepEqual([referrers.length, truncated], [1, true]);
  });

  it('takes null for none', async () => {
    server.on(api, index(null));
    assert.deepEqual(await list(), { referrers: [], source: 'api' });
  });

  it('filters by type whether the registry did or not', async () => {
    server.on(api, index([signature, sbom]));
    assert.deepEqual(await digests('text/sbom'), [sbom.digest]);
    assert.equal(server.requests[0]!.url, `${api}?artifactType=text%2Fsbom`);
    server.on(api, index([sbom], { 'oci-filters-applied': 'artifactType' }));
    assert.deepEqual(await digests('text/sbom'), [sbom.digest]);
  });

  const notThere: readonly (readonly [name: string, behaviour: Behaviour])[] = [
    ['404', reply(404, '404 page not found')],
    ['400', reply(400)],
    ['406', reply(406)],
    ['a web page', reply(200, '<!doctype html>', { 'content-type': 'text/html' })],
  ];
  for (const [name, behaviour] of notThere) {
    it(`reads the fallback tag where the API answers ${name}, and remembers`, async () => {
      server.on(api, behaviour).on(fallback, index([signature, sbom, signature]));
      const { referrers, source } = await list();
      assert.deepEqual([referrers.length, source], [2, 'fallbackTag']);
      assert.deepEqual(await digests('text/sbom'), [sbom.digest]);
      assert.equal(server.requestsFor(api).length, 1);
    });
  }

  it('finds none where there is neither API nor tag', async () => {
    assert.deepEqual(await list(), { referrers: [], source: 'fallbackTag' });
  });

  it('does not take an image on the fallback tag for a list', async () => {
    server.on(fallback, reply(200, image.bytes, { 'content-type': image.mediaType }));
    await assert.rejects(list(), (error) => isCoreError(error, 'protocol'));
  });

  it('does not take a refusal for a missing API', async () => {
    server.on(api, reply(403));
    await assert.rejects(list(), (error) => isCoreError(error, 'forbidden'));
    server.on(api, index([signature]));
    assert.equal((await list()).source, 'api');
  });

  describe('of a pushed manifest', () => {
    const pushed = sampleImage({ layer: 'new', artifactType: 'text/new', subject: image });
    const push = () =>
      connection.client.putManifest('app', pushed.digest, pushed.mediaType, pushed.bytes, connection.signal);

    it('are left to a registry that answers OCI-Subject', async () => {
      server.on(`PUT /v2/app/manifests/${pushed.digest}`, reply(201, '', { 'oci-subject': image.digest }));
      assert.deepEqual(await push(), { digest: pushed.digest, subjectProcessed: true });
      assert.equal(server.requests.length, 1);
    });

    it('are entered into the fallback tag otherwise, beside what is there, as it was written', async () => {
      const odd = { ...signature, 'x-unknown': { kept: true } };
      server.on('PUT /v2/app/manifests/*', reply(201)).on(`GET ${fallback}`, index([odd]));
      assert.deepEqual(await push(), { digest: pushed.digest, subjectProcessed: false });
      const written = server.requests.at(-1)!;
      assert.deepEqual([written.method, written.url], ['PUT', fallback]);
      assert.deepEqual(JSON.parse(written.body.toString()), {
        schemaVersion: 2,
        mediaType: MediaType.ociIndex,
        manifests: [
          odd,
          {
            mediaType: pushed.mediaType,
            digest: pushed.digest,
            size: pushed.bytes.length,
            artifactType: 'text/new',
          },
        ],
      });
    });

    it('are not entered twice', async () => {
      const present = { mediaType: pushed.mediaType, digest: pushed.digest, size: pushed.bytes.length };
      server.on('PUT /v2/app/manifests/*', reply(201)).on(`GET ${fallback}`, index([present]));
      await push();
      assert.equal(server.requestsFor(fallback).filter(({ method }) => method === 'PUT').length, 0);
    });
  });

  it('lose no entry when several manifests are pushed at once', async () => {
    let stored: Buffer | undefined;
    server.on('PUT /v2/app/manifests/*', reply(201));
    server.on(`GET ${fallback}`, (exchange) =>
      (stored ? reply(200, stored, { 'content-type': MediaType.ociIndex }) : reply(404))(exchange),
    );
    server.on(`PUT ${fallback}`, (exchange) => {
      stored = exchange.request.body;
      return reply(201)(exchange);
    });
    const manifests = ['a', 'b', 'c', 'd'].map((layer) => sampleImage({ layer, subject: image }));
    await Promise.all(
      manifests.map(({ digest, mediaType, bytes }) =>
        connection.client.putManifest('app', digest, mediaType, bytes, connection.signal),
      ),
    );
    assert.deepEqual((await digests()).sort(), manifests.map(({ digest }) => digest).sort());
  });

  it('are none of the business of a manifest without a subject', async () => {
    const plain = sampleIndex([[image, 'linux/amd64']]);
    server.on('PUT /v2/app/manifests/v1', reply(201));
    await connection.client.putManifest('app', 'v1', plain.mediaType, plain.bytes, connection.signal);
    assert.equal(server.requests.length, 1);
  });
});
