/** What is attached to an image: seen, opened, verified with the right key and the wrong one, in the tree and the panel. */
import * as assert from 'node:assert/strict';
import { fillSamples } from '../../scripts/samples/fillSamples.ts';
import { SAMPLE_PUBLIC_KEY } from '../../scripts/samples/sampleSigner.ts';
import { recordedPublicKey } from '../support/recordedSignatures.ts';
import { startDistribution } from '../support/servers/distribution.ts';
import type { TestServer } from '../support/servers/startProcess.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { pushBaseAndDerived } from '../support/baseImages.ts';
import { useWorkbench } from './useWorkbench.ts';

describe('Trust', () => {
  const stack = new AsyncDisposableStack();
  let registry: TestServer;

  before('a registry full of samples, and an image on a base that has moved on', async () => {
    registry = stack.use(await startDistribution());
    await using connection = new TestConnection(registry.url);
    await fillSamples(connection.client, AbortSignal.timeout(60_000));
    await pushBaseAndDerived(connection.client);
  });
  after(() => stack.disposeAsync());

  const settings = () => ({
    'berth.connections': [{ name: 'Samples', url: registry.url, auth: 'anonymous' }],
  });
  const suite = useWorkbench(async () => ({
    settings: settings(),
    files: {
      'samples.pub': SAMPLE_PUBLIC_KEY,
      'stranger.pub': await recordedPublicKey('p256'),
      'mistake.pub': '-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5\n-----END PRIVATE KEY-----\n',
    },
  }));
  const latest = ['Samples', 'samples', 'web-app', 'latest'] as const;

  it('shows signatures, SBOMs and provenance under one node, and none is called verified', async () => {
    const { workbench } = suite();
    await workbench.showContainer('Berth');
    await workbench.view('Local Images').close();
    const view = workbench.view('Registries');
    // A row that is drawn anew while it is opened can lose the click: VS Code forgets its children for a moment.
    await (await view.item(...latest)).waitForDescription(/MB/);
    const signature = await view.item(...latest, 'Referrers', 'Signature');
    assert.match(await signature.description(), /^present, not verified/);
    await view.item(...latest, 'Referrers', 'SBOM (SPDX)');
    const provenance = await view.item(...latest, 'Referrers', 'Provenance (SLSA v0.2)');
    assert.match(await provenance.description(), /linux\/amd64/);
    await workbench.shot('trust-tree');
  });

  it('opens a provenance decoded, and offers its raw form and its commit', async () => {
    const { workbench } = suite();
    const view = workbench.view('Registries');
    const provenance = await view.item(...latest, 'Referrers', 'Provenance (SLSA v0.2)');
    await provenance.select();
    const editor = workbench.editor(/web-app-provenance-.*\.json/);
    await editor.waitFor();
    await workbench.shot('trust-provenance');
    const menu = await provenance.openContextMenu();
    assert.deepEqual((await menu.titles()).slice(0, 5), [
      'Open Referrer',
      'Inspect Manifest',
      'Open Raw Referrer',
      'Open Raw Manifest',
      'Open Source Commit',
    ]);
    await menu.dismiss();
  });

  it('refuses a private key, and says that a signature does not match a stranger’s key', async () => {
    const { workbench } = suite();
    const tag = await workbench.view('Registries').item(...latest);
    await tag.choose('Verify Signature…');
    await workbench.quickInput.pick('mistake.pub');
    await workbench.notification(/This file holds a private key/).dismiss();

    await tag.choose('Verify Signature…');
    await workbench.quickInput.pick('stranger.pub');
    const notification = workbench.notification(
      /Not verified: no signature of samples\/web-app:latest matches/,
    );
    await notification.waitFor();
    await workbench.shot('trust-mismatch');
    const signature = await workbench.view('Registries').item(...latest, 'Referrers', 'Signature');
    await signature.waitForDescription(/does not match stranger\.pub/);
    assert.doesNotMatch(await tag.description(), /verified/);
    await notification.click('Choose Another Key…');
  });

  it('verifies with the key that made the signature, and remembers it for the repository', async () => {
    const { workbench } = suite();
    await workbench.quickInput.pick('samples.pub');
    const notification = workbench.notification(
      /Verified: samples\/web-app:latest is signed with samples\.pub/,
    );
    await notification.waitFor();
    const view = workbench.view('Registries');
    const tag = await view.item(...latest);
    await tag.waitForDescription(/verified/);
    const signature = await view.item(...latest, 'Referrers', 'Signature');
    await signature.waitForDescription(/^verified with samples\.pub/);
    await workbench.shot('trust-verified');
    await tag.choose('Verify Signature…');
    assert.equal((await workbench.quickInput.options())[0], 'samples.pub');
    await workbench.quickInput.dismiss();
  });

  it('shows the same list in the panel, with what was verified, light and dark', async () => {
    const { workbench, server } = suite();
    const tag = await workbench.view('Registries').item(...latest);
    await tag.choose('Inspect Manifest');
    const { content } = workbench.panel(/web-app:latest/);
    const table = content.getByRole('table', { name: /Signatures and Attestations/ });
    await table.getByText('verified with samples.pub').waitFor();
    await table.getByRole('button', { name: /^github\.com\/berth-registry\/samples@/ }).waitFor();
    await table.scrollIntoViewIfNeeded();
    await workbench.shot('trust-panel');
    await content.getByRole('button', { name: 'Show', exact: true }).click();
    await content.getByRole('button', { name: /^v2\.0\.0, / }).scrollIntoViewIfNeeded();
    await workbench.shot('trust-size-trend');
    await server.writeSettings({ ...settings(), 'workbench.colorTheme': 'Default Dark Modern' });
    await workbench.page.locator('.monaco-workbench.vs-dark').waitFor();
    await workbench.shot('trust-panel-dark');
  });

  it('names the base image and that a newer one exists, and opens it', async () => {
    const { workbench } = suite();
    await workbench.runCommand('View: Close All Editors');
    const derived = await workbench.view('Registries').item('Samples', 'samples', 'derived', 'v1');
    await derived.choose('Inspect Manifest');
    const { content } = workbench.panel(/derived:v1/);
    const base = content.getByRole('region', { name: 'Base Image' });
    await base.getByText('A newer base exists').waitFor();
    await workbench.shot('trust-base');
    await base.getByRole('button', { name: /samples\/base:12/ }).click();
    await workbench
      .panel(/samples\/base:12/)
      .content.getByRole('heading', { level: 1 })
      .waitFor();
  });
});
