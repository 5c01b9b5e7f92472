/** Images of a real registry and a real engine compared in a real window: panel, diff editors, platforms, the Dockerfile's base. */
import * as assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildImage, buildLayer } from '../../scripts/samples/buildImage.ts';
import { pushBuilt } from '../../scripts/samples/pushBuilt.ts';
import { buildIndex } from '../../scripts/samples/buildIndex.ts';
import { useDockerEngine } from '../support/dockerEngine.ts';
import { startDistribution } from '../support/servers/distribution.ts';
import type { TestServer } from '../support/servers/startProcess.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { useWorkbench } from './useWorkbench.ts';

const base = buildLayer([
  { path: 'etc/' },
  { path: 'etc/os-release', content: 'NAME="Berth Linux"\nVERSION_ID=1\n' },
]);
const dpkg = (version: string, extra = '') =>
  `Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n${extra}`;
const layerOf = (version: string, status: string, more: Parameters<typeof buildLayer>[0]) =>
  buildLayer([
    { path: 'app/' },
    { path: 'app/server.py', content: `print("version ${version}")\n` },
    { path: 'var/lib/dpkg/status', content: status },
    ...more,
  ]);
const imageOf = (version: string, layer: ReturnType<typeof buildLayer>, architecture = 'amd64') =>
  buildImage({
    platform: { os: 'linux', architecture },
    createdAt: new Date('2026-01-02T03:04:05Z'),
    config: { Env: ['PATH=/bin', `VERSION=${version}`], Labels: { version }, Cmd: ['python', 'server.py'] },
    steps: [
      { createdBy: 'ADD rootfs.tar /', layer: base },
      { createdBy: `RUN install ${version}`, layer },
    ],
  });
const curl = '\nPackage: curl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 8.0\n';
const files = Array.from({ length: 3000 }, (_, index) => ({
  path: `usr/share/doc/${index}.txt`,
  content: 'x',
}));
const one = imageOf('1.0', layerOf('1.0', dpkg('2.36-9'), [{ path: 'app/old.txt', content: 'old\n' }]));
const two = imageOf('2.0', layerOf('2.0', dpkg('2.36-10', curl), files));

const platformsOf = (version: string) =>
  buildIndex(
    ['amd64', 'arm64'].map((architecture) =>
      imageOf(version, layerOf(`${version} on ${architecture}`, dpkg('1'), []), architecture),
    ),
  );

const ONE_AND_TWO = /^app:1\.0 ↔ app:2\.0/;

