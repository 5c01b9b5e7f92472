/** The extension as VS Code sees it: it activates, and package.json and the code name the same commands. */
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';

interface Manifest {
  readonly contributes: { readonly commands: readonly { readonly command: string }[] };
}

describe('Berth in an extension host', () => {
  const extension = vscode.extensions.getExtension<unknown>('berth.berth');

  before(async () => {
    assert.ok(extension, 'VS Code knows the extension');
    await extension.activate();
  });

  it('activates', () => {
    assert.equal(extension?.isActive, true);
  });

  it('registers the commands package.json contributes, and no others', async () => {
    const { contributes } = extension?.packageJSON as Manifest;
    const contributed = contributes.commands.map(({ command }) => command).sort();
    const registered = (await vscode.commands.getCommands(true))
      .filter((id) => id.startsWith('berth.'))
      // VS Code makes these for every view and container.
      .filter((id) => !/^berth\.\w+\.(focus|open|removeView|resetViewLocation|toggleVisibility)$/.test(id))
      .sort();
    assert.deepEqual(registered, contributed);
  });
});
