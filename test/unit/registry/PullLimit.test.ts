import assert from 'node:assert/strict';
import { parsePullLimit } from '../../../src/core/registry/PullLimit.ts';

describe('parsePullLimit', () => {
  it('reads a limit with its window and its source', () => {
    const headers = {
      'ratelimit-limit': '100;w=21600',
      'ratelimit-remaining': '0;w=21600',
      'docker-ratelimit-source': '2600:3c00::',
    };
    assert.deepEqual(parsePullLimit(headers), {
      limit: 100,
      remaining: 0,
      windowSeconds: 21_600,
      source: '2600:3c00::',
    });
  });

  it('takes six hours where no window is told', () => {
    assert.deepEqual(parsePullLimit({ 'ratelimit-limit': '200', 'ratelimit-remaining': '7' }), {
      limit: 200,
      remaining: 7,
      windowSeconds: 21_600,
    });
  });

  it('knows nothing from replies that say nothing, half of it or something else', () => {
    assert.equal(parsePullLimit({}), undefined);
    assert.equal(parsePullLimit({ 'ratelimit-limit': '100;w=21600' }), undefined);
    assert.equal(parsePullLimit({ 'ratelimit-limit': 'many', 'ratelimit-remaining': '-1' }), undefined);
  });
});
