import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CoreError } from '../../../src/core/common/CoreError.ts';
import type { Digest } from '../../../src/core/oci/digest.ts';
import {
  familiarReference,
  formatReference,
  isHost,
  isRepositoryName,
  isTag,
  parseReference,
  parseRepositoryName,
  parseTag,
  tryParseReference,
} from '../../../src/core/oci/reference.ts';
import type { Reference, ReferenceProblem } from '../../../src/core/oci/reference.ts';

const SHA256: Digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const SHA512: Digest = `sha512:${'0123456789abcdef'.repeat(8)}`;

function problemOf(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof CoreError, String(error));
    assert.equal(error.kind, 'invalidInput');
    return error.details.reason;
  }
  return undefined;
}

describe('parseReference', () => {
  const accepted: readonly (readonly [text: string, expected: Reference])[] = [
    ['alpine', { host: 'docker.io', repository: 'library/alpine' }],
    ['alpine:3.20', { host: 'docker.io', repository: 'library/alpine', tag: '3.20' }],
    ['grafana/loki', { host: 'docker.io', repository: 'grafana/loki' }],
    ['docker.io/alpine', { host: 'docker.io', repository: 'library/alpine' }],
    ['index.docker.io/alpine:1', { host: 'docker.io', repository: 'library/alpine', tag: '1' }],
    ['index.docker.io/a/b', { host: 'docker.io', repository: 'a/b' }],
    ['docker.io/a/b/c', { host: 'docker.io', repository: 'a/b/c' }],
    // Without a slash nothing is a host: what follows the colon is a tag.
    ['localhost:5000', { host: 'docker.io', repository: 'library/localhost', tag: '5000' }],
    ['example.com:8080', { host: 'docker.io', repository: 'library/example.com', tag: '8080' }],
    ['10.0.0.1:5000', { host: 'docker.io', repository: 'library/10.0.0.1', tag: '5000' }],
    // What makes the first part a host: a dot, a colon, upper case, or `localhost`.
    ['localhost/app', { host: 'localhost', repository: 'app' }],
    ['localhost:5000/app:v1', { host: 'localhost:5000', repository: 'app', tag: 'v1' }],
    ['box:80/app', { host: 'box:80', repository: 'app' }],
    ['box/app', { host: 'docker.io', repository: 'box/app' }],
    ['BOX/app', { host: 'BOX', repository: 'app' }],
    ['sub-1.example.com/a/b/c:t', { host: 'sub-1.example.com', repository: 'a/b/c', tag: 't' }],
    ['xn--n3h.com/a:xn--n3h.com', { host: 'xn--n3h.com', repository: 'a', tag: 'xn--n3h.com' }],
    ['10.0.0.1:5000/app:5050', { host: '10.0.0.1:5000', repository: 'app', tag: '5050' }],
    ['[::1]:5000/app', { host: '[::1]:5000', repository: 'app' }],
    ['[2001:db8::1]/app:t', { host: '[2001:db8::1]', repository: 'app', tag: 't' }],
    ['[2001:DB8:1:2:3:4:5:6]/app', { host: '[2001:DB8:1:2:3:4:5:6]', repository: 'app' }],
    // Separators.
    ['a_b', { host: 'docker.io', repository: 'library/a_b' }],
    ['a__b', { host: 'docker.io', repository: 'library/a__b' }],
    ['a.b', { host: 'docker.io', repository: 'library/a.b' }],
    ['a-b--c---d', { host: 'docker.io', repository: 'library/a-b--c---d' }],
    ['x.io/a.b/c_d/e__f/g--h', { host: 'x.io', repository: 'a.b/c_d/e__f/g--h' }],
    // Tags and digests.
    ['a:_', { host: 'docker.io', repository: 'library/a', tag: '_' }],
    ['a:UPPER.lower-1_2', { host: 'docker.io', repository: 'library/a', tag: 'UPPER.lower-1_2' }],
    [`a:${'t'.repeat(128)}`, { host: 'docker.io', repository: 'library/a', tag: 't'.repeat(128) }],
    [`a@${SHA256}`, { host: 'docker.io', repository: 'library/a', digest: SHA256 }],
    [`x.io/a:1@${SHA512}`, { host: 'x.io', repository: 'a', tag: '1', digest: SHA512 }],
    // 64 hex digits are an image ID only where they stand alone.
    [`x/${'a'.repeat(64)}`, { host: 'docker.io', repository: `x/${'a'.repeat(64)}` }],
    [`x.io/${'a/'.repeat(127)}a`, { host: 'x.io', repository: `${'a/'.repeat(127)}a` }],
  ];
  for (const [text, expected] of accepted) {
    it(`reads ${text.slice(0, 60)}`, () => assert.deepEqual(parseReference(text), expected));
  }

  const refused: readonly (readonly [text: string, reason: ReferenceProblem])[] = [
    ['', 'emptyReference'],
    ['-alpine', 'forbiddenCharacter'],
    ['--privileged', 'forbiddenCharacter'],
    [' alpine', 'forbiddenCharacter'],
    ['alpine ', 'forbiddenCharacter'],
    ['alpine\n', 'forbiddenCharacter'],
    ['alpine\r\nHost: x', 'forbiddenCharacter'],
    ['alpine\0', 'forbiddenCharacter'],
    ['https://example.com/a', 'hasScheme'],
    ['docker://example.com/a', 'hasScheme'],
    ['a'.repeat(64), 'imageId'],
    [':tag', 'emptyRepository'],
    [`@${SHA256}`, 'emptyRepository'],
    ['example.com/', 'emptyRepository'],
    ['example.com/:tag', 'emptyRepository'],
    ['Alpine', 'uppercaseRepository'],
    ['grafana/Loki:1', 'uppercaseRepository'],
    ['example.com:5000/Team/app', 'uppercaseRepository'],
    ['a..b', 'badRepository'],
    ['a/../b', 'badRepository'],
    ['example.com/../app', 'badRepository'],
    ['example.com/./app', 'badRepository'],
    ['example.com//app', 'badRepository'],
    ['example.com/app/', 'badRepository'],
    ['a___b', 'badRepository'],
    ['a._b', 'badRepository'],
    ['a_', 'badRepository'],
    ['.a', 'badRepository'],
    ['a/-b', 'badRepository'],
    ['a/b$c', 'badRepository'],
    ['ümlaut', 'badRepository'],
    ['a%2fb', 'badRepository'],
    ['[2001:db8::1]', 'badRepository'],
    ['/alpine', 'badHost'],
    ['-x.io/a', 'forbiddenCharacter'],
    ['x-.io/a', 'badHost'],
    ['x..io/a', 'badHost'],
    ['.io/a', 'badHost'],
    ['x_y.io/a', 'badHost'],
    ['x.io:/a', 'badHost'],
    ['x.io:port/a', 'badHost'],
    ['x.io:65536/a', 'badHost'],
    ['user:pw@x.io/a', 'badHost'],
    ['[fe80::1%eth0]:5000/a', 'badHost'],
    ['[::1::2]/a', 'badHost'],
    ['[::1/a', 'badHost'],
    [`${'x'.repeat(300)}.io/a`, 'badHost'],
    ['a:', 'emptyTag'],
    ['a:.b', 'badTag'],
    ['a:-b', 'badTag'],
    ['a:b:c', 'badTag'],
    ['a:b/c:d', 'badHost'],
    ['a:ü', 'badTag'],
    [`a:${'t'.repeat(129)}`, 'tooLong'],
    [`x.io/${'a/'.repeat(128)}a`, 'tooLong'],
    ['a'.repeat(5000), 'tooLong'],
    ['a@', 'badDigest'],
    ['a@sha256:', 'badDigest'],
    ['a@sha256:abc', 'badDigest'],
    [`a@${SHA256.toUpperCase()}`, 'badDigest'],
    [`a@md5:${'a'.repeat(32)}`, 'badDigest'],
    [`a@${SHA256}@${SHA256}`, 'badDigest'],
    [`a@${SHA256}:tag`, 'badDigest'],
  ];
  for (const [text, reason] of refused) {
    it(`refuses ${JSON.stringify(text.slice(0, 50))} as ${reason}`, () =>
      assert.equal(
        problemOf(() => parseReference(text)),
        reason,
      ));
  }

  it('tells the offending part, without a password somebody pasted', () => {
    try {
      parseReference('https://me:hunter22@example.com/app');
      assert.fail('accepted');
    } catch (error) {
      assert.ok(error instanceof CoreError);
      assert.doesNotMatch(JSON.stringify(error.details) + error.message, /hunter22/);
      assert.match(error.details.subject ?? '', /example\.com\/app/);
    }
  });

  it('throws nothing but CoreError, whatever is typed', () => {
    const pieces = [
      'a',
      'A',
      '0',
      '.',
      '-',
      '_',
      '/',
      ':',
      '@',
      '[',
      ']',
      '::1',
      'sha256:',
      'docker.io',
      '\n',
      'é',
      SHA256,
    ];
    const nasty = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(nasty, (parts) => {
        const text = parts.join('');
        const parsed = tryParseReference(text);
        if (parsed === undefined) return problemOf(() => parseReference(text)) !== undefined;
        // What is accepted is safe as an argument and in a URL path.
        assert.ok(isHost(parsed.host) && isRepositoryName(parsed.repository));
        assert.doesNotMatch(formatReference(parsed), /^-|[\s\0]|\/\.\.?(\/|$)/);
        assert.deepEqual(parseReference(formatReference(parsed)), parsed);
        return true;
      }),
      { numRuns: 3000 },
    );
  });

  it('stays fast on hostile text', () => {
    // As a square of its length one of these would outlast the test's deadline many times.
    for (const unit of ['a', '-', 'a-', '.', 'a.', '_', ':', '@', '/', 'a/', '[', '1:']) {
      tryParseReference(unit.repeat(200_000));
      tryParseReference(unit.repeat(500));
      isRepositoryName(unit.repeat(200_000));
      isTag(unit.repeat(200_000));
      isHost(unit.repeat(200_000));
    }
  });
});

