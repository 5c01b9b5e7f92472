import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CoreError } from '../../../src/core/common/CoreError.ts';
import {
  digestAlgorithm,
  digestOf,
  isDigest,
  parseDigest,
  shortDigest,
} from '../../../src/core/oci/digest.ts';

describe('digests', () => {
  it('are accepted only in an algorithm we can verify, lower case and whole', () => {
    assert.ok(isDigest(`sha256:${'a'.repeat(64)}`) && isDigest(`sha512:${'0'.repeat(128)}`));
    const hex = 'a'.repeat(64);
    for (const text of [
      '',
      'sha256',
      `sha256:${hex}a`,
      `sha256:${hex.slice(1)}`,
      `SHA256:${hex}`,
      `sha256:${hex.toUpperCase()}`,
      `sha512:${hex}`,
      `md5:${hex}`,
      `constructor:${hex}`,
      `sha256:${hex}\n`,
      ` sha256:${hex}`,
      `sha256:${hex.slice(2)}/.`,
    ]) {
      assert.equal(isDigest(text), false, text);
      assert.throws(() => parseDigest(text), CoreError);
    }
  });

  it('of bytes are digests', () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        (bytes) => isDigest(digestOf(bytes)) && isDigest(digestOf(bytes, 'sha512')),
      ),
    );
    assert.equal(
      digestOf(Buffer.from('')),
      'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    assert.equal(digestAlgorithm(digestOf(Buffer.from(''), 'sha512')), 'sha512');
  });

  it('are quoted by their first characters', () => {
    assert.equal(shortDigest(`sha256:0123456789abcdef`), '0123456789ab');
    assert.equal(shortDigest('0123456789abcdef', 4), '0123');
  });
});
