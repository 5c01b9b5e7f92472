/** RegistryClient's manifests against a server that misbehaves on purpose. Numbers are rows of the fault table. */
import assert from 'node:assert/strict';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import type { ErrorKind } from '../../../src/core/common/CoreError.ts';
import { digestOf } from '../../../src/core/oci/digest.ts';
import { MediaType } from '../../../src/core/oci/mediaType.ts';
import { sampleImage } from '../../support/sampleImage.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { json, reply, reset } from '../../support/faultServer/behaviours.ts';
import { FaultServer } from '../../support/faultServer/FaultServer.ts';
import type { Behaviour } from '../../support/faultServer/FaultServer.ts';

const BY_TAG = '/v2/app/manifests/v1';

describe('manifests', () => {
  const image = sampleImage();
  const byDigest = `/v2/app/manifests/${image.digest}`;
  const served = (bytes: Uint8Array, headers: Record<string, string> = {}): Behaviour =>
    reply(200, bytes, { 'content-type': image.mediaType, ...headers });
  const is = (kind: ErrorKind, reason?: string) => (error: unknown) =>
    isCoreError(error, kind) && (reason === undefined || error.details.reason === reason);

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

  const get = (reference = 'v1') => connection.client.getManifest('app', reference, connection.signal);
  const put = (reference = 'v1') =>
    connection.client.putManifest('app', reference, image.mediaType, image.bytes, connection.signal);
  const remove = (reference: string = image.digest) =>
    connection.client.deleteManifest('app', reference, connection.signal);
  const methods = () => server.requests.map(({ method }) => method);

  it('keeps the exact bytes and their digest, and accepts every type of manifest', async () => {
    const spaced = new TextEncoder().encode(`\n ${new TextDecoder().decode(image.bytes)} `);
    server.on(BY_TAG, served(spaced));
    const manifest = await get();
    assert.deepEqual([...manifest.bytes], [...spaced]);
    assert.equal(manifest.digest, digestOf(spaced));
    const accept = server.requests[0]!.headers.accept ?? '';
    for (const type of [
      MediaType.ociIndex,
      MediaType.dockerIndex,
      MediaType.ociManifest,
      MediaType.dockerManifest,
    ]) {
      assert.ok(accept.includes(type), type);
    }
  });

  it('42: believes the body, not the digest header', async () => {
    server.on(BY_TAG, served(image.bytes, { 'docker-content-digest': digestOf(new Uint8Array()) }));
    assert.equal((await get()).digest, image.digest);
    assert.ok(connection.logs.some((line) => line.includes('the body counts')));
  });

  it('43: rejects another manifest than the digest names', async () => {
    server.on(
      byDigest,
      served(sampleImage({ layer: 'other' }).bytes, { 'docker-content-digest': image.digest }),
    );
    await assert.rejects(get(image.digest), is('digestMismatch'));
  });

  it('44: rejects a document that is both an index and an image', async () => {
    const both = { ...JSON.parse(new TextDecoder().decode(image.bytes)), manifests: [] } as unknown;
    server.on(BY_TAG, served(new TextEncoder().encode(JSON.stringify(both))));
    await assert.rejects(get(), is('protocol', 'manifestsAndLayers'));
  });

  it('45: refuses a manifest over 4 MiB, served or pushed', async () => {
    const big = new Uint8Array(4 * 1024 * 1024 + 1).fill(0x20);
    server.on(BY_TAG, served(big));
    await assert.rejects(get(), is('tooLarge'));
    const pushed = connection.client.putManifest('app', 'v1', image.mediaType, big, connection.signal);
    await assert.rejects(pushed, is('tooLarge'));
    assert.deepEqual(methods(), ['GET']);
  });

  it('49: calls a web page in the place of a manifest no registry', async () => {
    server.on(BY_TAG, reply(200, '<html><body>portal</body></html>', { 'content-type': 'text/html' }));
    await assert.rejects(get(), is('notARegistry'));
  });

  it('takes the digest of a signed schema 1 manifest over its payload', async () => {
    const payload =
      '{"schemaVersion":1,"name":"app","tag":"v1","architecture":"amd64","fsLayers":[],"history":[]\n}';
    const cut = payload.length - 2;
    const header = { formatLength: cut, formatTail: Buffer.from(payload.slice(cut)).toString('base64url') };
    const signatures = [
      { protected: Buffer.from(JSON.stringify(header)).toString('base64url'), signature: 'x' },
    ];
    const signed = `${payload.slice(0, cut)},"signatures":${JSON.stringify(signatures)}}`;
    const digest = digestOf(new TextEncoder().encode(payload));
    const type = { 'content-type': MediaType.dockerSchema1Signed };
    server.on(`/v2/app/manifests/${digest}`, reply(200, signed, type));
    const manifest = await get(digest);
    assert.equal(manifest.kind, 'legacy');
    assert.equal(manifest.digest, digest);

    server.on(`/v2/app/manifests/${digest}`, reply(200, signed.replace('amd64', 'arm64'), type));
    await assert.rejects(get(digest), is('digestMismatch'));
  });

  it('refuses a reference that is neither tag nor digest before anything is sent', async () => {
    for (const reference of ['', 'a/b', '../x', 'sha256:abc', 'a b', '-x', 'a?b']) {
      await assert.rejects(get(reference), is('invalidInput'), reference);
    }
    assert.equal(server.requests.length, 0);
  });

  it('looks a manifest up by HEAD, and finds none without an error', async () => {
    const headers = {
      'content-type': `${image.mediaType}; charset=utf-8`,
      'docker-content-digest': image.digest,
    };
    server.on(BY_TAG, reply(200, image.bytes, headers));
    const head = await connection.client.headManifest('app', 'v1', connection.signal);
    assert.deepEqual(head, {
      digest: image.digest,
      mediaType: image.mediaType,
      sizeInBytes: image.bytes.length,
    });
    assert.equal(await connection.client.headManifest('app', 'v2', connection.signal), undefined);
    assert.deepEqual(methods(), ['HEAD', 'HEAD']);
  });

  it('does not take an unreadable digest header for a digest', async () => {
    server.on(
      BY_TAG,
      reply(200, '', { 'content-type': image.mediaType, 'docker-content-digest': 'sha256:../..' }),
    );
    const head = await connection.client.headManifest('app', 'v1', connection.signal);
    assert.equal(head?.digest, undefined);
  });

  it('pushes exactly the bytes it was given', async () => {
    server.on(`PUT ${BY_TAG}`, reply(201));
    assert.deepEqual(await put(), { digest: image.digest, subjectProcessed: false });
    assert.deepEqual([...server.requests[0]!.body], [...image.bytes]);
    assert.equal(server.requests[0]!.headers['content-type'], image.mediaType);
  });

  it('does not push bytes to a digest that is not theirs', async () => {
    await assert.rejects(put(digestOf(new Uint8Array())), is('digestMismatch'));
    assert.equal(server.requests.length, 0);
  });

  it('34: asks what is there when the reply to a push is lost, and is done if it is the pushed manifest', async () => {
    server.on(`PUT ${BY_TAG}`, reset);
    server.on(`HEAD ${BY_TAG}`, reply(200, '', { 'docker-content-digest': image.digest }));
    assert.equal((await put()).digest, image.digest);
    assert.deepEqual(methods(), ['PUT', 'HEAD']);
  });

  it('34: reads what is there where HEAD names no digest', async () => {
    server
      .on(`PUT ${BY_TAG}`, reset)
      .on(`HEAD ${BY_TAG}`, reply(200))
      .on(`GET ${BY_TAG}`, served(image.bytes));
    assert.equal((await put()).digest, image.digest);
    assert.deepEqual(methods(), ['PUT', 'HEAD', 'GET']);
  });

  it('34: fails as the push did when something else or nothing is there', async () => {
    const other = reply(200, '', { 'docker-content-digest': digestOf(new Uint8Array()) });
    for (const found of [other, reply(404)]) {
      server.on(`PUT ${BY_TAG}`, reset).on(`HEAD ${BY_TAG}`, found);
      await assert.rejects(put(), is('connectionReset'));
    }
  });

  it('31: tells a deletion that is forbidden from one of something that is gone', async () => {
    server.on(byDigest, json({ errors: [{ code: 'DENIED', message: 'not yours' }] }, 403));
    await assert.rejects(
      remove(),
      (error) => isCoreError(error, 'forbidden') && error.details.registryMessage === 'not yours',
    );
    server.on(byDigest, json({ errors: [{ code: 'MANIFEST_UNKNOWN' }] }, 404));
    await remove();
  });

  it('32: says that deletion is disabled, or that only tags cannot be deleted', async () => {
    const unsupported = { errors: [{ code: 'UNSUPPORTED' }] };
    server.on('DELETE /v2/app/manifests/*', json(unsupported, 405));
    await assert.rejects(remove(), is('unsupported', 'deleteDisabled'));
    await assert.rejects(remove('v1'), is('unsupported', 'deleteDisabled'));

    server.on('DELETE /v2/app/manifests/*', json(unsupported, 400));
    await assert.rejects(remove(), is('unsupported', 'deleteDisabled'));
    server.on('DELETE /v2/app/manifests/*', json({ errors: [{ code: 'DIGEST_INVALID' }] }, 400));
    await assert.rejects(remove('v1'), is('unsupported', 'tagDelete'));
  });

  it('33: sends a DELETE again when its reply is lost; 404 is done', async () => {
    server.on(byDigest, reset, reply(404));
    await remove();
    assert.deepEqual(methods(), ['DELETE', 'DELETE']);
  });
});
