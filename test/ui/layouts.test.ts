/** Images out of a registry into files and back, by their dialogs: an OCI layout folder, an OCI archive, a docker archive. */
import * as assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fillSamples } from '../../scripts/samples/fillSamples.ts';
import type { TestServer } from '../support/servers/startProcess.ts';
import { startDistribution } from '../support/servers/distribution.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { useWorkbench } from './useWorkbench.ts';

describe('Images as files', () => {
  const stack = new AsyncDisposableStack();
  let registry: TestServer;
  let connection: TestConnection;

  before('a registry with an image of several platforms', async () => {
    registry = stack.use(await startDistribution());
    connection = stack.use(new TestConnection(registry.url));
    await fillSamples(connection.client, AbortSignal.timeout(60_000));
  });
  after(() => stack.disposeAsync());

  const suite = useWorkbench(() => ({
    settings: {
      'berth.connections': [{ name: 'Dev', url: registry.url, auth: 'anonymous' }],
      'workbench.colorTheme': 'Default Dark Modern',
    },
    files: { 'oci-layouts/README.md': 'Layouts of images.' },
    size: { width: 900, height: 700 },
  }));
  const manifestOf = (repository: string, reference: string) =>
    connection.client.getManifest(repository, reference, connection.signal);

  /** From the row of `latest` to the question where to put it. */
  const exportAs = async (format: RegExp, platform?: string) => {
    const { workbench } = suite();
    const tag = await workbench.view('Registries').item('Dev', 'samples', 'web-app', 'latest');
    await tag.choose('Export Image…');
    await workbench.quickInput.waitFor('As what?');
    await workbench.shot('export-format');
    await workbench.quickInput.pick(format);
    if (platform !== undefined) await workbench.quickInput.pick(platform);
  };
  /** From the registry's row through the dialog to the repository's name. */
  const importFrom = async (kind: RegExp, path: string, repository: string) => {
    const { workbench } = suite();
    await (await workbench.view('Registries').item('Dev')).choose('Import Image…');
    await workbench.quickInput.waitFor('Where is the image?');
    await workbench.shot('import-kind');
    await workbench.quickInput.pick(kind);
    await workbench.quickInput.answerFileDialog('Import Image', path);
    await workbench.quickInput.waitFor(/Repository|repository/);
    await workbench.quickInput.type(repository);
    await workbench.quickInput.pick(repository);
    await workbench.quickInput.waitForMessage(`${repository}:latest`);
    await workbench.shot('import-tag');
    await workbench.quickInput.accept();
    await workbench.quickInput.pick('With Signatures, SBOMs and Provenance');
    await workbench.notification(new RegExp(`Copy .* to .*${repository}.*: done`)).dismiss();
  };

  it('go out as an OCI archive with all that belongs to them, and come back the same', async () => {
    const { workbench, workspace } = suite();
    await workbench.showContainer('Berth');
    await workbench.view('Local Images').close();
    const path = join(workspace, 'web-app.tar');
    await exportAs(/^OCI Archive/);
    await workbench.quickInput.waitFor(/^Export /);
    await workbench.quickInput.waitForValue(join(workspace, 'web-app-latest.tar'));
    await workbench.shot('export-archive');
    await workbench.quickInput.answerFileDialog('Export ', path);
    const done = workbench.notification(/Exported .*web-app:latest to .*web-app\.tar/);
    await done.waitFor();
    await workbench.shot('exported');
    await importFrom(/^Archive/, path, 'imported/archive');
    const { digest } = await manifestOf('samples/web-app', 'latest');
    assert.equal((await manifestOf('imported/archive', 'latest')).digest, digest);
    const referrers = async (repository: string) =>
      (await connection.client.listReferrers(repository, digest, connection.signal)).referrers
        .map((each) => each.digest)
        .sort();
    assert.deepEqual(await referrers('imported/archive'), await referrers('samples/web-app'));
    const signature = `sha256-${digest.slice('sha256:'.length)}.sig`;
    assert.equal(
      (await manifestOf('imported/archive', signature)).digest,
      (await manifestOf('samples/web-app', signature)).digest,
    );
    const tag = await workbench.view('Registries').item('Dev', 'imported', 'archive', 'latest');
    await tag.waitForDescription(/kB|MB| B/);
    await workbench.shot('imported');
  });

  it('go out as an OCI layout folder, and come back the same', async () => {
    const { workbench, workspace } = suite();
    const path = join(workspace, 'oci-layouts');
    await exportAs(/^OCI Layout Folder/);
    await workbench.quickInput.answerFileDialog('Export ', `${path}/`);
    await workbench.notification(/Exported .*web-app:latest to .*oci-layouts/).waitFor();
    const layout = JSON.parse(await readFile(join(path, 'oci-layout'), 'utf8')) as unknown;
    assert.deepEqual(layout, { imageLayoutVersion: '1.0.0' });
    await importFrom(/^OCI Layout Folder/, `${path}/`, 'imported/folder');
    const { digest } = await manifestOf('samples/web-app', 'latest');
    assert.equal((await manifestOf('imported/folder', 'latest')).digest, digest);
  });

  it('go out as a docker archive of one platform, and come back as that', async () => {
    const { workbench, workspace } = suite();
    const path = join(workspace, 'web-app-docker.tar');
    await exportAs(/^Docker Archive/, 'linux/arm64');
    await workbench.quickInput.answerFileDialog('Export ', path);
    await workbench.notification(/Exported .*web-app:latest to .*web-app-docker\.tar/).waitFor();
    await importFrom(/^Archive/, path, 'imported/docker');
    const image = await manifestOf('imported/docker', 'latest');
    assert.ok(image.kind === 'manifest');
    const config = await connection.client.readBlob(
      'imported/docker',
      image.config.digest,
      1_000_000,
      connection.signal,
    );
    assert.match(Buffer.from(config).toString(), /"architecture":\s*"arm64"/);
  });
});
