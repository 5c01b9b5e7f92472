import assert from 'node:assert/strict';
import { isAttachmentTag } from '../../../src/core/oci/attachmentTag.ts';

describe('isAttachmentTag', () => {
  const hex = 'a1'.repeat(32);

  it('holds for the tags of cosign and of the referrers fallback', () => {
    for (const tag of [
      `sha256-${hex}`,
      `sha256-${hex}.sig`,
      `sha256-${hex}.att`,
      `sha256-${hex}.sbom`,
      `sha512-${hex}`,
    ]) {
      assert.ok(isAttachmentTag(tag), tag);
    }
  });

  it('leaves every other tag alone', () => {
    for (const tag of [
      'latest',
      'sha256-abc',
      `sha256-${hex}.zip`,
      `sha256-${hex}-1`,
      `v1-sha256-${hex}`,
      `sha256-${hex.toUpperCase()}`,
    ]) {
      assert.ok(!isAttachmentTag(tag), tag);
    }
  });
});
