/** RegistryClient's blobs against a server that misbehaves on purpose. Numbers are rows of the fault table. */
import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import { digestOf } from '../../../src/core/oci/digest.ts';
import { descriptorOf } from '../../support/sampleImage.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { blob, cut, json, reply, reset } from '../../support/faultServer/behaviours.ts';
import { FaultServer } from '../../support/faultServer/FaultServer.ts';

const UPLOADS = '/v2/app/blobs/uploads/';

describe('blobs', () => {
  const content = new TextEncoder().encode('0123456789'.repeat(20_000));
  const descriptor = descriptorOf(content);
  const { digest } = descriptor;
  const path = `/v2/app/blobs/${digest}`;

  let server: FaultServer;
  let connection: TestConnection;

  beforeEach(async () => {
    server = await FaultServer.start();
    connection = new TestConnection(server.origin, {
      credential: { kind: 'basic', username: 'user', password: 'c4nary' },
    });
  });
  afterEach(async () => {
    await connection[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const upload = () => connection.client.uploadBlob('app', content, connection.signal);
  const read = (maxBytes = content.length) =>
    connection.client.readBlob('app', digest, maxBytes, connection.signal);
  const open = (range?: { offset: number; length: number }) =>
    connection.client.openBlob('app', descriptor, connection.signal, range);
  const calls = () => server.requests.map(({ method, url }) => `${method} ${url}`);
  const opens = (location: string) => reply(202, '', { location });

  it('reads a blob into memory, up to a size', async () => {
    server.on(path, blob(content));
    assert.deepEqual(Buffer.from(await read()), Buffer.from(content));
    await assert.rejects(read(1_000), (error) => isCoreError(error, 'tooLarge'));
  });

  it('refuses a blob of other content', async () => {
    server.on(path, blob(content.map((byte) => byte ^ 1)));
    await assert.rejects(read(), (error) => isCoreError(error, 'digestMismatch'));
    await assert.rejects(open().then(buffer), (error) => isCoreError(error, 'digestMismatch'));
  });

  it('streams a blob that is cut in the middle to its end', async () => {
    server.on(path, cut(content, 50_000), blob(content));
    assert.deepEqual(await buffer(await open()), Buffer.from(content));
    assert.match(server.requests[1]!.headers.range ?? '', /^bytes=\d+-/);
  });

  it('reads a part of a blob', async () => {
    server.on(path, blob(content));
    assert.equal((await buffer(await open({ offset: 99_998, length: 5 }))).toString(), '89012');
  });

  it('refuses a part outside of the blob before anything is sent', async () => {
    for (const range of [
      { offset: -1, length: 1 },
      { offset: content.length, length: 1 },
      { offset: 0, length: 0 },
      { offset: 0.5, length: 1 },
    ]) {
      await assert.rejects(open(range), (error) => isCoreError(error, 'invalidInput'));
    }
    assert.equal(server.requests.length, 0);
  });

  it('says at once that a blob is not there', async () => {
    await assert.rejects(open(), (error) => isCoreError(error, 'notFound'));
    assert.equal(await connection.client.headBlob('app', digest, connection.signal), undefined);
  });

  it('does not upload what is there', async () => {
    server.on(`HEAD ${path}`, reply(200, content));
    assert.equal(await upload(), digest);
    assert.deepEqual(calls(), [`HEAD ${path}`]);
  });

  it('uploads to a location with a query of its own and keeps that query', async () => {
    server.on(`POST ${UPLOADS}`, opens(`${UPLOADS}id?_state=a%2Fb%3D`)).on(`PUT ${UPLOADS}id`, reply(201));
    assert.equal(await upload(), digest);
    assert.equal(calls().at(-1), `PUT ${UPLOADS}id?_state=a%2Fb%3D&digest=${encodeURIComponent(digest)}`);
    assert.deepEqual(server.requests.at(-1)!.body, Buffer.from(content));
  });

  it('38: uploads to another host without credentials', async () => {
    await using other = await FaultServer.start({ address: '127.0.0.2' });
    other.on('PUT /up', reply(201));
    const isSignedIn = (authorization: string | undefined) => authorization?.startsWith('Basic ') === true;
    server.on(`POST ${UPLOADS}`, (exchange) =>
      isSignedIn(exchange.request.headers.authorization)
        ? opens(`${other.origin}/up`)(exchange)
        : reply(401, '', { 'www-authenticate': 'Basic realm="x"' })(exchange),
    );
    await upload();
    assert.equal(other.requests.length, 1);
    assert.equal(other.requests[0]!.headers.authorization, undefined);
  });

  it('39: begins the blob anew when its session is gone, once', async () => {
    server
      .on(`POST ${UPLOADS}`, opens(`${UPLOADS}1`), opens(`${UPLOADS}2`))
      .on(`PUT ${UPLOADS}1`, json({ errors: [{ code: 'BLOB_UPLOAD_UNKNOWN' }] }, 404))
      .on(`PUT ${UPLOADS}2`, reply(201));
    assert.equal(await upload(), digest);

    server.on(`PUT ${UPLOADS}2`, json({ errors: [{ code: 'BLOB_UPLOAD_UNKNOWN' }] }, 404));
    await assert.rejects(upload(), (error) => isCoreError(error, 'notFound'));
  });

  it('looks whether the blob is there when the reply to its upload is lost', async () => {
    server
      .on(`HEAD ${path}`, reply(404), reply(200, content))
      .on(`POST ${UPLOADS}`, opens(`${UPLOADS}1`))
      .on(`PUT ${UPLOADS}1`, reset);
    assert.equal(await upload(), digest);
    assert.equal(server.requests.filter(({ method }) => method === 'PUT').length, 1);
  });

  it('40: asks for the offset after 416 and goes on from there', async () => {
    server
      .on(`POST ${UPLOADS}`, opens(`${UPLOADS}1`))
      .on(`PUT ${UPLOADS}1`, reply(416))
      .on(`GET ${UPLOADS}1`, reply(204, '', { range: '0-149999', location: `${UPLOADS}1?at=150000` }))
      .on(`PATCH ${UPLOADS}1`, opens(`${UPLOADS}2`))
      .on(`PUT ${UPLOADS}2`, reply(201));
    assert.equal(await upload(), digest);
    const patch = server.requests.find(({ method }) => method === 'PATCH')!;
    assert.equal(patch.url, `${UPLOADS}1?at=150000`);
    assert.equal(patch.headers['content-range'], `150000-${content.length - 1}`);
    assert.deepEqual(patch.body, Buffer.from(content.subarray(150_000)));
    assert.equal(server.requests.at(-1)!.body.length, 0);
  });

  it('calls a session without a location a broken protocol', async () => {
    server.on(`POST ${UPLOADS}`, reply(202));
    await assert.rejects(
      upload(),
      (error) => isCoreError(error, 'protocol') && error.details.reason === 'uploadLocation',
    );
  });

  it('mounts a blob from another repository', async () => {
    server.on(`POST ${UPLOADS}`, reply(201));
    assert.equal(await connection.client.mountBlob('app', digest, 'team/base', connection.signal), true);
    const query = new URL(server.requests[0]!.url, server.origin).searchParams;
    assert.deepEqual([query.get('mount'), query.get('from')], [digest, 'team/base']);
  });

  it('41: says that a blob was not mounted and gives the opened session back', async () => {
    server.on(`POST ${UPLOADS}`, opens(`${UPLOADS}1`)).on(`DELETE ${UPLOADS}1`, reply(204));
    assert.equal(await connection.client.mountBlob('app', digest, 'base', connection.signal), false);
    assert.equal(calls().at(-1), `DELETE ${UPLOADS}1`);

    server.on(`DELETE ${UPLOADS}1`, reply(405));
    assert.equal(await connection.client.mountBlob('app', digest, 'base', connection.signal), false);
  });

  it('refuses a digest that is none before anything is sent', async () => {
    const bad = 'sha256:../../x' as typeof digest;
    await assert.rejects(connection.client.headBlob('app', bad, connection.signal), (error) =>
      isCoreError(error, 'invalidInput'),
    );
    await assert.rejects(
      connection.client.readBlob(
        'app',
        digestOf(content).slice(0, -1) as typeof digest,
        1,
        connection.signal,
      ),
    );
    assert.equal(server.requests.length, 0);
  });
});
