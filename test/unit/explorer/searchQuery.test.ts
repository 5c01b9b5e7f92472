import assert from 'node:assert/strict';
import { bestFirst, parseSearchQuery, rankRepository } from '../../../src/explorer/searchQuery.ts';

/** The names that `text` finds, best first. */
function find(text: string, ...names: string[]): string[] {
  const query = parseSearchQuery(text);
  const ranked = names.flatMap((name) => {
    const rank = rankRepository(name, 'localhost:5000', query);
    return rank === undefined ? [] : [{ name, rank }];
  });
  return bestFirst(ranked, 10).map(({ name }) => name);
}

describe('A search query', () => {
  it('is words, and a tag after the last colon', () => {
    assert.deepEqual(parseSearchQuery(' Team  api '), { words: ['team', 'api'], tag: undefined });
    assert.deepEqual(parseSearchQuery('team/api:1.2'), { words: ['team/api'], tag: '1.2' });
    assert.deepEqual(parseSearchQuery('api:'), { words: ['api'], tag: '' });
    assert.deepEqual(parseSearchQuery(''), { words: [], tag: undefined });
  });

  it('takes the colon of a port for none of a tag, and leaves a digest aside', () => {
    assert.deepEqual(parseSearchQuery('localhost:5000/api'), {
      words: ['localhost:5000/api'],
      tag: undefined,
    });
    assert.deepEqual(parseSearchQuery(`localhost:5000/api:1@sha256:${'a'.repeat(64)}`), {
      words: ['localhost:5000/api'],
      tag: '1',
    });
  });

  it('ranks the very name, its last part, the beginning of a part, the beginning of a word, the middle', () => {
    const inOrder = ['web', 'team/web', 'web/x', 'my-web', 'cobweb'];
    assert.deepEqual(find('web', ...inOrder.toReversed()), inOrder);
  });

  it('wants every word, in any order and any case', () => {
    assert.deepEqual(find('API team', 'team/api', 'team/web', 'api'), ['team/api']);
  });

  it('finds what a pasted reference names', () => {
    assert.deepEqual(find('localhost:5000/team/api:1', 'team/api', 'team/web', 'other'), ['team/api']);
  });

  it('prefers the shorter of two that fit alike', () => {
    assert.deepEqual(find('a', 'abc', 'ab'), ['ab', 'abc']);
  });
});
