import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { CoreError, isCoreError } from '../../../../src/core/common/CoreError.ts';
import type { Credential } from '../../../../src/core/credentials/CredentialStore.ts';
import { KeptCredential, type MadeCredential } from '../../../../src/core/providers/api/KeptCredential.ts';

const MINUTE = 60_000;

describe('KeptCredential', () => {
  const { signal } = new AbortController();
  let made: number;
  let failure: CoreError | undefined;
  let kept: KeptCredential;

  beforeEach(() => {
    mock.timers.enable({ apis: ['Date'], now: 0 });
    made = 0;
    failure = undefined;
    // Good for an hour, renewed five minutes before it ends.
    kept = new KeptCredential(async (): Promise<MadeCredential> => {
      made += 1;
      await Promise.resolve();
      if (failure) throw failure;
      const credential = { kind: 'bearer', token: `t${made}` } as const;
      return { credential, renewAtMs: Date.now() + 55 * MINUTE, endsAtMs: Date.now() + 60 * MINUTE };
    });
  });

  afterEach(() => mock.timers.reset());

  const after = (minutes: number) => mock.timers.setTime(minutes * MINUTE);
  const tokenOf = (credential: Credential | undefined) =>
    credential?.kind === 'bearer' ? credential.token : undefined;
  const get = async (refused?: Credential) => tokenOf(await kept.get(refused, signal));

  it('is made once for all who want it at the moment of its renewal', async () => {
    assert.deepEqual(await Promise.all([get(), get(), get()]), ['t1', 't1', 't1']);
    after(54.9);
    assert.equal(await get(), 't1');
    after(55);
    assert.deepEqual(await Promise.all([get(), get(), get()]), ['t2', 't2', 't2']);
    assert.equal(made, 2);
  });

  it('serves to its end while it cannot be renewed, which is tried again a little later', async () => {
    await get();
    after(56);
    failure = new CoreError('connectionReset', 'no network');
    assert.deepEqual(await Promise.all([get(), get()]), ['t1', 't1']);
    assert.equal(await get(), 't1');
    assert.equal(made, 2, 'not with every request');
    failure = undefined;
    after(56.3);
    assert.equal(await get(), 't3');
  });

  it('has ended when it could not be renewed: each who asks then is told why, and the next may succeed', async () => {
    await get();
    after(60);
    failure = new CoreError('unauthorized', 'sign in', { reason: 'ssoExpired' });
    for (const time of ['once', 'again']) {
      await assert.rejects(get(), (error) => isCoreError(error, 'unauthorized'), time);
    }
    failure = undefined;
    assert.equal(await get(), 't4');
  });

  it('is made anew at once when it is refused, and never given again where that fails', async () => {
    const first = await kept.get(undefined, signal);
    failure = new CoreError('connectionReset', 'no network');
    await assert.rejects(get(first), (error) => isCoreError(error, 'connectionReset'));
    failure = undefined;
    assert.deepEqual(await Promise.all([get(first), get(first)]), ['t3', 't3']);
    assert.equal(await get(first), 't3', 'who was refused late gets the new one');
    assert.equal(made, 3);
  });

  it('lets one who waits go without taking it from the others', async () => {
    const controller = new AbortController();
    const [one, other] = [kept.get(undefined, controller.signal), get()];
    controller.abort();
    await assert.rejects(one, (error) => isCoreError(error, 'cancelled'));
    assert.equal(await other, 't1');
    assert.equal(made, 1);
  });
});
