import assert from 'node:assert/strict';
import fc from 'fast-check';
import { firstTags, sortManyTags, sortTags } from '../../../src/core/oci/tagOrder.ts';
import type { TagOrder } from '../../../src/core/oci/tagOrder.ts';

function sorted(names: readonly string[], order: TagOrder): string[] {
  return sortTags(
    names.map((name) => ({ name })),
    order,
  ).map(({ name }) => name);
}

/** `names` are in the expected order; they are sorted from their reverse and from a rotation. */
function holds(order: TagOrder, names: readonly string[]): void {
  assert.deepEqual(sorted([...names].reverse(), order), names);
  assert.deepEqual(sorted([...names.slice(2), ...names.slice(0, 2)], order), names);
}

describe('sortTags by version', () => {
  it('knows that v10 is above v2 and 1.10 above 1.9', () => {
    holds('version', ['v10', 'v2', '1.10', '1.9', '1.2.10', '1.2.9', '0.1']);
  });

  it('puts latest first and what is no version last, by name', () => {
    holds('version', ['latest', '2.0', '1.0', 'dev', 'main', 'staging']);
  });

  it('puts a release above its variants, and those above its pre-releases', () => {
    holds('version', [
      '1.2.4-rc.1',
      '1.2.3',
      '1.2.3-alpine',
      '1.2.3-alpine3.20',
      '1.2.3-alpine3.9',
      '1.2.3-slim',
      '1.2.3-rc.10',
      '1.2.3-rc.2',
      '1.2.3-beta.2',
      '1.2.2',
    ]);
  });

  it('reads pre-releases without a separator, and calendar versions', () => {
    holds('version', ['2024-02-01', '2024-01-15', '3.12', '3.12rc2', '3.12rc1', '3.12b3', '3.11']);
  });

  it('orders numbers exactly beyond what a double holds', () => {
    holds('version', [
      '1.20240101000000000000002',
      '1.20240101000000000000001',
      '1.9007199254740993',
      '1.9007199254740992',
    ]);
  });

  it('does not take a commit for a version', () => {
    // Every version comes before what is none.
    for (const tag of ['7f3a2b1', 'deadbeef', 'abc', 'main', 'sha-123', '']) holds('version', ['0', tag]);
    for (const tag of ['1', 'v1', 'V1.2', '1.2.3-alpine', '1_2', '3.12rc1', '2024.01.02'])
      holds('version', [tag, '0']);
  });

  it('shows the highest number first among other tags with the same words', () => {
    holds('version', ['build-10', 'build-9', 'build-9-arm', 'release']);
  });
});

describe('sortTags by name, date and size', () => {
  it('sorts names naturally, ascending', () => {
    holds('name', ['2', '10', 'a2', 'a10', 'latest', 'v1', 'v2', 'v10']);
  });

  it('puts the newest and the biggest first, unknown ones after by version', () => {
    const tags = [
      { name: '1.0' },
      { name: 'old', details: { createdAt: new Date(-5), sizeInBytes: 0 } },
      { name: '2.0', details: {} },
      { name: 'new', details: { createdAt: new Date(10), sizeInBytes: 5 } },
    ];
    assert.deepEqual(
      sortTags(tags, 'date').map(({ name }) => name),
      ['new', 'old', '2.0', '1.0'],
    );
    assert.deepEqual(
      sortTags(tags, 'size').map(({ name }) => name),
      ['new', 'old', '2.0', '1.0'],
    );
  });

  it('leaves the given array alone', () => {
    const tags = [{ name: '1' }, { name: '2' }];
    sortTags(tags, 'version');
    assert.deepEqual(tags, [{ name: '1' }, { name: '2' }]);
  });
});

describe('the order of tags', () => {
  const piece = fc.constantFrom(
    '1',
    '2',
    '10',
    '01',
    '0',
    'v',
    'V',
    '.',
    '-',
    '_',
    'rc',
    'a',
    'alpine',
    'A',
    '99999999999999999999',
    'latest',
  );
  const tag = fc.array(piece, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));
  for (const order of ['version', 'name'] as const) {
    it(`is the same by ${order}, in whatever order tags come`, () => {
      fc.assert(
        fc.property(tag, tag, tag, (a, b, c) => {
          const sorted = (...names: string[]) =>
            sortTags(
              names.map((name) => ({ name })),
              order,
            );
          const expected = sorted(a, b, c);
          for (const names of [
            [a, c, b],
            [b, a, c],
            [b, c, a],
            [c, a, b],
            [c, b, a],
          ]) {
            assert.deepEqual(sorted(...names), expected);
          }
        }),
        { numRuns: 10_000 },
      );
    });
  }

  it('sorts 100,000 tags', () => {
    const tags = Array.from({ length: 100_000 }, (_, i) => ({
      name: `v${i % 97}.${(i * 7919) % 1009}.${i}-alpine3.${i % 20}`,
    }));
    // Comparing each with each would outlast the test's deadline.
    assert.match(sortTags(tags, 'version')[0]!.name, /^v96\.1008\./);
  });
});

describe('firstTags', () => {
  const names = fc.array(
    fc.oneof(
      fc.tuple(fc.nat(3), fc.nat(12), fc.nat(3)).map((parts) => parts.join('.')),
      fc.tuple(fc.nat(3), fc.nat(12)).map((parts) => `v${parts.join('.')}`),
      fc.constantFrom('latest', '1.2.3-alpine', '2.0.0-rc1', 'main', '70000.1', 'build-7'),
    ),
    { maxLength: 60 },
  );

  it('are the beginning of all of them sorted, whatever the order', () => {
    fc.assert(
      fc.property(
        names,
        fc.nat(70),
        fc.constantFrom<TagOrder>('version', 'name', 'date', 'size'),
        (all, count, order) => {
          const tags = [...new Set(all)].map((name) => ({ name }));
          assert.deepEqual(firstTags(tags, order, count), sortTags(tags, order).slice(0, count));
        },
      ),
    );
  });
});

describe('sortManyTags', () => {
  it('sorts as sortTags does, whatever their number', async () => {
    for (const count of [0, 1, 999, 1_000, 1_001, 3_500]) {
      const tags = Array.from({ length: count }, (_, number) => ({
        name: `${number % 7}.${number % 13}.${number}${number % 3 === 0 ? '-rc.1' : ''}`,
      }));
      assert.deepEqual(await sortManyTags(tags, 'version'), sortTags(tags, 'version'));
    }
  });
});
