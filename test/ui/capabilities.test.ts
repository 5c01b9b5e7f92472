/** What a registry and a repository can do, shown on demand, with what is missing. */
import * as assert from 'node:assert/strict';
import { pushSample, sampleImage } from '../support/sampleImage.ts';
import { startDistribution } from '../support/servers/distribution.ts';
import type { TestServer } from '../support/servers/startProcess.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { useWorkbench } from './useWorkbench.ts';

describe('Show Registry Capabilities', () => {
  const stack = new AsyncDisposableStack();
  let registry: TestServer;

  before('a registry where nothing can be deleted', async () => {
    registry = stack.use(await startDistribution({ deleteEnabled: false }));
    await using connection = new TestConnection(registry.url);
    await pushSample(connection.client, 'team/app', sampleImage(), 'v1', 'v2');
  });
  after(() => stack.disposeAsync());

  const settings = () => ({
    'berth.connections': [{ name: 'Registry', url: registry.url, auth: 'anonymous' }],
  });
  const suite = useWorkbench(() => ({ settings: settings() }));

  it('finds out what a repository can do, and names the setting that is missing', async () => {
    const { workbench } = suite();
    await workbench.showContainer('Berth');
    const item = await workbench.view('Registries').item('Registry', 'team', 'app');
    await item.choose('Show Registry Capabilities');
    const panel = workbench.panel(/^Capabilities: .*team\/app/);
    await panel.waitFor();
    const line = (name: string) => panel.content.locator(`[data-capability="${name}"]`);
    await line('deleteByDigest').getByText('REGISTRY_STORAGE_DELETE_ENABLED=true').waitFor();
    await line('range').getByRole('heading', { name: 'Read parts of a layer: Yes' }).waitFor();
    await panel.content.getByRole('button', { name: 'Check Again' }).waitFor();
    assert.match(await line('deleteByDigest').innerText(), /DELETE \/v2\/team\/app\/manifests\/sha256:.*405/);
    await workbench.shot('capabilities');
  });

  it('tries mounting when it is asked to, and then shows that it works', async () => {
    const { workbench } = suite();
    const panel = workbench.panel(/^Capabilities: .*team\/app/);
    await panel.content.getByRole('button', { name: 'Check Mounting' }).click();
    await panel.content.getByRole('heading', { name: /^Mount layers.*: Yes/ }).waitFor();
  });

  it('copies it all as text', async () => {
    const { workbench } = suite();
    await workbench
      .panel(/^Capabilities: .*team\/app/)
      .content.getByRole('button', { name: 'Copy as Text' })
      .click();
    let text = '';
    while (text === '') text = await workbench.clipboard();
    assert.match(text, /^- Delete an image by digest: No\./m);
    assert.match(text, /^- List the repositories: Yes\./m);
  });

  it('shows a registry from the palette, and leads on to one of its repositories', async () => {
    const { workbench, server } = suite();
    await server.writeSettings({ ...settings(), 'workbench.colorTheme': 'Default Dark Modern' });
    await workbench.runCommand('Berth: Show Registry Capabilities');
    const panel = workbench.panel(/^Capabilities: 127\.0\.0\.1:\d+$/);
    await panel.waitFor();
    await panel.content.getByRole('heading', { name: 'List the repositories: Yes' }).waitFor();
    await panel.content.getByRole('button', { name: 'Check a Repository…' }).click();
    await workbench.quickInput.pick('team/app');
    await workbench.panel(/^Capabilities: .*team\/app/).waitFor();
    await workbench.shot('capabilities-dark');
    await workbench.resizeSidebar(720);
    await workbench.shot('capabilities-narrow');
    await workbench.resizeSidebar(300);
  });

  it('comes back after the window was reloaded, and asks nothing by itself', async () => {
    const { workbench } = suite();
    await workbench.reload();
    const panel = workbench.panel(/^Capabilities: .*team\/app/);
    await panel.content.getByText('Not checked yet').first().waitFor();
    await panel.content.getByRole('button', { name: 'Check Again' }).click();
    await panel.content.getByRole('heading', { name: 'Read parts of a layer: Yes' }).waitFor();
  });
});
