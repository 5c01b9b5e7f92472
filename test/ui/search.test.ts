/** Search over all registries, one of which does not answer. */
import * as assert from 'node:assert/strict';
import { pushSample, sampleImage } from '../support/sampleImage.ts';
import { startDistribution } from '../support/servers/distribution.ts';
import type { TestServer } from '../support/servers/startProcess.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { useWorkbench } from './useWorkbench.ts';

describe('Search All Registries', () => {
  const stack = new AsyncDisposableStack();
  let registry: TestServer;
  let other: TestServer;

  before('two registries, one with more tags than a page shows', async () => {
    registry = stack.use(await startDistribution());
    other = stack.use(await startDistribution());
    await using first = new TestConnection(registry.url);
    await using second = new TestConnection(other.url);
    const tags = Array.from({ length: 130 }, (_, index) => `1.${index}`);
    await pushSample(first.client, 'team/backend/orders', sampleImage(), ...tags);
    await pushSample(first.client, 'team/web', sampleImage(), 'v1');
    await pushSample(second.client, 'orders', sampleImage(), 'v1');
  });
  after(() => stack.disposeAsync());

  const suite = useWorkbench(() => ({
    settings: {
      'berth.connections': [
        { name: 'First', url: registry.url, auth: 'anonymous' },
        { name: 'Second', url: other.url, auth: 'anonymous' },
        { name: 'Gone', url: 'http://127.0.0.1:9', auth: 'anonymous' },
      ],
    },
  }));

  it('finds repositories of every registry and says of the one that does not answer that it was not searched', async () => {
    const { workbench } = suite();
    await workbench.showContainer('Berth');
    await workbench.view('Local Images').close();
    await workbench.view('Registries').clickAction('Search All Registries…');
    const { quickInput } = workbench;
    await quickInput.waitFor('Search All Registries');
    await quickInput.type('orders');
    await quickInput.option(/^team\/backend\/orders/).waitFor();
    await quickInput.option(/^orders/).waitFor();
    await quickInput.option(/^Gone/).waitFor();
    // Shown until the text was typed.
    await quickInput.option(/^team\/web/).waitFor({ state: 'detached' });
    assert.deepEqual(await quickInput.options(), ['team/backend/orders', 'orders', 'Gone']);
    await workbench.shot('search');
  });

  it('shows the chosen repository in the tree, which had not listed it', async () => {
    const { workbench } = suite();
    await workbench.quickInput.pick(/^team\/backend\/orders/);
    const selected = workbench.view('Registries').tree.locator('.monaco-list-row.selected');
    await selected.filter({ hasText: 'orders' }).waitFor();
  });

  it('remembers the text, narrows to the tags of a repository, and shows a tag that stands far down', async () => {
    const { workbench } = suite();
    await workbench.runCommand('Berth: Search All Registries…');
    const { quickInput } = workbench;
    await quickInput.waitFor('Search All Registries');
    assert.equal(await quickInput.value(), 'orders');
    await quickInput.type('backend/orders:1.3');
    await quickInput.option(/^team\/backend\/orders:1\.3(,|$)/).waitFor();
    await workbench.shot('search-tags');
    await quickInput.pick(/^team\/backend\/orders:1\.3(,|$)/);
    const selected = workbench.view('Registries').tree.locator('.monaco-list-row.selected');
    // By its label alone: "2 years ago" follows it without a space between.
    const label = workbench.page.locator('.label-name', { hasText: /^\s*1\.3\s*$/ });
    await selected.filter({ has: label }).waitFor();
    await workbench.shot('search-revealed');
  });
});
