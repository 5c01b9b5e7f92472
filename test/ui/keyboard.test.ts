/** Everything with the keyboard alone, several tags at once, and what a screen reader hears. */
import * as assert from 'node:assert/strict';
import { fillSamples } from '../../scripts/samples/fillSamples.ts';
import { startDistribution } from '../support/servers/distribution.ts';
import type { TestServer } from '../support/servers/startProcess.ts';
import { pushSample, sampleImage } from '../support/sampleImage.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { Menu } from '../support/workbench/Menu.ts';
import { useWorkbench } from './useWorkbench.ts';

describe('The keyboard and the palette', () => {
  const stack = new AsyncDisposableStack();
  let registry: TestServer;
  let other: TestServer;

  before('two registries', async () => {
    registry = stack.use(await startDistribution());
    other = stack.use(await startDistribution());
    await using connection = new TestConnection(registry.url);
    await fillSamples(connection.client, AbortSignal.timeout(60_000));
    await using second = new TestConnection(other.url);
    for (const tag of ['1.0', '1.1', '2.0']) {
      await pushSample(second.client, 'team/app', sampleImage({ layer: tag }), tag, `${tag}-alias`);
    }
  });
  after(() => stack.disposeAsync());

  const settings = () => ({
    'berth.connections': [
      { name: 'Samples', url: registry.url, auth: 'anonymous' },
      { name: 'Team', url: other.url, auth: 'anonymous' },
    ],
  });
  const suite = useWorkbench(() => ({ settings: settings() }));
  const registries = () => suite().workbench.view('Registries');
  const tags = ['Team', 'team', 'app'] as const;
  const press = async (...keys: string[]) => {
    for (const key of keys) await suite().workbench.page.keyboard.press(key);
  };
  /** The row the keyboard is on, once it is the one labelled `label`. */
  const focused = async (label: string) => {
    const row = registries().tree.locator('.monaco-list-row.focused');
    await row.and(suite().workbench.page.locator(`[aria-label^="${label}"]`)).waitFor();
    return row;
  };
  /** The status bar may still show what was copied before. */
  const clipboardToHold = async (text: string) => {
    const held = async () => (await suite().workbench.clipboard()) === text;
    for (let left = 50; left > 0 && !(await held()); left--) await suite().workbench.page.waitForTimeout(100);
    assert.equal(await suite().workbench.clipboard(), text);
  };
  const tagsOfTeam = async () => {
    await using connection = new TestConnection(other.url);
    const { items } = await connection.client.listTags('team/app', undefined, 100, connection.signal);
    return items.toSorted();
  };

  it('opens the view from the palette and walks down to a tag with the arrow keys', async () => {
    const { workbench } = suite();
    await workbench.page.getByRole('tab', { name: /^Berth/ }).waitFor();
    await workbench.runCommand('Berth: Focus on Registries View');
    await registries().item('Team');
    // The first time VS Code focused a view without rows.
    await workbench.runCommand('Berth: Focus on Registries View');
    await press('Home');
    await focused('Registry Samples');
    await press('ArrowDown');
    await focused('Registry Team');
    for (const next of ['Namespace team', 'Repository team/app', 'Tag 2.0']) {
      await press('ArrowRight');
      await registries().tree.locator(`[aria-label^="${next}"]`).first().waitFor();
      await press('ArrowRight');
      await focused(next);
    }
    await registries().tree.locator('[aria-label^="Tag 2.0, image"]').waitFor();
    await workbench.shot('keyboard-tag');
  });

  it('opens a tag with Enter', async () => {
    await press('Enter');
    const row = await focused('Tag 2.0');
    await row.and(suite().workbench.page.locator('[aria-expanded="true"]')).waitFor();
    await registries().item(...tags, '2.0', 'Layers');
    await press('ArrowLeft');
  });

  it('opens the context menu with its key and chooses from it', async () => {
    const { workbench } = suite();
    await press('Shift+F10');
    const menu = await Menu.opened(workbench.page);
    assert.ok((await menu.titles()).includes('Delete Tag…'));
    await menu.choose('Copy Pull Command');
    await workbench.statusItem(/Copied/).waitFor();
    assert.equal(await workbench.clipboard(), `docker pull ${other.host}/team/app:2.0`);
  });

  it('copies the reference with Ctrl+C', async () => {
    const { workbench } = suite();
    await focused('Tag 2.0');
    await press('ControlOrMeta+c');
    await workbench.statusItem(/Copied/).waitFor();
    await clipboardToHold(`${other.host}/team/app:2.0`);
  });

  it('asks with the whole plan on Delete, and Escape leaves everything as it was', async () => {
    const { workbench } = suite();
    const before = await tagsOfTeam();
    await press('Delete');
    await workbench.dialog.waitFor('Delete the tag "2.0" of team/app?');
    assert.match(await workbench.dialog.detail(), /Tags on the same image that stay: 2\.0-alias/);
    await workbench.shot('keyboard-delete');
    await press('Escape');
    await workbench.page.locator('.monaco-dialog-box').waitFor({ state: 'detached' });
    await focused('Tag 2.0');
    assert.deepEqual(await tagsOfTeam(), before);
    assert.ok((await registries().labels()).includes('2.0'));
  });

  it('copies and deletes several tags at once, with one plan for all', async () => {
    const { workbench } = suite();
    const first = await registries().item(...tags, '1.0');
    const second = await registries().item(...tags, '1.1');
    await first.select();
    await second.addToSelection();
    await press('ControlOrMeta+c');
    await clipboardToHold(`${other.host}/team/app:1.0\n${other.host}/team/app:1.1`);
    await workbench.statusItem('Copied 2 references').waitFor();
    const menu = await second.openContextMenu();
    assert.deepEqual(await menu.titles(), ['Pull Image…', 'Copy to…', 'Copy Reference', 'Delete Tag…']);
    await menu.choose('Delete Tag…');
    await workbench.dialog.waitFor('Delete 2 tags of team/app?');
    const detail = await workbench.dialog.detail();
    assert.match(detail, /1\.0 \([0-9a-f]+\), 1\.1 \([0-9a-f]+\)/);
    assert.match(detail, /that stay: 1\.0-alias, 1\.1-alias/);
    await workbench.shot('keyboard-delete-two');
    await workbench.dialog.click('Delete 2 Tags');
    await first.waitUntilGone();
    await second.waitUntilGone();
    await workbench.notification('Deleted 2 tags of team/app').dismiss();
    assert.deepEqual(await tagsOfTeam(), ['1.0-alias', '1.1-alias', '2.0', '2.0-alias']);
  });

  it('undoes a deletion from the Activity view', async () => {
    const { workbench } = suite();
    await workbench.view('Local Images').close();
    const entry = await workbench.view('Activity').item('Delete 2 tags of team/app');
    await entry.waitForDescription('now');
    await workbench.shot('activity-deleted');
    await entry.clickAction('Undo');
    await entry.waitForDescription(/^undone · now$/);
    await registries().item(...tags, '1.0');
    await registries().item(...tags, '1.1');
    await workbench.shot('activity-undone');
    assert.deepEqual(await tagsOfTeam(), ['1.0', '1.0-alias', '1.1', '1.1-alias', '2.0', '2.0-alias']);
    assert.match(await entry.accessibleName(), /^Delete 2 tags of team\/app, undone · now$/);
  });

  it('asks in the palette for what a right-click would have known', async () => {
    const { workbench } = suite();
    const { quickInput } = workbench;
    await (await registries().item('Samples')).select();
    await workbench.runCommand('Berth: Delete Tag…');
    await quickInput.waitFor('Choose a registry');
    await quickInput.pick('Team');
    await quickInput.waitFor('Choose a repository');
    await workbench.shot('palette-repository');
    await quickInput.pick('team/app');
    await quickInput.waitFor('Choose a tag of team/app');
    await workbench.shot('palette-tag');
    assert.deepEqual(await quickInput.options(), [
      '2.0',
      '2.0-alias',
      '1.1',
      '1.1-alias',
      '1.0',
      '1.0-alias',
    ]);
    await quickInput.pick('1.0-alias');
    await workbench.dialog.waitFor('Delete the tag "1.0-alias" of team/app?');
    await workbench.dialog.click('Delete');
    await workbench.notification('Deleted 1.0-alias').dismiss();
    assert.ok(!(await tagsOfTeam()).includes('1.0-alias'));
  });

  it('says to a screen reader what every kind of row is', async () => {
    const { workbench } = suite();
    await workbench.view('Activity').close();
    await (await registries().item('Team')).collapse();
    const repository = ['Samples', 'samples', 'web-app'];
    const heard = async (...path: (string | RegExp)[]) => (await registries().item(...path)).accessibleName();
    assert.match(await heard('Samples'), /^Registry Samples, 127\.0\.0\.1:\d+/);
    assert.match(await heard('Samples', 'samples'), /^Namespace samples/);
    assert.match(await heard(...repository), /^Repository samples\/web-app/);
    const latest = await registries().item(...repository, 'latest');
    await latest.waitForDescription('platforms');
    assert.match(await latest.accessibleName(), /^Tag latest, multi-platform image, .*\d+ platforms/);
    assert.match(await heard(...repository, 'latest', 'linux/amd64'), /^Platform linux\/amd64/);
    assert.match(await heard(...repository, 'latest', 'linux/amd64', 'Layers'), /^\d+ layers, .*B/);
    const layer = await heard(...repository, 'latest', 'linux/amd64', 'Layers', /^[0-9a-f]{12}$/);
    assert.match(layer, /^Layer 1, .*B/);
    assert.match(await heard(...repository, 'latest', 'Referrers'), /^\d+ referrers/);
    const rows = registries().tree.getByRole('treeitem');
    for (const row of await rows.all()) assert.ok(await row.getAttribute('aria-label'));
    await workbench.shot('screen-reader-rows');
    await latest.collapse();
  });

  it('stays readable in a narrow side bar, light and dark', async () => {
    const { workbench, server } = suite();
    await workbench.view('Activity').open();
    await workbench.resizeSidebar(220);
    for (const [name, theme] of Object.entries({
      light: 'Default Light Modern',
      dark: 'Default Dark Modern',
    })) {
      await server.writeSettings({ ...settings(), 'workbench.colorTheme': theme });
      await workbench.page.locator(`.monaco-workbench.vs${name === 'dark' ? '-dark' : ''}`).waitFor();
      const tag = await registries().item('Samples', 'samples', 'web-app', 'v1.2.0');
      const label = await tag.row.locator('.label-name').boundingBox();
      const pane = await registries().tree.boundingBox();
      assert.ok(label && pane && label.x + label.width < pane.x + pane.width, 'the name of a tag is cut off');
      await workbench.shot(`narrow-${name}`);
    }
  });
});
