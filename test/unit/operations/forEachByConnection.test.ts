import * as assert from 'node:assert/strict';
import { forEachByConnection } from '../../../src/core/operations/forEachByConnection.ts';

describe('forEachByConnection', () => {
  it('keeps the order within a connection, and no connection waits for one that does not answer', async () => {
    const answer = Promise.withResolvers<undefined>();
    const last = Promise.withResolvers<undefined>();
    const seen: string[] = [];
    const operations = ['dead 1', 'live 1', 'dead 2', 'live 2', 'other 1'].map((name) => ({
      name,
      connectionId: name.slice(0, name.indexOf(' ')),
    }));
    const done = forEachByConnection(operations, async ({ name }) => {
      if (name === 'dead 1') await answer.promise;
      seen.push(name);
      if (seen.length === 3) last.resolve(undefined);
    });
    await last.promise;
    assert.deepEqual(seen, ['live 1', 'other 1', 'live 2']);
    answer.resolve(undefined);
    await done;
    assert.deepEqual(seen.slice(3), ['dead 1', 'dead 2']);
  });
});
