import assert from 'node:assert/strict';
import { CoreError, isCoreError } from '../../../src/core/common/CoreError.ts';

describe('CoreError', () => {
  it('carries kind, details and cause beside the message', () => {
    const cause = new Error('inner');
    const error = new CoreError('tls', 'outer', { host: 'x.io' }, cause);
    assert.ok(error instanceof Error);
    assert.deepEqual(
      [error.name, error.message, error.kind, error.details, error.cause],
      ['CoreError', 'outer', 'tls', { host: 'x.io' }, cause],
    );
  });

  it('has no cause and no details where none were given', () => {
    const error = new CoreError('timeout', 'late');
    assert.equal(Object.hasOwn(error, 'cause'), false);
    assert.deepEqual(error.details, {});
  });
});

describe('isCoreError', () => {
  it('narrows by kind', () => {
    const error: unknown = new CoreError('notFound', 'x');
    assert.ok(isCoreError(error) && isCoreError(error, 'notFound') && isCoreError(error, 'tls', 'notFound'));
    assert.ok(!isCoreError(error, 'tls'));
  });

  it('is false for everything else', () => {
    for (const value of [new Error('x'), undefined, null, 'x', { kind: 'tls', details: {} }])
      assert.equal(isCoreError(value), false);
  });
});
