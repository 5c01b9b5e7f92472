/** The extension as VS Code starts it. */
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';

describe('Berth in an extension host', () => {
  it('activates', async () => {
    const extension = vscode.extensions.getExtension<unknown>('berth.berth');
    assert.ok(extension, 'VS Code knows the extension');
    await extension.activate();
    assert.equal(extension.isActive, true);
  });
});
