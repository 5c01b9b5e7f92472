import assert from 'node:assert/strict';
import {
  isHostMessage,
  tryParsePanelState,
  tryParseWebviewMessage,
} from '../../../../src/panels/manifest/manifestPanelProtocol.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;

describe('messages from the manifest panel', () => {
  const good = [
    { type: 'ready' },
    { type: 'reload' },
    { type: 'selectPlatform', digest: DIGEST },
    { type: 'copy', subject: 'pullCommand' },
    { type: 'copyText', text: 'NODE_ENV' },
    { type: 'openRaw', document: 'config' },
    { type: 'openDigest', digest: DIGEST },
    { type: 'runAction', id: 'signIn' },
    { type: 'loadSection', name: 'sizeTrend' },
    { type: 'openAttached', id: `${DIGEST}#0`, as: 'decoded' },
    { type: 'verify' },
    { type: 'openBase' },
    { type: 'openTag', tag: 'v1' },
  ];
  for (const message of good) {
    it(`are obeyed: ${message.type}`, () => {
      assert.deepEqual(tryParseWebviewMessage(message), message);
    });
  }

  const bad: readonly (readonly [why: string, message: unknown])[] = [
    ['nothing', undefined],
    ['a text', 'ready'],
    ['an unknown type', { type: 'evaluate', code: '1' }],
    ['more than the message has', { type: 'ready', connectionId: 'x' }],
    ['a digest that is none', { type: 'selectPlatform', digest: '../../../etc' }],
    ['an unknown document', { type: 'openRaw', document: 'layers' }],
    ['an unknown section', { type: 'loadSection', name: 'constructor' }],
    ['a way to open that is none', { type: 'openAttached', id: 'x', as: 'https://example.com' }],
    ['a text without end', { type: 'copyText', text: 'x'.repeat(2 ** 20 + 1) }],
  ];
  for (const [why, message] of bad) {
    it(`are refused: ${why}`, () => {
      assert.equal(tryParseWebviewMessage(message), undefined);
    });
  }
});

describe('the state a manifest panel keeps', () => {
  const request = { connectionId: 'c', repository: 'r', reference: 't', title: 'r:t' };

  it('is read again, without what only the page needs', () => {
    assert.deepEqual(tryParsePanelState({ request, platformDigest: DIGEST, scrollY: 12, expanded: [] }), {
      request,
      platformDigest: DIGEST,
    });
    assert.deepEqual(tryParsePanelState({ request }), { request });
  });

  it('is refused where it is not complete', () => {
    assert.equal(tryParsePanelState(undefined), undefined);
    assert.equal(tryParsePanelState({ request: { ...request, repository: '' } }), undefined);
    assert.equal(tryParsePanelState({ request, platformDigest: 'amd64' }), undefined);
  });
});

describe('messages to the manifest panel', () => {
  it('are told from those that VS Code itself posts', () => {
    assert.equal(isHostMessage({ type: 'loading' }), true);
    assert.equal(isHostMessage({ command: 'setTheme' }), false);
    assert.equal(isHostMessage(null), false);
  });
});
