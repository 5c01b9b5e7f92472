/** Where the bytes of an image are, in the panel of a real window: analyzed when asked, known after a reload, files opened. */
import * as assert from 'node:assert/strict';
import { buildImage, buildLayer } from '../../scripts/samples/buildImage.ts';
import { buildIndex } from '../../scripts/samples/buildIndex.ts';
import { pushBuilt } from '../../scripts/samples/pushBuilt.ts';
import { startDistribution } from '../support/servers/distribution.ts';
import type { TestServer } from '../support/servers/startProcess.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { useWorkbench } from './useWorkbench.ts';

const lines = (text: string, count: number): string =>
  Array.from({ length: count }, (_, line) => `${text} ${line}\n`).join('');
const base = buildLayer([
  { path: 'etc/' },
  { path: 'etc/services', content: lines('service', 3_000) },
  { path: 'usr/' },
  { path: 'usr/lib/' },
  { path: 'usr/lib/libbig.so', content: lines('code', 60_000) },
  { path: 'usr/lib/libsmall.so', content: lines('code', 9_000) },
  { path: 'usr/bin/' },
  { path: 'usr/bin/tool', content: lines('tool', 30_000) },
]);
const cache = buildLayer([
  { path: 'var/' },
  { path: 'var/cache/' },
  { path: 'var/cache/lists', content: lines('package', 25_000) },
]);
const cleaned = buildLayer([
  { path: 'etc/' },
  { path: 'etc/services', content: lines('service', 3_100) },
  { path: 'var/' },
  { path: 'var/cache/' },
  { path: 'var/cache/.wh.lists' },
]);
const app = buildLayer([{ path: 'app/' }, { path: 'app/main.py', content: lines('print("hello")', 2_000) }]);

const imageOf = (architecture: string, layers: readonly (readonly [string, typeof base])[]) =>
  buildImage({
    platform: { os: 'linux', architecture },
    createdAt: new Date('2026-01-02T03:04:05Z'),
    steps: layers.map(([createdBy, layer]) => ({ createdBy, layer })),
  });

describe('Space in the panel of an image', () => {
  const stack = new AsyncDisposableStack();
  let registry: TestServer;

  before('a registry with an image of two platforms', async () => {
    registry = stack.use(await startDistribution());
    await using connection = new TestConnection(registry.url);
    const steps = [
      ['ADD rootfs.tar /', base],
      ['RUN apt-get update', cache],
      ['RUN apt-get clean', cleaned],
      ['COPY app /app', app],
    ] as const;
    const index = buildIndex([imageOf('amd64', steps), imageOf('arm64', steps.slice(0, 2))]);
    await pushBuilt(connection.client, 'team/web', index, ['1.0'], AbortSignal.timeout(60_000));
  });
  after(() => stack.disposeAsync());

  const suite = useWorkbench(() => ({
    settings: { 'berth.connections': [{ name: 'Here', url: registry.url, auth: 'anonymous' }] },
  }));

  it('analyzes the layers when asked: true sizes, what is hidden, the paths that waste most, the biggest files', async () => {
    const { workbench } = suite();
    await workbench.showContainer('Berth');
    const tag = await workbench.view('Registries').item('Here', 'team', 'web', '1.0');
    await tag.choose('Inspect Manifest');
    const { content } = workbench.panel(/web:1\.0/);
    await content.getByRole('button', { name: /^Analyze Layers \(.+B\)$/ }).click();
    const paths = content.getByRole('table', { name: /Most Wasteful Paths/ });
    await paths.getByText('/var/cache/lists').waitFor();
    const layers = content.getByRole('table', { name: /Layers/ });
    assert.match(await layers.getByRole('row').nth(3).innerText(), /RUN apt-get clean[^]*true size, hides/);
    await content.getByRole('heading', { name: 'Layers' }).scrollIntoViewIfNeeded();
    await workbench.shot('image-space');
  });

  it('goes into a folder of the map and opens a file of the image', async () => {
    const { workbench } = suite();
    const { content } = workbench.panel(/web:1\.0/);
    await content.getByRole('button', { name: /^Folder \/app,/ }).focus();
    await workbench.page.keyboard.press('Enter');
    await content.getByRole('group', { name: /^Biggest files in \/app\./ }).waitFor();
    await content.getByRole('button', { name: /^\/app\/main\.py,/ }).focus();
    await workbench.page.keyboard.press('Enter');
    await workbench.editor(/main\.py/).waitFor();
    await workbench.page.getByText('print("hello") 0').waitFor();
    await workbench.statusItem('Python').waitFor();
    await workbench.shot('image-space-file');
  });

  it('knows another platform of the same layers, and all of it after a reload, without asking', async () => {
    const { workbench } = suite();
    await workbench.runCommand('View: Close All Editors');
    const tag = await workbench.view('Registries').item('Here', 'team', 'web', '1.0');
    await tag.choose('Inspect Manifest');
    const { content } = workbench.panel(/web:1\.0/);
    await content.getByRole('button', { name: 'linux/arm64' }).click();
    await content.getByText('No path is stored in more than one layer.').waitFor();
    await workbench.reload();
    const panel = workbench.panel(/web:1\.0/);
    await panel.waitFor();
    await panel.content.getByText('No path is stored in more than one layer.').waitFor();
  });
});
