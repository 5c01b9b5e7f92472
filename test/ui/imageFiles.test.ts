/** Looking into images of a real registry: tree, editors, search, one layer alone. */
import * as assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildImage, buildLayer } from '../../scripts/samples/buildImage.ts';
import { pushBuilt } from '../../scripts/samples/pushBuilt.ts';
import { startDistribution } from '../support/servers/distribution.ts';
import type { TestServer } from '../support/servers/startProcess.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { useWorkbench } from './useWorkbench.ts';

const base = buildLayer([
  { path: 'etc/' },
  { path: 'etc/os-release', content: 'NAME="Berth Linux"\nVERSION_ID=1\n' },
  { path: 'etc/motd', content: 'welcome\n' },
  { path: 'usr/' },
  { path: 'usr/lib/' },
  { path: 'usr/lib/app/' },
  { path: 'usr/lib/app/server.py', content: 'print("hello from the image")\n' },
  { path: 'lib', linkTo: 'usr/lib' },
]);
const top = buildLayer([
  { path: 'etc/' },
  { path: 'etc/os-release', content: 'NAME="Berth Linux"\nVERSION_ID=2\n' },
  { path: 'etc/.wh.motd' },
  { path: 'srv/' },
  { path: 'srv/data.json', content: '{ "answer": 42 }\n' },
]);
const image = buildImage({
  platform: { os: 'linux', architecture: 'amd64' },
  createdAt: new Date('2026-01-02T03:04:05Z'),
  steps: [
    { createdBy: 'ADD rootfs.tar /', layer: base },
    { createdBy: 'RUN upgrade', layer: top },
  ],
});

describe('The Image Files view', () => {
  const stack = new AsyncDisposableStack();
  let registry: TestServer;

  before('a registry with an image', async () => {
    registry = stack.use(await startDistribution());
    await using connection = new TestConnection(registry.url);
    await pushBuilt(connection.client, 'team/app', image, ['1.0'], AbortSignal.timeout(60_000));
  });
  after(() => stack.disposeAsync());

  const suite = useWorkbench(() => ({
    settings: { 'berth.connections': [{ name: 'Here', url: registry.url, auth: 'anonymous' }] },
  }));

  it('opens the file system of a tag, with layers merged and no pull', async () => {
    const { workbench } = suite();
    await workbench.showContainer('Berth');
    await workbench.view('Local Images').close();
    const tag = await workbench.view('Registries').item('Here', 'team', 'app', '1.0');
    await tag.choose('Browse Files');
    const files = workbench.view('Image Files');
    const release = await files.item('app:1.0', 'etc', 'os-release');
    assert.deepEqual(await files.labels(), ['app:1.0', 'etc', 'os-release', 'lib', 'srv', 'usr']);
    await release.select();
    const editor = workbench.editor(/os-release/);
    await editor.waitFor();
    await workbench.page.getByText('VERSION_ID=2').waitFor();
    await workbench.shot('image-files');
  });

  it('opens a file behind a link in its language, and finds one by a part of its name', async () => {
    const { workbench } = suite();
    const files = workbench.view('Image Files');
    await (await files.item('app:1.0', 'lib', 'app', 'server.py')).select();
    await workbench.page.getByText('hello from the image').waitFor();
    await workbench.statusItem('Python').waitFor();
    await (await files.item('app:1.0')).choose('Find File in Image…');
    await workbench.quickInput.type('data');
    await workbench.quickInput.option(/data\.json/).waitFor();
    await workbench.shot('image-files-find');
    await workbench.quickInput.accept();
    await workbench.editor(/data\.json/).waitFor();
  });

  it('shows what one layer added, changed and deleted', async () => {
    const { workbench } = suite();
    const registries = workbench.view('Registries');
    const layer = await registries.item(
      'Here',
      'team',
      'app',
      '1.0',
      'Layers',
      top.descriptor.digest.slice(7, 19),
    );
    const files = workbench.view('Image Files');
    await files.close();
    await layer.choose('Browse Files');
    // Also in a view that was folded it is chosen and opened.
    const root = await files.item('app:1.0, layer 2');
    await root.row.and(workbench.page.locator('[aria-expanded="true"][aria-selected="true"]')).waitFor();
    const motd = await files.item('app:1.0, layer 2', 'etc', 'motd');
    assert.match(await motd.accessibleName(), /Deleted by this layer/);
    await (await files.item('app:1.0, layer 2', 'etc', 'os-release')).select();
    await workbench.editor(/changed by layer 2/).waitFor();
    await workbench.page.getByText('VERSION_ID=1').waitFor();
    await workbench.shot('image-files-layer');
    await (await files.item('app:1.0, layer 2')).choose('Close Image Files');
  });

  it('saves a file and a folder to the disk', async () => {
    const { workbench, workspace } = suite();
    // The whole tree in sight, whatever was scrolled to before.
    await workbench.view('Registries').close();
    const files = workbench.view('Image Files');
    await (await files.item('app:1.0', 'etc', 'os-release')).choose('Save File…');
    await workbench.quickInput.answerFileDialog('Save File', join(workspace, 'saved-release'));
    const saveFolder = async () => {
      await (await files.item('app:1.0', 'srv')).choose('Save Folder…');
      await workbench.quickInput.answerFileDialog('Save Folder', `${workspace}/`);
      await workbench.notification(/Saved 1 file to/).waitFor(10_000);
    };
    const activity = workbench.view('Activity');
    await saveFolder().catch(async (error: unknown) => {
      // The browser's stand-in for a file dialog was once seen to close unanswered: then nothing has begun.
      await activity.open();
      if ((await activity.labels()).includes('Save srv')) throw error;
      await saveFolder();
    });
    await workbench.shot('image-files-saved');
    await (await activity.item('Save os-release')).waitForDescription(/saved-release/);
    assert.match(await readFile(join(workspace, 'saved-release'), 'utf8'), /VERSION_ID=2/);
    assert.match(await readFile(join(workspace, 'srv/data.json'), 'utf8'), /42/);
  });
});
