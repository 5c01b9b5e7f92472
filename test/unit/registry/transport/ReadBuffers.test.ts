import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import {
  collectWritten,
  giveAway,
  readIntoBuffers,
} from '../../../../src/core/registry/transport/ReadBuffers.ts';

const MEBIBYTE = 1024 * 1024;
const SENT = Array.from({ length: 32 }, (_, at) => Buffer.alloc(MEBIBYTE, `mebibyte ${at}`));

describe('ReadBuffers', () => {
  let source: Server;
  let sink: Server;
  let reader: Socket;
  let writer: Socket;
  let arrived: Promise<string>;

  beforeEach(async () => {
    source = createServer((socket) => Readable.from(SENT, { objectMode: false }).pipe(socket));
    const received = Promise.withResolvers<string>();
    arrived = received.promise;
    sink = createServer((socket) => {
      const hash = createHash('sha256');
      socket.on('data', (chunk) => hash.update(chunk)).on('end', () => received.resolve(hash.digest('hex')));
    });
    for (const server of [source, sink]) await once(server.listen(0, '127.0.0.1'), 'listening');
    writer = connect(portOf(sink), '127.0.0.1');
    collectWritten(writer);
    const options = { host: '127.0.0.1', port: portOf(source) };
    reader = connect({ ...options, ...readIntoBuffers((chunk) => reader.push(chunk)) });
  });

  afterEach(() => {
    for (const each of [reader, writer]) each.destroy();
    for (const each of [source, sink]) each.close();
  });

  it('reads into the same memory again once what was given away is written', async () => {
    const used: ArrayBufferLike[] = [];
    await copy(async (chunk) => {
      giveAway(chunk);
      if (chunk.buffer.byteLength === 256 * 1024) used.push(chunk.buffer);
      await written(chunk);
    });
    await arrives();
    assert.ok(used.length > 2 * new Set(used).size, `${used.length} reads, ${new Set(used).size} buffers`);
  });

  it('uses no buffer again of which a part is still to be written', async () => {
    const waiting: Buffer[] = [];
    const writeAll = async (): Promise<void> => {
      for (const chunk of waiting.splice(0)) await written(chunk);
    };
    await copy(async (chunk) => {
      giveAway(chunk);
      if (waiting.length === 0) {
        const half = chunk.length >> 1;
        await written(chunk.subarray(0, half));
        waiting.push(chunk.subarray(half));
      } else {
        // The second half of the first stays while others are read.
        waiting.push(chunk);
        if (waiting.length === 8) await writeAll();
      }
    });
    await writeAll();
    await arrives();
  });

  it('never touches what a reader may keep', async () => {
    const kept: Buffer[] = [];
    await copy(async (chunk) => {
      kept.push(chunk);
      await written(chunk);
    });
    await arrives();
    assert.equal(hashOf(kept), hashOf(SENT));
  });

  /** Hands each read over as the socket gave it. */
  async function copy(take: (chunk: Buffer) => Promise<void>): Promise<void> {
    const ended = once(reader, 'end');
    let last = Promise.resolve();
    reader.on('data', (chunk: Buffer) => {
      reader.pause();
      last = take(chunk).then(() => void reader.resume());
    });
    await ended;
    await last;
  }

  async function arrives(): Promise<void> {
    writer.end();
    assert.equal(await arrived, hashOf(SENT));
  }

  async function written(chunk: Buffer): Promise<void> {
    writer.write(chunk);
    if (writer.writableNeedDrain) await once(writer, 'drain');
  }
});

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function hashOf(chunks: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
