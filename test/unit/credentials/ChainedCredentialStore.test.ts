import assert from 'node:assert/strict';
import { CoreError } from '../../../src/core/common/CoreError.ts';
import { nullLogger } from '../../../src/core/common/Logger.ts';
import { ChainedCredentialStore } from '../../../src/core/credentials/ChainedCredentialStore.ts';
import type { Credential, CredentialStore } from '../../../src/core/credentials/CredentialStore.ts';
import { noCancel } from './temporaryHome.ts';

const credential = (username: string): Credential => ({ kind: 'basic', username, password: 'pw' });
const knowing = (registry: string, known: Credential): CredentialStore => ({
  get: async ({ key }) => (key === registry ? known : undefined),
});
const failing = (error: Error): CredentialStore => ({ get: () => Promise.reject(error) });
const helperError = new CoreError('credentialHelper', 'docker-credential-x: it hangs, password=hunter22');

describe('ChainedCredentialStore', () => {
  const get = (stores: readonly CredentialStore[], key = 'x.io', logger = nullLogger) =>
    new ChainedCredentialStore(stores, logger).get({ key }, noCancel());

  it('takes the answer of the first store that knows the registry', async () => {
    const stores = [
      knowing('y.io', credential('other')),
      knowing('x.io', credential('first')),
      knowing('x.io', credential('second')),
    ];
    assert.deepEqual(await get(stores), credential('first'));
    assert.equal(await get(stores, 'z.io'), undefined);
    assert.equal(await get([]), undefined);
  });

  it('lets a later store answer after a failure, and logs the failure without secrets', async () => {
    const warnings: string[] = [];
    const logger = { ...nullLogger, warn: (text: string) => void warnings.push(text) };
    const answer = await get([failing(helperError), knowing('x.io', credential('ada'))], 'x.io', logger);
    assert.deepEqual(answer, credential('ada'));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /x\.io.*it hangs/);
    assert.doesNotMatch(warnings[0]!, /hunter22/);
  });

  it('reports the failure where no other store knows the registry', async () => {
    await assert.rejects(get([failing(helperError), knowing('y.io', credential('ada'))]), helperError);
  });

  it('stops at once when cancelled or on a bug', async () => {
    const later = knowing('x.io', credential('ada'));
    const cancelled = new CoreError('cancelled', 'x');
    await assert.rejects(get([failing(cancelled), later]), cancelled);
    await assert.rejects(get([failing(new TypeError('bug')), later]), TypeError);
  });
});
