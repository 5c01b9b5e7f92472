import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseChallenges } from '../../../../src/core/registry/auth/challenge.ts';

function plain(header: string | string[] | undefined): [string, Record<string, string>][] {
  return parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
}

describe('parseChallenges', () => {
  for (const [what, header, expected] of [
    ['nothing', undefined, []],
    ['an empty header', '', []],
    ['a bare scheme', 'Negotiate', [['negotiate', {}]]],
    [
      'the usual bearer challenge',
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
      [
        [
          'bearer',
          {
            realm: 'https://auth.docker.io/token',
            service: 'registry.docker.io',
            scope: 'repository:a/b:pull,push',
          },
        ],
      ],
    ],
    [
      'values without quotes',
      'Bearer service=reg,realm=https://a/t',
      [['bearer', { service: 'reg', realm: 'https://a/t' }]],
    ],
    [
      'spaces around the equals sign and the comma',
      'Basic realm = "a" , charset = UTF-8',
      [['basic', { realm: 'a', charset: 'UTF-8' }]],
    ],
    ['escaped quotes', 'Basic realm="a \\"b\\" \\\\c"', [['basic', { realm: 'a "b" \\c' }]]],
    [
      'several challenges in one header',
      'Basic realm="x, Bearer y", Bearer realm="https://a/t", Negotiate',
      [
        ['basic', { realm: 'x, Bearer y' }],
        ['bearer', { realm: 'https://a/t' }],
        ['negotiate', {}],
      ],
    ],
    [
      'several headers',
      ['NTLM', 'bEaReR REALM="https://a/t"'],
      [
        ['ntlm', {}],
        ['bearer', { realm: 'https://a/t' }],
      ],
    ],
    [
      'token68 after a scheme',
      'Negotiate YWJj==, Basic realm="x"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'x' }],
      ],
    ],
    ['the first of repeated parameters', 'Basic realm="a", realm="b"', [['basic', { realm: 'a' }]]],
    ['a quote that never ends', 'Bearer realm="https://a/t', [['bearer', { realm: 'https://a/t' }]]],
    ['stray commas', ', ,Basic realm="a",,', [['basic', { realm: 'a' }]]],
  ] as const) {
    it(`reads ${what}`, () => {
      assert.deepEqual(plain(header as string | string[] | undefined), expected);
    });
  }

  it('reads back any challenges, whatever their order and values', () => {
    const value = fc.stringMatching(/^[\x20-\x7E]{0,12}$/);
    const name = fc.constantFrom('realm', 'service', 'scope', 'error');
    const one = fc.tuple(
      fc.constantFrom('basic', 'bearer', 'x-other'),
      fc.dictionary(name, value, { minKeys: 1 }),
    );
    fc.assert(
      fc.property(fc.array(one, { maxLength: 4 }), fc.boolean(), (challenges, apart) => {
        const written = challenges.map(([scheme, parameters]) => {
          const quoted = Object.entries(parameters).map(
            ([key, v]) => `${key}="${v.replace(/["\\]/g, '\\$&')}"`,
          );
          return `${scheme} ${quoted.join(', ')}`;
        });
        const expected = challenges.map(([scheme, parameters]) => [scheme, { ...parameters }]);
        assert.deepEqual(plain(apart ? written : written.join(', ')), expected);
      }),
    );
  });

  it('never throws, whatever a server sends', () => {
    fc.assert(fc.property(fc.string(), (header) => void parseChallenges(header)));
  });

  it('stays fast on hostile headers', () => {
    // As a square of its length one of these would outlast the test's deadline many times.
    for (const piece of ['a ', ' ', '\t=', 'a=', '"\\', ',', 'a="']) parseChallenges(piece.repeat(400_000));
  });
});
