/** Streamed uploads against a server that misbehaves on purpose. Numbers are rows of the fault table. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { CoreError, isCoreError } from '../../../src/core/common/CoreError.ts';
import type { BlobTransferOptions } from '../../../src/core/registry/RegistryClient.ts';
import { descriptorOf } from '../../support/sampleImage.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { challenge, json, reply, reset } from '../../support/faultServer/behaviours.ts';
import { FaultServer } from '../../support/faultServer/FaultServer.ts';

const UPLOADS = '/v2/app/blobs/uploads/';

describe('streamed uploads', () => {
  const content = Buffer.from('0123456789'.repeat(40_000));
  const { digest } = descriptorOf(content);
  const path = `/v2/app/blobs/${digest}`;

  let server: FaultServer;
  let connection: TestConnection;
  let opened: number[];

  beforeEach(async () => {
    server = await FaultServer.start();
    connection = new TestConnection(server.origin, {
      credential: { kind: 'basic', username: 'user', password: 'c4nary' },
    });
    opened = [];
  });
  afterEach(async () => {
    await connection[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const opens = (location: string) => reply(202, '', { location });
  const has = (bytes: number, location: string) =>
    reply(204, '', { range: `0-${Math.max(0, bytes - 1)}`, location });
  const calls = () => server.requests.map(({ method, url }) => `${method} ${url.split('?')[0]}`);
  const transfer = (
    options: Partial<BlobTransferOptions> = {},
    open = (offset: number) => Readable.from([content.subarray(offset)], { objectMode: false }),
  ) =>
    connection.client.transferBlob(
      'app',
      {
        digest,
        sizeInBytes: content.length,
        open: async (offset) => {
          opened.push(offset);
          return open(offset);
        },
      },
      { signal: connection.signal, retryDelayMs: 1, ...options },
    );

  it('sends a blob in one PUT with its length, and tells how far it is', async () => {
    server.on(`POST ${UPLOADS}`, opens(`${UPLOADS}1?_state=x`)).on(`PUT ${UPLOADS}1`, reply(201));
    const sent: number[] = [];
    assert.equal(await transfer({ onProgress: (bytes) => sent.push(bytes) }), 'uploaded');
    const put = server.requests.at(-1)!;
    assert.deepEqual(
      [put.headers['content-length'], put.headers['transfer-encoding']],
      [String(content.length), undefined],
    );
    assert.deepEqual(put.body, content);
    assert.deepEqual([sent[0], sent.at(-1)], [0, content.length]);
  });

  it('38: sends to another host without credentials', async () => {
    await using other = await FaultServer.start({ address: '127.0.0.2' });
    other.on('PUT /up', reply(201));
    const isSignedIn = (authorization: string | undefined) => authorization?.startsWith('Basic ') === true;
    server.on(`POST ${UPLOADS}`, (exchange) =>
      (isSignedIn(exchange.request.headers.authorization)
        ? opens(`${other.origin}/up`)
        : challenge('Basic realm="x"'))(exchange),
    );
    await transfer();
    assert.equal(other.requests[0]?.headers.authorization, undefined);
    assert.deepEqual(other.requests[0]?.body, content);
  });

  it('39: begins the blob anew when its session is gone', async () => {
    server
      .on(`POST ${UPLOADS}`, opens(`${UPLOADS}1`), opens(`${UPLOADS}2`))
      .on(`PUT ${UPLOADS}1`, json({ errors: [{ code: 'BLOB_UPLOAD_UNKNOWN' }] }, 404))
      .on(`PUT ${UPLOADS}2`, reply(201));
    await transfer();
    assert.deepEqual(opened, [0, 0]);
    assert.deepEqual(server.requests.at(-1)!.body, content);
  });

  it('40: asks for the offset after 416 and sends the rest as a chunk', async () => {
    server
      .on(`POST ${UPLOADS}`, opens(`${UPLOADS}1`))
      .on(`PUT ${UPLOADS}1`, reply(416))
      .on(`GET ${UPLOADS}1`, has(150_000, `${UPLOADS}2`))
      .on(`PATCH ${UPLOADS}2`, opens(`${UPLOADS}3`))
      .on(`PUT ${UPLOADS}3`, reply(201));
    await transfer();
    const patch = server.requests.find(({ method }) => method === 'PATCH')!;
    assert.equal(patch.headers['content-range'], `150000-${content.length - 1}`);
    assert.deepEqual(patch.body, content.subarray(150_000));
    assert.deepEqual([opened, server.requests.at(-1)!.body.length], [[0, 150_000], 0]);
  });

  it('goes on from where the registry got to when the connection breaks on the way', async () => {
    server
      .on(`POST ${UPLOADS}`, opens(`${UPLOADS}1`))
      .on(`HEAD ${path}`, reply(404))
      .on(`PUT ${UPLOADS}1`, reset)
      .on(`GET ${UPLOADS}1`, has(100, `${UPLOADS}1`))
      .on(`PATCH ${UPLOADS}1`, reset, opens(`${UPLOADS}4`))
      .on(`PUT ${UPLOADS}4`, reply(201));
    await transfer();
    assert.deepEqual(opened, [0, 100, 100]);
  });

  it('looks whether the blob is there when the reply to its upload is lost', async () => {
    server
      .on(`POST ${UPLOADS}`, opens(`${UPLOADS}1`))
      .on(`HEAD ${path}`, reply(200, content))
      .on(`PUT ${UPLOADS}1`, reset);
    await transfer();
    assert.deepEqual(calls(), [`POST ${UPLOADS}`, `PUT ${UPLOADS}1`, `HEAD ${path}`]);
  });

  it('30: renews the token that ran out on the way, once', async () => {
    let refusals = 0;
    server
      .on(`POST ${UPLOADS}`, opens(`${UPLOADS}1`))
      .on(`HEAD ${path}`, reply(404))
      .on(`GET ${UPLOADS}1`, has(0, `${UPLOADS}1`))
      .on(`PUT ${UPLOADS}1`, (exchange) =>
        (refusals++ === 0 ? challenge('Basic realm="x"') : reply(201))(exchange),
      );
    await transfer();
    assert.equal(refusals, 2);
    refusals = -10;
    server.on(`PUT ${UPLOADS}1`, challenge('Basic realm="x"'));
    await assert.rejects(transfer(), (error) => isCoreError(error, 'unauthorized'));
  });

  it('mounts a blob, and uploads into the session that was opened instead (row 41)', async () => {
    server.on(`POST ${UPLOADS}`, reply(201));
    assert.equal(await transfer({ mountFrom: 'team/base' }), 'mounted');
    assert.deepEqual(opened, []);

    server
      .on(`POST ${UPLOADS}`, opens(`${UPLOADS}1`))
      .on(`HEAD ${path}`, reply(404))
      .on(`PUT ${UPLOADS}1`, reply(201));
    assert.equal(await transfer({ mountFrom: 'team/base' }), 'uploaded');
    assert.equal(server.requests.filter(({ method }) => method === 'POST').length, 2);
  });

  it('uploads where it may not read the repository to mount from', async () => {
    server
      .on(`POST ${UPLOADS}`, (exchange) =>
        (exchange.request.url.includes('mount') ? reply(403) : opens(`${UPLOADS}1`))(exchange),
      )
      .on(`HEAD ${path}`, reply(404))
      .on(`PUT ${UPLOADS}1`, reply(201));
    assert.equal(await transfer({ mountFrom: 'team/secret' }), 'uploaded');
  });

  it('gives the session up when the content is not what it should be, and says so', async () => {
    server
      .on(`POST ${UPLOADS}`, opens(`${UPLOADS}1`))
      .on(`PUT ${UPLOADS}1`, reply(201))
      .on(`DELETE ${UPLOADS}1`, reply(204));
    const broken = () =>
      Readable.from(
        (function* () {
          yield content.subarray(0, 100_000);
          throw new CoreError('digestMismatch', 'other content', { reason: 'content' });
        })(),
        { objectMode: false },
      );
    await assert.rejects(transfer({}, broken), (error) => isCoreError(error, 'digestMismatch'));
    await server.until(() => calls().includes(`DELETE ${UPLOADS}1`));
  });

  it('stops after four tries that come to nothing', async () => {
    server
      .on(`POST ${UPLOADS}`, opens(`${UPLOADS}1`))
      .on(`HEAD ${path}`, reply(404))
      .on(`GET ${UPLOADS}1`, has(0, `${UPLOADS}1`))
      .on(`DELETE ${UPLOADS}1`, reply(204))
      .on(`PUT ${UPLOADS}1`, reset);
    await assert.rejects(transfer(), (error) => isCoreError(error, 'connectionReset'));
    assert.equal(server.requests.filter(({ method }) => method === 'PUT').length, 4);
    assert.equal(calls().at(-1), `DELETE ${UPLOADS}1`);
  });

  it('ends at once on Cancel and takes the session back', async () => {
    const cancel = new AbortController();
    server
      .on(`POST ${UPLOADS}`, opens(`${UPLOADS}1`))
      .on(`PUT ${UPLOADS}1`, () => cancel.abort())
      .on(`DELETE ${UPLOADS}1`, reply(204));
    await assert.rejects(transfer({ signal: cancel.signal }), (error) => isCoreError(error, 'cancelled'));
    assert.equal(calls().at(-1), `DELETE ${UPLOADS}1`);
  });
});
