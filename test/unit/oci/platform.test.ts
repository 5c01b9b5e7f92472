import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CoreError } from '../../../src/core/common/CoreError.ts';
import { formatPlatform, isUnknownPlatform, parsePlatform } from '../../../src/core/oci/platform.ts';

describe('parsePlatform', () => {
  const spellings: Readonly<Record<string, string>> = {
    'linux/amd64': 'linux/amd64',
    'linux/arm64/v8': 'linux/arm64/v8',
    'linux/arm64/8': 'linux/arm64/v8',
    'Linux/AArch64': 'linux/arm64',
    'linux/x86_64': 'linux/amd64',
    'linux/x86-64': 'linux/amd64',
    'linux/i386': 'linux/386',
    'linux/armhf': 'linux/arm/v7',
    'linux/armel': 'linux/arm/v6',
    'linux/arm/v6': 'linux/arm/v6',
    'macos/arm64': 'darwin/arm64',
    'windows/amd64': 'windows/amd64',
    'linux/riscv64': 'linux/riscv64',
    ' linux/s390x ': 'linux/s390x',
    'unknown/unknown': 'unknown/unknown',
    'linux/constructor': 'linux/constructor',
  };
  for (const [text, expected] of Object.entries(spellings)) {
    it(`reads ${text} as ${expected}`, () => assert.equal(formatPlatform(parsePlatform(text)), expected));
  }

  it('refuses what is no platform', () => {
    for (const text of [
      '',
      'linux',
      '/',
      'linux/',
      '/amd64',
      'linux//v8',
      'linux/arm64/v8/x',
      'linux/a b',
      '-x/amd64',
      'linux/amd64\n,x',
      'a,b/c',
    ]) {
      assert.throws(
        () => parsePlatform(text),
        (error) =>
          error instanceof CoreError &&
          error.kind === 'invalidInput' &&
          error.details.reason === 'badPlatform',
        text,
      );
    }
  });

  it('reads back what formatPlatform wrote', () => {
    const name = fc.constantFrom('linux', 'darwin', 'arm64', 'amd64', '386', 'x.y_z');
    const variant = fc.option(fc.constantFrom('v6', 'v8'), { nil: undefined });
    fc.assert(
      fc.property(name, name, variant, (os, architecture, chosen) => {
        const platform = { os, architecture, ...(chosen && { variant: chosen }) };
        assert.deepEqual(parsePlatform(formatPlatform(platform)), platform);
      }),
    );
  });
});

describe('isUnknownPlatform', () => {
  it('is true only for what BuildKit gives attestations', () => {
    assert.ok(isUnknownPlatform(parsePlatform('unknown/unknown')));
    assert.ok(!isUnknownPlatform(parsePlatform('linux/unknown')) && !isUnknownPlatform(undefined));
  });
});
