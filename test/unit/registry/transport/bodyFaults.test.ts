import assert from 'node:assert/strict';
import { finished } from 'node:stream/promises';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { isCoreError } from '../../../../src/core/common/CoreError.ts';
import { digestOf } from '../../../../src/core/oci/digest.ts';
import {
  openResumableBody,
  readResumableBytes,
  type ExpectedContent,
} from '../../../../src/core/registry/transport/resumableBody.ts';
import {
  blob,
  closeDelimited,
  cut,
  drip,
  raw,
  redirect,
  reply,
  reset,
} from '../../../support/faultServer/behaviours.ts';
import { FaultServer, type Behaviour } from '../../../support/faultServer/FaultServer.ts';
import { TransportHarness, type HarnessOptions } from '../../../support/faultServer/TransportHarness.ts';

const PATH = '/v2/library/app/blobs/sha256:0';
const CONTENT = randomBytes(200_000);
const WHOLE: ExpectedContent = { digest: digestOf(CONTENT), sizeInBytes: CONTENT.length };

/** Not deepEqual, which takes minutes to describe how random bytes differ. */
function assertSame(actual: Uint8Array, expected: Uint8Array): void {
  assert.ok(Buffer.from(actual).equals(expected), 'other bytes than expected');
}

/** A server that answers the blob with `behaviours`, a transport, and the two ways to read it. */
async function setUp(behaviours: Behaviour[], options: HarnessOptions = {}) {
  const server = await FaultServer.start();
  server.on(PATH, ...behaviours);
  const harness = new TransportHarness(server, options);
  const request = {
    path: PATH,
    operation: 'read blob',
    scopes: ['repository:library/app:pull'],
    signal: new AbortController().signal,
  };
  return {
    server,
    harness,
    async stream(expected: ExpectedContent = WHOLE): Promise<Buffer> {
      const chunks: Buffer[] = [];
      const body = await openResumableBody(harness.transport, request, expected);
      for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    readWhole: (maxBytes = 1 << 20) => readResumableBytes(harness.transport, request, WHOLE, maxBytes),
    open: (signal: AbortSignal) => openResumableBody(harness.transport, { ...request, signal }, WHOLE),
    async [Symbol.asyncDispose]() {
      await harness[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe('openResumableBody', () => {
  it('delivers a blob whose digest and size are right', async () => {
    await using test = await setUp([blob(CONTENT)]);
    assertSame(await test.stream(), CONTENT);
    assert.equal(test.server.requests[0]?.headers['accept-encoding'], 'identity');
  });

  it('row 6: goes on by Range after a reset in the middle', async () => {
    await using test = await setUp([cut(CONTENT, 70_000, 'end'), cut(CONTENT, 50_000, 'end'), blob(CONTENT)]);
    assertSame(await test.stream(), CONTENT);
    assert.deepEqual(
      test.server.requests.map(({ headers }) => headers.range),
      [undefined, 'bytes=70000-', 'bytes=120000-'],
    );
  });

  it('row 6: stops after three resumes', async () => {
    await using test = await setUp([cut(CONTENT, 1000, 'end')]);
    await test.harness.fails('connectionReset', test.stream());
    assert.equal(test.server.requests.length, 4);
  });

  it('row 6: a resumed blob that storage serves keeps the registry’s credentials to itself', async () => {
    await using storage = await FaultServer.start({ address: '127.0.0.2' });
    storage.on('/data', cut(CONTENT, 90_000, 'end'), blob(CONTENT));
    await using test = await setUp([redirect(`${storage.origin}/data?signature=abc`)]);
    assertSame(await test.stream(), CONTENT);
    assert.equal(storage.requests[1]?.headers.range, 'bytes=90000-');
    test.harness.assertNothingLeaked(storage);
  });

  it('row 7: a body that ends before its Content-Length is resumed, else an error', async () => {
    const short: Behaviour = ({ socket }) => {
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${CONTENT.length}\r\n\r\nonly this`);
    };
    await using resumed = await setUp([cut(CONTENT, 10, 'end'), blob(CONTENT)]);
    assertSame(await resumed.stream(), CONTENT);
    await using plain = await setUp([short]);
    const response = await plain.harness.request(PATH);
    await plain.harness.fails('connectionReset', response.bytes(1 << 20));
  });

  it('row 7: a Content-Length that is not the descriptor’s size is refused before a byte is delivered', async () => {
    await using short = await setUp([blob(CONTENT.subarray(1))]);
    const error = await short.harness.fails('sizeMismatch', short.stream());
    assert.equal(error.details.reason, 'short');
    await using long = await setUp([blob(Buffer.concat([CONTENT, CONTENT]))]);
    assert.equal((await long.harness.fails('sizeMismatch', long.stream())).details.reason, 'long');
    assert.equal(long.server.requests.length, 1);
  });

  it('row 8: a body ended by closing the connection too early is resumed by its known size', async () => {
    await using test = await setUp([closeDelimited(CONTENT.subarray(0, 5000)), blob(CONTENT)]);
    assertSame(await test.stream(), CONTENT);
  });

  it('row 8: closed too early time after time is a size error', async () => {
    await using stuck = await setUp([closeDelimited(CONTENT.subarray(0, 5000))]);
    await stuck.harness.fails('sizeMismatch', stuck.stream());
    assert.equal(stuck.server.requests.length, 4);
    const part: Behaviour = ({ request, socket }) => {
      const from = Number(/\d+/.exec(request.headers.range ?? '0')![0]);
      const range = `content-range: bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}\r\n`;
      socket.write(
        `HTTP/1.1 ${from === 0 ? 200 : 206} OK\r\n${from === 0 ? '' : range}connection: close\r\n\r\n`,
      );
      socket.end(CONTENT.subarray(from, from + 100));
    };
    await using test = await setUp([part]);
    await test.harness.fails('sizeMismatch', test.stream());
    assert.equal(test.server.requests.length, 4);
  });

  it('row 9: bytes beyond the expected size are rejected', async () => {
    await using test = await setUp([closeDelimited(Buffer.concat([CONTENT, Buffer.from('extra')]))]);
    const error = await test.harness.fails('protocol', test.stream());
    assert.equal(error.details.reason, 'extraBytes');
    assert.equal(test.server.requests.length, 1);
  });

  it('row 10: where a resumed request is answered with everything, the known part is skipped', async () => {
    await using test = await setUp([cut(CONTENT, 70_000, 'end'), reply(200, CONTENT)]);
    assertSame(await test.stream(), CONTENT);
  });

  it('row 11: a Content-Range that does not fit what was asked for is refused', async () => {
    const wrong = (contentRange: string, size = CONTENT.length - 70_000): Behaviour =>
      reply(206, CONTENT.subarray(0, size), { 'content-range': contentRange });
    for (const header of [
      `bytes 60000-${CONTENT.length - 1}/${CONTENT.length}`,
      `bytes 70000-${CONTENT.length}/${CONTENT.length + 1}`,
      'bytes 70000-10/20',
      `bytes 70000-${CONTENT.length - 1}/5`,
      'items 1-2/3',
    ]) {
      await using test = await setUp([cut(CONTENT, 70_000, 'end'), wrong(header)]);
      const error = await test.harness.fails('protocol', test.stream());
      assert.equal(error.details.reason, 'contentRange', header);
    }
  });

  it('row 12: a resume with other content fails by its digest', async () => {
    const other = randomBytes(CONTENT.length);
    await using test = await setUp([cut(CONTENT, 70_000, 'end'), blob(other)]);
    const error = await test.harness.fails('digestMismatch', test.stream());
    assert.equal(error.details.reason, 'spliced');
  });

  it('row 12: a content read into memory is read once more from the start after that', async () => {
    const other = randomBytes(CONTENT.length);
    await using test = await setUp([cut(other, 70_000, 'end'), blob(CONTENT)]);
    assertSame(await test.readWhole(), CONTENT);
    assert.equal(test.server.requests[2]?.headers.range, undefined);
    await using never = await setUp([
      cut(other, 70_000, 'end'),
      blob(CONTENT),
      cut(other, 70_000, 'end'),
      blob(CONTENT),
    ]);
    await never.harness.fails('digestMismatch', never.readWhole());
    assert.equal(never.server.requests.length, 4);
  });

  it('tells of wrong content before its last bytes, so that nobody who passes them on is answered first', async () => {
    await using test = await setUp([blob(randomBytes(CONTENT.length))]);
    const body = await test.open(new AbortController().signal);
    let received = 0;
    body.on('data', (chunk: Buffer) => (received += chunk.length));
    await assert.rejects(finished(body), { kind: 'digestMismatch' });
    assert.ok(received < CONTENT.length);
  });

  it('row 17: a body encoded although identity was asked for fails by its digest', async () => {
    const compressed = gzipSync(Buffer.alloc(1000));
    const expected = { digest: digestOf(Buffer.alloc(1000)) };
    await using lying = await setUp([reply(200, compressed, { 'content-encoding': 'gzip' })]);
    await lying.harness.fails('digestMismatch', lying.stream(expected));
  });

  it('reads a part by Range, with its length checked', async () => {
    await using test = await setUp([blob(CONTENT)]);
    const part = await test.stream({ ...WHOLE, range: { offset: 100, length: 50 } });
    assert.deepEqual(part, CONTENT.subarray(100, 150));
    assert.equal(test.server.requests[0]?.headers.range, 'bytes=100-149');
  });

  it('cuts a part out of the whole where Range is ignored', async () => {
    await using test = await setUp([reply(200, CONTENT)]);
    const part = await test.stream({ ...WHOLE, range: { offset: 100, length: 50 } });
    assert.deepEqual(part, CONTENT.subarray(100, 150));
  });

  it('refuses what is over the cap when reading into memory', async () => {
    await using test = await setUp([blob(CONTENT)]);
    await test.harness.fails('tooLarge', test.readWhole(1000));
    await test.server.until(() => test.server.openConnections === 0);
  });

  it('closes the connection when its reader leaves early or never starts', async () => {
    await using test = await setUp([drip(CONTENT.length, randomBytes(1000), 5)]);
    const body = await test.open(new AbortController().signal);
    await once(body, 'readable');
    body.destroy();
    await test.server.until(() => test.server.openConnections === 0);
    (await test.open(new AbortController().signal)).destroy();
    await test.server.until(() => test.server.openConnections === 0);
  });

  it('ends with cancelled, and no connection, when its signal aborts in the middle', async () => {
    await using test = await setUp([drip(CONTENT.length, randomBytes(1000), 5)]);
    const controller = new AbortController();
    const body = await test.open(controller.signal);
    await once(body, 'readable');
    controller.abort();
    await test.harness.fails('cancelled', body.toArray());
    await test.server.until(() => test.server.openConnections === 0);
  });
});

describe('openResumableBody under any cuts', () => {
  it('gives identical bytes or an error, in four requests at most', async () => {
    await using server = await FaultServer.start();
    await using harness = new TransportHarness(server, { limits: { retryBaseMs: 0 } });
    const size = fc.integer({ min: 0, max: CONTENT.length });
    const step = fc.oneof(
      size.map((at) => cut(CONTENT, at, 'end')),
      size.map((at) => closeDelimited(CONTENT.subarray(0, at))),
      size.map((at) => cut(randomBytes(CONTENT.length), at, 'end')),
      fc.constant(reply(200, CONTENT)),
      fc.constant(reset),
      fc.constant(reply(416)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 5 }), async (steps) => {
        server.requests.length = 0;
        server.on(PATH, ...steps, blob(CONTENT));
        const request = {
          path: PATH,
          operation: 'read blob',
          scopes: [],
          signal: new AbortController().signal,
        };
        const chunks: Buffer[] = [];
        try {
          const body = await openResumableBody(harness.transport, request, WHOLE);
          for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
          assert.ok(Buffer.concat(chunks).equals(CONTENT), 'other bytes than were asked for');
        } catch (error) {
          assert.ok(isCoreError(error), String(error));
        }
        assert.ok(server.requests.length <= 4, `${server.requests.length} requests`);
      }),
      { numRuns: 60 },
    );
  });
});

describe('Transport, body faults', () => {
  const limits = { slowBodyWindowMs: 100, minBytesPerSecond: 1024 };

  it('row 14: a body that drips too slowly is aborted', async () => {
    await using test = await setUp([drip(10_000, Buffer.from('x'), 10)], { limits });
    const response = await test.harness.request(PATH);
    const error = await test.harness.fails('timeout', response.bytes(1 << 20));
    assert.equal(error.details.reason, 'slowBody');
    await test.server.until(() => test.server.openConnections === 0);
  });

  it('row 14: a body that stops altogether is aborted', async () => {
    await using test = await setUp([drip(10_000, Buffer.alloc(0), 1000)], { limits });
    const response = await test.harness.request(PATH);
    await test.harness.fails('timeout', response.bytes(1 << 20));
  });

  it('row 14: a reader that takes its time is not mistaken for a slow server', async () => {
    const content = Buffer.alloc(1_000_000);
    await using test = await setUp([reply(200, content)], { limits: { ...limits, slowBodyWindowMs: 100 } });
    const { body } = await test.harness.request(PATH);
    let received = 0;
    let pauses = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      received += chunk.length;
      // Three windows long, while the server would send at once.
      if (pauses++ < 2) await new Promise((resolve) => setTimeout(resolve, 300));
    }
    assert.equal(received, content.length);
  });

  it('row 16: broken chunking is an error', async () => {
    const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
    await using test = await setUp([raw(`${head}4\r\nabcd\r\nnot a size\r\nefgh\r\n`)]);
    const response = await test.harness.request(PATH);
    await test.harness.fails('protocol', response.bytes(1 << 20));
  });

  it('row 18: nested content encodings are refused', async () => {
    const encoding = { 'content-encoding': 'gzip, gzip, gzip, gzip, gzip' };
    await using test = await setUp([reply(200, 'x', encoding)]);
    const error = await test.harness.fails('protocol', test.harness.request(PATH));
    assert.equal(error.details.reason, 'nestedEncodings');
  });

  it('row 19: nothing is decompressed on the way in, so that a bomb stays as small as it is', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    await using test = await setUp([reply(200, bomb, { 'content-encoding': 'gzip' })]);
    const response = await test.harness.request(PATH);
    assert.equal((await response.bytes(bomb.length)).length, bomb.length);
  });

  it('row 19: a body over the reader’s cap is tooLarge and its connection closed', async () => {
    await using test = await setUp([drip(1e9, randomBytes(10_000), 1)]);
    const response = await test.harness.request(PATH);
    await test.harness.fails('tooLarge', response.bytes(50_000));
    await test.server.until(() => test.server.openConnections === 0);
  });

  it('a body nobody reads does not end the process when the connection breaks', async () => {
    await using test = await setUp([cut(CONTENT, 10, 'end')]);
    const response = await test.harness.request(PATH);
    await test.server.until(() => test.server.openConnections === 0);
    await test.harness.fails('connectionReset', response.bytes(1 << 20));
  });
});