const label = fc.stringMatching(/^[a-z0-9]{1,8}$/);
const component = fc
  .tuple(label, fc.array(fc.tuple(fc.constantFrom('.', '_', '__', '-', '---'), label), { maxLength: 2 }))
  .map(([first, more]) => first + more.flat().join(''));
const host = fc.oneof(
  fc.constantFrom('docker.io', 'localhost', 'localhost:5000', '[::1]:5000', '127.0.0.1:80', 'GHCR.io'),
  fc.tuple(label, label).map(([a, b]) => `${a}.${b}`),
);
const reference: fc.Arbitrary<Reference> = fc
  .record(
    {
      host,
      repository: fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
      tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/),
      digest: fc.constantFrom(SHA256, SHA512),
    },
    { requiredKeys: ['host', 'repository'], noNullPrototype: true },
  )
  // Docker Hub has no repository without a namespace.
  .map((made) =>
    made.host === 'docker.io' && !made.repository.includes('/')
      ? { ...made, repository: `library/${made.repository}` }
      : made,
  );

describe('formatReference and familiarReference', () => {
  it('are undone by parseReference', () => {
    fc.assert(
      fc.property(reference, (made) => {
        assert.deepEqual(parseReference(formatReference(made)), made);
        assert.deepEqual(parseReference(familiarReference(made)), made);
      }),
      { numRuns: 1000 },
    );
  });

  it('shorten what is on Docker Hub as Docker does', () => {
    const short = (text: string) => familiarReference(parseReference(text));
    assert.equal(short('docker.io/library/alpine:3'), 'alpine:3');
    assert.equal(short(`index.docker.io/grafana/loki@${SHA256}`), `grafana/loki@${SHA256}`);
    assert.equal(short('ghcr.io/library/alpine'), 'ghcr.io/library/alpine');
    assert.equal(short('docker.io/library/a/b'), 'library/a/b');
  });

  it('keep the host where leaving it out would name something else', () => {
    for (const text of [
      'docker.io/foo.com/bar',
      'docker.io/localhost/x',
      `docker.io/library/${'a'.repeat(64)}`,
    ]) {
      const parsed = parseReference(text);
      assert.deepEqual(parseReference(familiarReference(parsed)), parsed);
    }
    assert.equal(familiarReference(parseReference('docker.io/foo.com/bar')), 'docker.io/foo.com/bar');
  });
});

