import assert from 'node:assert/strict';
import { isCoreError } from '../../../../src/core/common/CoreError.ts';
import {
  ConnectionLimiter,
  type Passage,
  type Slot,
} from '../../../../src/core/registry/transport/ConnectionLimiter.ts';

const { signal } = new AbortController();
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Tries to take `count` slots; the result holds those granted so far. */
async function take(limiter: ConnectionLimiter, host: string, count: number): Promise<Slot[]> {
  const granted: Slot[] = [];
  for (let i = 0; i < count; i += 1) {
    void limiter.acquire(host, 6, 'total', signal).then((slot) => granted.push(slot));
  }
  await settle();
  return granted;
}

/** The same of a host that answers. */
async function takeAnswered(limiter: ConnectionLimiter, host: string, count: number): Promise<Slot[]> {
  const slots = await take(limiter, host, count);
  for (const slot of slots) slot.answered();
  return slots;
}

describe('ConnectionLimiter', () => {
  it('grants six a host and 24 in all, and the next when one is given back', async () => {
    const limiter = new ConnectionLimiter();
    for (const slot of await takeAnswered(limiter, 'e', 1)) slot.release();
    const a = await takeAnswered(limiter, 'a', 7);
    assert.equal(a.length, 6);
    for (const host of ['b', 'c', 'd']) assert.equal((await takeAnswered(limiter, host, 6)).length, 6);
    const e = await take(limiter, 'e', 1);
    assert.equal(e.length, 0);
    a[0]!.release();
    await settle();
    assert.equal(a.length, 7);
    assert.equal(limiter.activeCount, 24);
  });

  it('counts a slot once, however often it is given back', async () => {
    const limiter = new ConnectionLimiter();
    const [slot] = await take(limiter, 'a', 1);
    slot!.release();
    slot!.release();
    slot!.answered();
    assert.equal(limiter.activeCount, 0);
  });

  it('lets one host wait without holding up another', async () => {
    const limiter = new ConnectionLimiter();
    await take(limiter, 'a', 20);
    assert.equal((await take(limiter, 'b', 1)).length, 1);
  });

  it('lets hosts that have never answered hold up no other, and no host have more than its six', async () => {
    const limiter = new ConnectionLimiter();
    for (let i = 0; i < 20; i += 1) assert.equal((await take(limiter, `dead${i}`, 7)).length, 6);
    assert.equal((await takeAnswered(limiter, 'live', 6)).length, 6);
  });

  it('lets hosts that answered before and no longer do hold up others for a moment only', async () => {
    const limiter = new ConnectionLimiter(24, Date.now, 1);
    for (const host of ['live', 'a', 'b', 'c', 'd']) {
      for (const slot of await takeAnswered(limiter, host, 1)) slot.release();
    }
    for (const host of ['a', 'b', 'c', 'd']) assert.equal((await take(limiter, host, 6)).length, 6);
    const slot = await limiter.acquire('live', 6, 'total', signal);
    slot.answered();
    assert.equal(limiter.activeCount, 25);
  });

  it('counts a host among the 24 again once it answers', async () => {
    const limiter = new ConnectionLimiter(1);
    for (const slot of await takeAnswered(limiter, 'live', 1)) slot.release();
    const [slow] = await take(limiter, 'slow', 1);
    slow!.answered();
    const waiting = await take(limiter, 'live', 1);
    assert.equal(waiting.length, 0);
    slow!.release();
    await settle();
    assert.equal(waiting.length, 1);
  });

  it('halves a host’s share on each 429, down to one, for a minute', async () => {
    let now = 0;
    const limiter = new ConnectionLimiter(24, () => now);
    limiter.slowDown('a', 6);
    assert.equal((await take(limiter, 'a', 6)).length, 3);
    for (let i = 0; i < 5; i += 1) limiter.slowDown('b', 6);
    assert.equal((await take(limiter, 'b', 6)).length, 1);
    limiter.slowDown('c', 6);
    now = 60_001;
    assert.equal((await take(limiter, 'c', 6)).length, 6);
  });

  it('admits at once what others wait for', async () => {
    const limiter = new ConnectionLimiter();
    await take(limiter, 'a', 6);
    const slot = await limiter.acquire('a', 6, 'nothing', signal);
    assert.equal(limiter.activeCount, 7);
    slot.release();
  });

  it('grants a passage both its places or none, and keeps a place of each host free of them', async () => {
    const limiter = new ConnectionLimiter();
    const held = await Promise.all(
      Array.from({ length: 5 }, () => limiter.acquirePassage(['a', 'b'], 6, signal)),
    );
    const passages: Passage[] = [];
    void limiter.acquirePassage(['c', 'a'], 6, signal).then((passage) => passages.push(passage));
    await settle();
    assert.deepEqual([passages.length, limiter.activeCount], [0, 10]);
    assert.equal((await take(limiter, 'a', 2)).length, 1, 'one may look at the host');
    assert.equal((await take(limiter, 'c', 7)).length, 6, 'who waits holds nothing');
    held[0]!.release();
    held[0]!.release();
    await settle();
    assert.equal(passages.length, 0, 'one of two is not enough');
    assert.equal((await take(limiter, 'b', 1)).length, 1);
  });

  it('lets a blob pass within one host that has become slow', async () => {
    const limiter = new ConnectionLimiter();
    for (let times = 0; times < 3; times += 1) limiter.slowDown('a', 6);
    const first = await limiter.acquirePassage(['a', 'a'], 6, signal);
    const [download, upload] = [first.slotAt('a'), first.slotAt('a')];
    assert.ok(download && upload);
    assert.equal(first.slotAt('a'), undefined);
    assert.equal(first.slotAt('b'), undefined);
    download.release();
    assert.ok(first.slotAt('a'), 'for the rest of a download that was cut');
    const second = limiter.acquirePassage(['a', 'a'], 6, signal);
    assert.equal(limiter.activeCount, 2);
    first.release();
    (await second).release();
    assert.equal(limiter.activeCount, 0);
  });

  it('asks requests of a blob on its way for a place at their host alone', async () => {
    const limiter = new ConnectionLimiter(1);
    for (const host of ['a', 'b']) for (const slot of await takeAnswered(limiter, host, 1)) slot.release();
    await takeAnswered(limiter, 'a', 1);
    assert.equal((await take(limiter, 'b', 1)).length, 0);
    (await limiter.acquire('b', 6, 'host', signal)).answered();
    assert.equal(limiter.activeCount, 2);
  });

  it('forgets who cancels while waiting', async () => {
    const limiter = new ConnectionLimiter();
    const held = await take(limiter, 'a', 6);
    const controller = new AbortController();
    const waiting = limiter.acquire('a', 6, 'total', controller.signal);
    controller.abort();
    await assert.rejects(waiting, (error) => isCoreError(error, 'cancelled'));
    for (const slot of held) slot.release();
    assert.equal(limiter.activeCount, 0);
  });
});
