import assert from 'node:assert/strict';
import { isHtmlResponse } from '../../../../src/core/registry/transport/isHtmlResponse.ts';

describe('isHtmlResponse', () => {
  it('believes the content type, and looks at the body where there is none', () => {
    assert.equal(isHtmlResponse({ headers: { 'content-type': 'text/HTML; charset=utf-8' } }), true);
    assert.equal(
      isHtmlResponse({ headers: { 'content-type': 'application/json' } }, Buffer.from('<html>')),
      false,
    );
    assert.equal(isHtmlResponse({ headers: {} }, Buffer.from('\n <!DOCTYPE html><p>')), true);
    assert.equal(isHtmlResponse({ headers: {} }, Buffer.from('{"tags":[]}')), false);
    assert.equal(isHtmlResponse({ headers: {} }), false);
  });
});
