/** What Verify Signature says: "verified" only where it was, and in every case what was and was not proven. */
import * as assert from 'node:assert/strict';
import { wordVerification } from '../../src/commands/referrers/wordVerification.ts';
import type { CheckedSignature } from '../../src/core/trust/CheckedSignature.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}` as const;
const OTHER = `sha256:${'cd'.repeat(32)}` as const;

function checked(
  outcome: CheckedSignature['outcome'],
  more: Partial<CheckedSignature> = {},
  kind: 'signature' | 'sbom' = 'signature',
): CheckedSignature {
  const descriptor = { mediaType: 'application/x', digest: DIGEST, sizeInBytes: 1 };
  const attachment = { descriptor, subject: DIGEST, foundIn: ['cosignTag'] as const };
  return { document: { kind, format: 'SPDX', type: 'x', attachment, position: 0 }, outcome, ...more };
}

const word = (...results: CheckedSignature[]) =>
  wordVerification(
    'team/app:1',
    { keyName: 'cosign.pub', fingerprint: 'SHA256:abc', checked: results },
    'registry.example/team/app',
  );

describe('The result of a verification in words', () => {
  it('says Verified only where a signature was verified, and names the key with its fingerprint', () => {
    const good = word(checked('keyMismatch'), checked('verified'));
    assert.equal(good.text, 'Verified: team/app:1 is signed with cosign.pub (SHA256:abc).');
    assert.equal(good.isGood, true);
    const outcomes = ['otherDigest', 'keyMismatch', 'keyless', 'notChecked', 'unreadable'] as const;
    for (const outcome of outcomes) {
      const { text, isGood } = word(checked(outcome));
      assert.match(text, /^Not verified: /, outcome);
      assert.equal(isGood, false);
    }
    assert.match(word().text, /has no signature: nothing was verified/);
  });

  it('tells the digest a signature is for, and a name that is not the one here', () => {
    assert.match(
      word(checked('otherDigest', { signedDigest: OTHER })).text,
      /another digest \(cdcdcdcdcdcd\)/,
    );
    const elsewhere = word(checked('verified', { dockerReference: 'other.example/app' }));
    assert.match(elsewhere.text, /signed under another name: other\.example\/app/);
    const here = word(checked('verified', { dockerReference: 'registry.example/team/app' }));
    assert.doesNotMatch(here.text, /another name/);
  });

  it('does not take a signed SBOM for a signed image', () => {
    const { text } = word(checked('verified', {}, 'sbom'));
    assert.equal(
      text,
      'Verified: what is attached to team/app:1 is signed with cosign.pub (SHA256:abc): SBOM (SPDX).',
    );
  });

  it('sends who has a keyless signature to the tool that checks it', () => {
    assert.match(word(checked('keyless')).text, /asks no transparency log; use cosign verify/);
  });
});
