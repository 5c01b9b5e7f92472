import assert from 'node:assert/strict';
import { isCoreError } from '../../../../src/core/common/CoreError.ts';
import { ConnectionLimiter } from '../../../../src/core/registry/transport/ConnectionLimiter.ts';

const { signal } = new AbortController();
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Tries to take `count` slots; the result holds the releases of those granted so far. */
async function take(limiter: ConnectionLimiter, host: string, count: number): Promise<(() => void)[]> {
  const granted: (() => void)[] = [];
  for (let i = 0; i < count; i += 1) {
    void limiter.acquire(host, 6, false, signal).then((release) => granted.push(release));
  }
  await settle();
  return granted;
}

describe('ConnectionLimiter', () => {
  it('grants six a host and 24 in all, and the next when one is given back', async () => {
    const limiter = new ConnectionLimiter();
    const a = await take(limiter, 'a', 7);
    assert.equal(a.length, 6);
    for (const host of ['b', 'c', 'd']) assert.equal((await take(limiter, host, 6)).length, 6);
    const e = await take(limiter, 'e', 1);
    assert.equal(e.length, 0);
    a[0]!();
    await settle();
    assert.equal(a.length, 7);
    assert.equal(limiter.activeCount, 24);
  });

  it('counts a slot once, however often it is given back', async () => {
    const limiter = new ConnectionLimiter();
    const [release] = await take(limiter, 'a', 1);
    release!();
    release!();
    assert.equal(limiter.activeCount, 0);
  });

  it('lets one host wait without holding up another', async () => {
    const limiter = new ConnectionLimiter();
    await take(limiter, 'a', 20);
    assert.equal((await take(limiter, 'b', 1)).length, 1);
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
    const release = await limiter.acquire('a', 6, true, signal);
    assert.equal(limiter.activeCount, 7);
    release();
  });

  it('forgets who cancels while waiting', async () => {
    const limiter = new ConnectionLimiter();
    const held = await take(limiter, 'a', 6);
    const controller = new AbortController();
    const waiting = limiter.acquire('a', 6, false, controller.signal);
    controller.abort();
    await assert.rejects(waiting, (error) => isCoreError(error, 'cancelled'));
    for (const release of held) release();
    assert.equal(limiter.activeCount, 0);
  });
});