describe('Comparing two images', () => {
  const stack = new AsyncDisposableStack();
  const engine = useDockerEngine();
  let registry: TestServer;

  before('a registry with two versions of an image', async () => {
    registry = stack.use(await startDistribution());
    await using connection = new TestConnection(registry.url);
    const signal = AbortSignal.timeout(60_000);
    await pushBuilt(connection.client, 'team/app', one, ['1.0', 'stable'], signal);
    await pushBuilt(connection.client, 'team/app', two, ['2.0'], signal);
    for (const version of ['1.0', '2.0']) {
      await pushBuilt(connection.client, 'team/multi', platformsOf(version), [version], signal);
    }
  });
  before('two versions of an image in the engine, one of them also in the registry', async function () {
    this.timeout(60_000);
    const { docker, folder } = engine();
    for (const version of ['1', '2']) {
      const context = join(folder, `local-${version}`);
      await mkdir(join(context, 'app'), { recursive: true });
      await writeFile(join(context, 'app/main.py'), `print("local ${version}")\n`);
      await writeFile(join(context, 'Dockerfile'), 'FROM scratch\nCOPY app /app\nCMD ["/app/main.py"]\n');
      await docker('build', '--quiet', '--tag', `local:${version}`, context);
    }
    const pushed = `${new URL(registry.url).host}/team/local:1`;
    await docker('tag', 'local:1', pushed);
    await docker('push', '--quiet', pushed);
    await docker('rmi', pushed);
  });
  after(() => stack.disposeAsync());

  const suite = useWorkbench(() => ({
    env: engine().env,
    settings: {
      'berth.connections': [{ name: 'Here', url: registry.url, auth: 'anonymous' }],
      'workbench.colorTheme': 'Default Dark Modern',
    },
    files: {
      Dockerfile: `ARG TAG=1.0\nFROM ${new URL(registry.url).host}/team/app:$TAG\n`,
    },
  }));

  async function choose(tag: string, title: string, repository = 'app'): Promise<void> {
    const item = await suite().workbench.view('Registries').item('Here', 'team', repository, tag);
    await item.choose(title);
  }

  it('shows what differs in one panel, and reads the layer that differs only', async () => {
    const { workbench } = suite();
    await workbench.showContainer('Berth');
    await choose('1.0', 'Select for Compare');
    await choose('2.0', 'Compare with Selected');
    const panel = workbench.panel(ONE_AND_TWO);
    await panel.waitFor();
    const { content } = panel;
    await content
      .getByRole('table', { name: /Environment/ })
      .getByText('VERSION')
      .waitFor();
    for (const part of ['History', 'Layers']) {
      const steps = content.getByRole('region', { name: part }).getByRole('listitem');
      await steps.filter({ hasText: 'RUN install 2.0' }).waitFor();
    }
    await content.getByText('Layers that both images share were not read (1)', { exact: false }).waitFor();
    await content.getByRole('button', { name: 'Open /app/server.py' }).waitFor();
    await content
      .getByRole('table', { name: /Packages/ })
      .getByText('2.36-10')
      .waitFor();
    await workbench.shot('compare');
  });

  it('is exact once the shared layers are read, and lists thousands of files', async () => {
    const { workbench } = suite();
    const { content } = workbench.panel(ONE_AND_TWO);
    await content.getByRole('button', { name: /^Read Shared Layers/ }).click();
    await content.getByText('were not read', { exact: false }).waitFor({ state: 'detached' });
    const list = content.getByRole('rowgroup', { name: 'Files' });
    await list.getByText('/app/old.txt').waitFor();
    await list.focus();
    await list.press('End');
    await list.getByText('/var/lib/dpkg/status').waitFor();
    await content.getByRole('searchbox', { name: 'Filter by path' }).fill('doc 2999');
    await list.getByText('/usr/share/doc/2999.txt').waitFor();
    await workbench.shot('compare-files');
    await content.getByRole('searchbox', { name: 'Filter by path' }).fill('');
    await list.getByText('/app/server.py').waitFor();
  });

  it('shows the files by their folders, walked with the keyboard, until they are wanted as a list', async () => {
    const { workbench } = suite();
    const { content } = workbench.panel(ONE_AND_TWO);
    await content.getByRole('button', { name: 'View as Tree' }).click();
    const list = content.getByRole('rowgroup', { name: 'Files' });
    const folder = list.getByRole('row').filter({ hasText: 'usr/share/doc' });
    await folder.and(content.locator('[aria-expanded="true"]')).waitFor();
    await workbench.shot('compare-tree');
    await list.focus();
    // Into the folder, out of it again, and closed.
    await list.press('Home');
    await list.press('ArrowRight');
    await list.press('ArrowLeft');
    await list.press('ArrowLeft');
    await list.getByRole('row').first().and(content.locator('[aria-expanded="false"]')).waitFor();
    await folder.click();
    await folder.and(content.locator('[aria-expanded="false"]')).waitFor();
    await list.getByText('status').waitFor();
    await content.getByRole('button', { name: 'View as List' }).click();
    await list.getByText('/var/lib/dpkg/status').waitFor({ state: 'detached' });
    await content.getByRole('button', { name: 'Open /app/server.py' }).waitFor();
  });

  it('opens a changed file in the diff editor, and all of them in the multi-diff editor', async () => {
    const { workbench } = suite();
    const panel = workbench.panel(ONE_AND_TWO);
    await panel.content.getByRole('button', { name: 'Open /app/server.py' }).click();
    await workbench.editor(/^server\.py \(app:1\.0 ↔ app:2\.0\)/).waitFor();
    const diff = workbench.page.locator('.monaco-diff-editor');
    await diff.getByText('version 1.0').first().waitFor();
    await diff.getByText('version 2.0').first().waitFor();
    await workbench.shot('compare-diff');
    await workbench.editor(/^server\.py/).close();
    await panel.waitFor();
    await panel.content.getByRole('button', { name: 'Open All Changes' }).click();
    const all = workbench.editor(/^Changes from app:1\.0 to app:2\.0/);
    await all.waitFor();
    await workbench.page.getByText('version 2.0').first().waitFor();
    await workbench.shot('compare-all');
    await all.close();
  });

  it('swaps the sides, and says when both names are one image', async () => {
    const { workbench } = suite();
    const panel = workbench.panel(ONE_AND_TWO);
    await panel.content.getByRole('button', { name: 'Swap Sides' }).click();
    await workbench.panel(/^app:2\.0 ↔ app:1\.0/).waitFor();
    await choose('stable', 'Compare with Selected');
    const same = workbench.panel(/^app:1\.0 ↔ app:stable/);
    await same.waitFor();
    await same.content.getByRole('heading', { name: 'Same image: equal digest' }).waitFor();
    await workbench.shot('compare-same');
  });

  it('compares another platform of both when it is chosen', async () => {
    const { workbench } = suite();
    await choose('1.0', 'Select for Compare', 'multi');
    await choose('2.0', 'Compare with Selected', 'multi');
    const panel = workbench.panel(/^multi:1\.0 ↔ multi:2\.0/);
    await panel.waitFor();
    const after = panel.content.getByRole('group', { name: 'After' });
    await after.getByText('linux/amd64').waitFor();
    const chooser = panel.content.locator('vscode-single-select');
    await chooser.click();
    await chooser.getByRole('option', { name: 'linux/arm64' }).click();
    await after.getByText('linux/arm64').waitFor();
    await panel.content.getByRole('button', { name: 'Open /app/server.py' }).click();
    await workbench.editor(/^server\.py \(multi:1\.0 ↔ multi:2\.0\)/).waitFor();
    const diff = workbench.page.locator('.monaco-diff-editor');
    await diff.getByText('version 2.0 on arm64').first().waitFor();
    await workbench.shot('compare-platform');
  });

  it('compares images of the engine with each other, and knows one that is in the registry too', async () => {
    const { workbench } = suite();
    await workbench.runCommand('View: Close All Editors');
    await workbench.view('Registries').close();
    const local = workbench.view('Local Images');
    await (await local.item('local', '1')).choose('Select for Compare');
    await (await local.item('local', '2')).choose('Compare with Selected');
    const panel = workbench.panel(/^local:1 ↔ local:2/);
    await panel.waitFor();
    await panel.content.getByText('0 shared, 1 only before, 1 only after.', { exact: false }).waitFor();
    await panel.content.getByRole('button', { name: 'Open /app/main.py' }).waitFor();
    await workbench.shot('compare-local');
    await panel.content.getByRole('button', { name: 'Open /app/main.py' }).click();
    await workbench.page.locator('.monaco-diff-editor').getByText('local 2').first().waitFor();
    await workbench.runCommand('View: Close All Editors');
    await local.close();
    await workbench.view('Registries').open();
    await choose('1', 'Compare with Selected', 'local');
    const same = workbench.panel(/^local:1 ↔ local:1/);
    await same.waitFor();
    await same.content.getByRole('heading', { name: 'Same image: equal config' }).waitFor();
    await workbench.shot('compare-same-local');
  });

  it('compares with the image that the Dockerfile of the workspace begins with', async () => {
    const { workbench } = suite();
    await workbench.runCommand('View: Close All Editors');
    await choose('2.0', 'Compare with Base Image in Dockerfile');
    const panel = workbench.panel(ONE_AND_TWO);
    await panel.waitFor();
    await panel.content.getByRole('button', { name: 'Open /app/server.py' }).waitFor();
    assert.equal(await panel.content.getByRole('alert').count(), 0);
  });

  it('comes back with the window, and is readable in a light theme and a narrow editor', async () => {
    const { workbench, server } = suite();
    await server.writeSettings({
      'berth.connections': [{ name: 'Here', url: registry.url, auth: 'anonymous' }],
      'workbench.colorTheme': 'Default Light Modern',
    });
    await workbench.reload();
    const panel = workbench.panel(ONE_AND_TWO);
    await panel.waitFor();
    await panel.content.getByRole('button', { name: 'Open /app/server.py' }).waitFor();
    await workbench.shot('compare-light');
    await workbench.page.setViewportSize({ width: 760, height: 900 });
    await panel.content.getByRole('button', { name: 'Open /app/server.py' }).waitFor();
    await workbench.shot('compare-narrow');
  });
});