describe('parseRepositoryName and parseTag', () => {
  it('accept the grammar', () => {
    assert.equal(parseRepositoryName('team/app__x/y--z'), 'team/app__x/y--z');
    assert.equal(parseRepositoryName('a'.repeat(255)), 'a'.repeat(255));
    assert.equal(parseTag('v1..2'), 'v1..2');
  });

  it('say what is wrong', () => {
    assert.equal(
      problemOf(() => parseRepositoryName('')),
      'emptyRepository',
    );
    assert.equal(
      problemOf(() => parseRepositoryName('a'.repeat(256))),
      'tooLong',
    );
    assert.equal(
      problemOf(() => parseRepositoryName('Team/app')),
      'uppercaseRepository',
    );
    assert.equal(
      problemOf(() => parseRepositoryName('../../x')),
      'badRepository',
    );
    assert.equal(
      problemOf(() => parseRepositoryName('/a')),
      'badRepository',
    );
    assert.equal(
      problemOf(() => parseTag('')),
      'emptyTag',
    );
    assert.equal(
      problemOf(() => parseTag('-f')),
      'badTag',
    );
    assert.equal(
      problemOf(() => parseTag('a\n')),
      'badTag',
    );
    assert.equal(
      problemOf(() => parseTag('..')),
      'badTag',
    );
    assert.equal(
      problemOf(() => parseTag('x'.repeat(129))),
      'tooLong',
    );
  });
});
