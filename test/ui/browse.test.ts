/** From a connection down to what a tag is made of, on a real registry. */
import * as assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startDistribution } from '../support/servers/distribution.ts';
import type { TestServer } from '../support/servers/startProcess.ts';
import { useWorkbench } from './useWorkbench.ts';

const FILL = join(import.meta.dirname, '../../scripts/samples/fill.ts');

describe('Browsing a registry', () => {
  let registry: TestServer;
  before('fill a registry with samples', async () => {
    registry = await startDistribution();
    await promisify(execFile)(process.execPath, [FILL, '--url', registry.url]);
  });
  after(() => registry.stop());

  const suite = useWorkbench(() => ({
    settings: {
      'berth.connections': [
        { name: 'Samples', url: registry.url, auth: 'anonymous', allowInsecureHttp: true },
        { name: 'Gone', url: 'http://127.0.0.1:9', auth: 'anonymous', allowInsecureHttp: true },
      ],
    },
  }));

  before(() => suite().workbench.showContainer('Berth'));

  it('opens down to a tag, highest version first, with its age and size', async () => {
    const { workbench } = suite();
    const registries = workbench.view('Registries');
    const tag = await registries.item('Samples', 'samples', 'web-app', 'v1.10.0');
    await tag.waitForDescription(/\d/);
    const labels = await registries.labels();
    assert.ok(labels.indexOf('v1.10.0') < labels.indexOf('v1.2.0'));
    await workbench.shot('browse');
  });

  it('opens the panel of a tag, and again after the window was reloaded', async () => {
    const { workbench } = suite();
    const tag = await workbench.view('Registries').item('Samples', 'samples', 'web-app', 'v1.10.0');
    await tag.clickAction('Inspect Manifest');
    const panel = workbench.panel(/web-app/);
    await panel.waitFor();
    await panel.content.getByRole('heading', { name: 'Configuration' }).waitFor();
    await workbench.shot('manifest-panel');
    await workbench.reload();
    await panel.content.getByRole('heading', { name: 'Configuration' }).waitFor();
  });

  it('keeps a registry that does not answer in the tree, with what to do', async () => {
    const { workbench } = suite();
    const problem = await workbench.view('Registries').item('Gone', /./);
    assert.match(await problem.accessibleName(), /nothing|refused|answer/i);
    await workbench.shot('registry-gone');
  });
});
