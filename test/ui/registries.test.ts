/** Browsing, inspecting, retagging, deleting and undoing in the tree of a real registry full of samples. */
import * as assert from 'node:assert/strict';
import { fillSamples } from '../../scripts/samples/fillSamples.ts';
import { startDistribution } from '../support/servers/distribution.ts';
import type { TestServer } from '../support/servers/startProcess.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { useWorkbench } from './useWorkbench.ts';

describe('The Registries view', () => {
  const stack = new AsyncDisposableStack();
  let registry: TestServer;

  before('a registry full of samples', async () => {
    registry = stack.use(await startDistribution());
    await using connection = new TestConnection(registry.url);
    await fillSamples(connection.client, AbortSignal.timeout(60_000));
  });
  after(() => stack.disposeAsync());

  const suite = useWorkbench(() => ({
    settings: {
      'berth.connections': [{ name: 'Samples', url: registry.url, auth: 'anonymous' }],
    },
  }));
  const repository = ['Samples', 'samples', 'web-app'] as const;

  it('shows age and size beside tags as they arrive, the highest version first', async () => {
    const { workbench } = suite();
    await workbench.showContainer('Berth');
    await workbench.view('Local Images').close();
    const view = workbench.view('Registries');
    const latest = await view.item(...repository, 'latest');
    await latest.waitForDescription(/MB|kB/);
    const labels = await view.labels();
    assert.ok(labels.indexOf('v2.0.0') < labels.indexOf('v1.10.0'), labels.join());
    assert.ok(labels.indexOf('v1.10.0') < labels.indexOf('v1.2.0'), labels.join());
    await workbench.shot('tree-tags');
  });

  it('opens a tag down to platforms, layers and what is attached', async () => {
    const { workbench } = suite();
    const view = workbench.view('Registries');
    const layers = await view.item(...repository, 'latest', 'linux/amd64', 'Layers');
    await layers.expand();
    await view.item(...repository, 'latest', 'Referrers');
    await workbench.shot('tree-layers');
    await (await view.item(...repository, 'latest')).collapse();
  });

  it('offers on a tag what a tag can do, in groups', async () => {
    const { workbench } = suite();
    const tag = await workbench.view('Registries').item(...repository, 'v1.2.0');
    const menu = await tag.openContextMenu();
    await workbench.shot('tag-menu');
    assert.deepEqual(await menu.titles(), [
      'Inspect Manifest',
      'Open Raw Manifest',
      'Browse Files',
      'Pull Image…',
      'Retag…',
      'Copy to…',
      'Promote…',
      'Export Image…',
      'Select for Compare',
      'Compare with Base Image in Dockerfile',
      'Verify Signature…',
      'Copy Reference',
      'Copy Digest',
      'Copy Pull Command',
      'Delete Tag…',
      'Refresh',
    ]);
    await menu.dismiss();
  });

  it('copies reference, digest and pull command', async () => {
    const { workbench } = suite();
    const tag = await workbench.view('Registries').item(...repository, 'v1.2.0');
    await tag.choose('Copy Pull Command');
    await workbench.statusItem(/Copied/).waitFor();
    assert.equal(await workbench.clipboard(), `docker pull ${registry.host}/samples/web-app:v1.2.0`);
  });

  it('shows a manifest in a readable panel', async () => {
    const { workbench } = suite();
    const tag = await workbench.view('Registries').item(...repository, 'latest');
    await tag.choose('Inspect Manifest');
    const panel = workbench.panel(/web-app:latest/);
    await panel.content.getByRole('heading', { name: 'Configuration' }).waitFor();
    await workbench.shot('panel');
  });

  it('opens the raw manifest as a JSON document', async () => {
    const { workbench } = suite();
    const tag = await workbench.view('Registries').item(...repository, 'latest');
    await tag.choose('Open Raw Manifest');
    await workbench.editor(/web-app.*\.json/).waitFor();
    await workbench.shot('raw-manifest');
  });

  it('adds a tag in the registry with no pull', async () => {
    const { workbench } = suite();
    const view = workbench.view('Registries');
    await (await view.item(...repository, 'v1.2.0')).choose('Retag…');
    await workbench.quickInput.answerWrongly('no spaces', /A tag starts with/);
    await workbench.shot('retag-wrong');
    await workbench.quickInput.answer('staging');
    await workbench.notification(/is tagged staging/).waitFor();
    await view.item(...repository, 'staging');
    await workbench.shot('retagged');
  });

  it('deletes one tag after showing what goes, keeps its siblings, and undoes it', async () => {
    const { workbench } = suite();
    const view = workbench.view('Registries');
    const tag = await view.item(...repository, 'staging');
    await tag.choose('Delete Tag…');
    await workbench.dialog.waitFor('Delete the tag "staging"');
    assert.match(await workbench.dialog.detail(), /v1\.2\.0/);
    await workbench.shot('delete-plan');
    await workbench.dialog.click('Delete');
    await tag.waitUntilGone();
    await view.item(...repository, 'v1.2.0');
    await workbench.notification(/Deleted staging/).click('Undo');
    await view.item(...repository, 'staging');
    await workbench.shot('undone');
    await using connection = new TestConnection(registry.url);
    const signal = AbortSignal.timeout(10_000);
    const restored = await connection.client.getManifest('samples/web-app', 'staging', signal);
    const sibling = await connection.client.getManifest('samples/web-app', 'v1.2.0', signal);
    assert.equal(restored.digest, sibling.digest);
  });

  it('pages long lists and filters them', async () => {
    const { workbench } = suite();
    await workbench.showContainer('Berth');
    const view = workbench.view('Registries');
    await (await view.item('Samples', 'samples', 'web-app')).collapse();
    const nightly = await view.item('Samples', 'samples', 'nightly');
    await nightly.expand();
    const more = await view.item('Samples', 'samples', 'nightly', 'Load More…');
    assert.match(await more.description(), /100 of 300 shown/);
    await workbench.shot('load-more');
    // Not selected: what it loads takes its place.
    await more.row.click();
    await nightly.choose('Filter Tags…');
    await workbench.quickInput.answer('*-01*');
    await nightly.waitForDescription('filter: *-01*');
    await workbench.shot('filtered');
  });
});
