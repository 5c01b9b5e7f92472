/** A registry on this machine: run, filled by dragging an image onto it, stopped, started, run again, removed. */
import * as assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buildBlob, buildJsonBlob, buildManifest } from '../../scripts/samples/buildArtifact.ts';
import { pushBuilt } from '../../scripts/samples/pushBuilt.ts';
import { MediaType } from '../../src/core/oci/mediaType.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { buildRegistryImage, useDockerEngine, writeBuildContext } from '../support/dockerEngine.ts';
import { freePort } from '../support/servers/startProcess.ts';
import { useWorkbench } from './useWorkbench.ts';

const IMAGE = 'berth-walk/registry:2';
const APP = 'berth-walk/app';
/** Another name of the same image. */
const OLD = 'berth-walk/old:0.9';

describe('A local registry', () => {
  // Names of this run only: the engine may be shared.
  const name = `berth-walk-${process.pid}`;
  const volume = `${name}-data`;
  let port: number;
  /** A port that something else listens on. */
  let taken: number;
  const squatter = createServer();

  // Before the engine's own hooks: what is left in it is removed while it still runs.
  after('leave the engine as it was', async () => {
    squatter.close();
    const { docker } = engine();
    await docker('rm', '--force', '--volumes', name).catch(() => undefined);
    await docker('volume', 'rm', '--force', volume).catch(() => undefined);
    const images = await docker('images', '--quiet', '--filter', 'reference=berth-walk/*');
    await docker('rmi', '--force', ...new Set(images.split('\n')));
  });
  const engine = useDockerEngine();

  before('an image of the registry, an image to push, a taken port', async () => {
    await buildRegistryImage(engine(), [IMAGE]);
    const folder = join(engine().folder, 'walk');
    await writeBuildContext(folder, 'FROM scratch\nCOPY hello /\n', { hello: 'hello' });
    await engine().docker('build', '--quiet', '--tag', `${APP}:1.0`, folder);
    await engine().docker('tag', `${APP}:1.0`, OLD);
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
    taken = (squatter.address() as AddressInfo).port;
    port = await freePort();
  });

  const suite = useWorkbench(() => ({
    env: engine().env,
    settings: {
      'berth.localRegistry.name': name,
      'berth.localRegistry.port': taken,
      'berth.localRegistry.image': IMAGE,
      'berth.localRegistry.volume': volume,
    },
  }));
  const registries = () => suite().workbench.view('Registries');
  const localRegistry = () => registries().item(name);

  it('is offered by the empty view, beside the other ways to begin', async () => {
    const { workbench } = suite();
    await workbench.showContainer('Berth');
    for (const offer of ['Connect Docker Hub', 'Connect a Registry', 'Getting Started']) {
      await registries().welcomeAction(offer).waitFor();
    }
    await workbench.shot('local-empty');
    await registries().welcomeAction('Run a Local Registry').click();
    await workbench.quickInput.waitForMessage('Name of the container');
  });

  it('asks for name, port, image and volume, starting from the settings', async () => {
    const { quickInput } = suite().workbench;
    assert.equal(await quickInput.value(), name);
    await quickInput.answerWrongly('no spaces', /A name has two or more/);
    await quickInput.answer(name);
    await quickInput.waitForMessage('Port on this machine');
    assert.equal(await quickInput.value(), String(taken));
    await quickInput.answerWrongly('70000', /from 1 to 65535/);
    await suite().workbench.shot('local-wrong-port');
    await quickInput.answer(String(taken));
    await quickInput.waitForMessage('Image of the registry');
    assert.equal(await quickInput.value(), IMAGE);
    await quickInput.answerWrongly('Registry:2', /lower case/);
    await quickInput.answer(IMAGE);
    await quickInput.waitForMessage(/Volume that keeps its images/);
    assert.equal(await quickInput.value(), volume);
    await quickInput.answerWrongly('/var/lib', /A name has two or more/);
    await quickInput.answer(volume);
  });

  it('comes back to the port that is taken with all answers kept, and runs on another', async () => {
    const { workbench } = suite();
    const { quickInput } = workbench;
    await quickInput.waitForMessage(`Something else listens on 127.0.0.1:${taken} already`);
    assert.equal(await quickInput.value(), String(taken));
    await workbench.shot('local-taken-port');
    await quickInput.answer(String(port));
    await quickInput.waitForMessage('Image of the registry');
    assert.equal(await quickInput.value(), IMAGE);
    await quickInput.accept();
    await quickInput.waitForMessage(/Volume that keeps its images/);
    assert.equal(await quickInput.value(), volume);
    await quickInput.accept();
    await workbench.notification(`The registry runs at localhost:${port}`).waitFor();
  });

  it('is connected and opened, and says that it is empty', async () => {
    const { workbench } = suite();
    await registries().item(name, /No repositories yet/);
    assert.equal(await (await localRegistry()).description(), `localhost:${port}`);
    await workbench.shot('local-running');
    assert.equal(await engine().docker('port', name, '5000/tcp'), `127.0.0.1:${port}`);
  });

  it('takes a local image that is dragged onto it, and shows the new tag with no refresh', async () => {
    const { workbench } = suite();
    await workbench.notification('The registry runs at').dismiss();
    const image = await workbench.view('Local Images').item(APP, '1.0');
    await image.dragTo(await localRegistry());
    await workbench.notification(`Pushed localhost:${port}/app:1.0`).waitFor();
    await workbench.shot('local-dropped');
    const tag = await registries().item(name, 'app', '1.0');
    await tag.waitForDescription(/B/);
    await workbench.notification(`Pushed localhost:${port}/app:1.0`).dismiss();
    await workbench.shot('local-pushed');
  });

  it('collects the garbage that a deletion left, once it has shown what goes', async () => {
    const { workbench } = suite();
    const signal = AbortSignal.timeout(30_000);
    await using connection = new TestConnection(`http://localhost:${port}`);
    const image = buildManifest({
      config: buildJsonBlob(MediaType.ociConfig, { architecture: 'amd64', os: 'linux', config: {} }),
      layers: [buildBlob(MediaType.ociLayer, 'garbage '.repeat(100_000))],
    });
    await pushBuilt(connection.client, 'app', image, ['old'], signal);
    await connection.client.deleteManifest('app', image.descriptor.digest, signal);
    await (await localRegistry()).choose('Collect Garbage…');
    const { quickInput, dialog } = workbench;
    await quickInput.option(/Layers That Nothing Refers To/).waitFor();
    await workbench.shot('local-garbage');
    await quickInput.pick(/Layers That Nothing Refers To/);
    await dialog.waitFor(`Collect the garbage of ${name}?`);
    assert.match(await dialog.detail(), /started again afterwards/);
    await workbench.shot('local-garbage-confirm');
    await dialog.click('Collect Garbage');
    const done = workbench.notification(`Garbage of ${name} collected.`);
    await done.waitFor(60_000);
    assert.match(await done.text(), /3 layers and configs/);
    await done.dismiss();
    const [layer] = image.blobs.filter(({ bytes }) => bytes.byteLength > 1_000);
    await using afterwards = new TestConnection(`http://localhost:${port}`);
    assert.equal(await afterwards.client.headBlob('app', layer!.descriptor.digest, signal), undefined);
    await registries().item(name, 'app', '1.0');
  });

  it('opens what a clean-up of local images would remove as a document, and carries out what that says', async () => {
    const { workbench } = suite();
    await workbench.runCommand('Berth: Clean Up Local Images…');
    await workbench.quickInput.pick(/Images by Pattern/);
    await workbench.quickInput.waitForMessage(/Which images/);
    await workbench.quickInput.answer('berth-walk/old*');
    const document = workbench.editor(/local-images\.berth-cleanup/);
    await document.waitFor();
    assert.match(await document.text(), /delete\s+berth-walk\/old:0\.9/);
    assert.match(await document.text(), /keep\s+berth-walk\/app:1\.0/);
    await workbench.shot('local-clean-up');
    await document.clickLens('Run Clean-Up (1)', (timeout) =>
      workbench.dialog.waitFor('Remove 1 local image?', timeout),
    );
    await workbench.shot('local-clean-up-confirm');
    await workbench.dialog.click('Remove');
    await workbench.notification('1 local image removed.').dismiss();
    await document.tab.waitFor({ state: 'detached' });
    await workbench.showContainer('Berth');
    await (
      await workbench.view('Activity').item('Clean up local images')
    ).waitForDescription('1 of 1 removed');
    assert.equal(await engine().docker('images', '--quiet', OLD), '');
    assert.notEqual(await engine().docker('images', '--quiet', `${APP}:1.0`), '');
    // What Activity lists further on is all in sight.
    await workbench.runCommand('Berth: Clear Finished Activity');
  });

  it('offers on its context menu to stop it, and says in one node that it is stopped', async () => {
    const { workbench } = suite();
    const menu = await (await localRegistry()).openContextMenu();
    await workbench.shot('local-menu');
    await menu.choose('Stop Local Registry');
    const stopped = await registries().item(name, 'Registry is stopped');
    await stopped.waitForDescription('Start');
    await workbench.shot('local-stopped');
    assert.deepEqual(await registries().labels(), [name, 'Registry is stopped', 'app', '1.0']);
    assert.match(await stopped.accessibleName(), /is stopped\. Start it to see its images/);
  });

  it('starts again from that node, images and all', async () => {
    const stopped = await registries().item(name, 'Registry is stopped');
    await stopped.select();
    await stopped.waitUntilGone();
    await registries().item(name, 'app', '1.0');
    await suite().workbench.shot('local-started');
  });

  it('starts a stopped one when it is run again', async () => {
    const { workbench } = suite();
    await engine().docker('stop', name);
    await workbench.runCommand('Berth: Run a Local Registry…');
    const { quickInput } = workbench;
    for (const question of ['Name of', 'Port on', 'Image of', 'Volume that']) {
      await quickInput.waitForMessage(question);
      await quickInput.accept();
    }
    await workbench.notification(`The stopped registry was started again at localhost:${port}`).dismiss();
    await registries().item(name, 'app', '1.0');
    assert.deepEqual(await registries().labels(), [name, 'app', '1.0']);
  });

  it('is removed without its images, which another one with the volume has again', async () => {
    const { workbench } = suite();
    await (await localRegistry()).choose('Remove Local Registry…');
    await workbench.dialog.waitFor(`Remove the local registry "${name}"?`);
    assert.deepEqual((await workbench.dialog.buttons()).sort(), [
      'Cancel',
      'Remove with Images',
      'Remove, Keep Images',
    ]);
    await workbench.shot('local-remove');
    await workbench.dialog.click('Remove, Keep Images');
    await registries().welcomeAction('Run a Local Registry').waitFor();
    assert.equal(await engine().docker('ps', '--all', '--quiet', '--filter', `name=${name}`), '');
    assert.equal(await engine().docker('volume', 'ls', '--quiet', '--filter', `name=${volume}`), volume);
    const { quickInput } = workbench;
    await registries().welcomeAction('Run a Local Registry').click();
    await quickInput.waitForMessage('Name of');
    await quickInput.accept();
    await quickInput.waitForMessage('Port on');
    await quickInput.answer(String(port));
    await quickInput.waitForMessage('Image of');
    await quickInput.accept();
    await quickInput.waitForMessage('Volume that');
    await quickInput.accept();
    await workbench.notification('The registry runs at').dismiss();
    await registries().item(name, 'app', '1.0');
  });

  it('is removed with its images', async () => {
    const { workbench } = suite();
    await (await localRegistry()).choose('Remove Local Registry…');
    await workbench.dialog.click('Remove with Images');
    await registries().welcomeAction('Run a Local Registry').waitFor();
    assert.equal(await engine().docker('volume', 'ls', '--quiet', '--filter', `name=${volume}`), '');
    const activity = workbench.view('Activity');
    await activity.item(`Removing local registry "${name}"`);
    await workbench.shot('local-activity');
  });

  it('says at the field that its image cannot be pulled, and can be cancelled while it is pulled', async () => {
    const { workbench } = suite();
    const { quickInput } = workbench;
    await registries().welcomeAction('Run a Local Registry').click();
    await quickInput.waitForMessage('Name of');
    await quickInput.accept();
    await quickInput.waitForMessage('Port on');
    await quickInput.answer(String(port));
    await quickInput.waitForMessage('Image of');
    await quickInput.answer('127.0.0.1:1/registry:2');
    await quickInput.waitForMessage('Volume that');
    await quickInput.accept();
    await quickInput.waitForMessage(/"docker pull" failed \(127\.0\.0\.1:1\/registry:2\)\. Nothing listens/);
    await workbench.shot('local-no-image');
    // There somebody listens and never answers.
    await quickInput.answer(`127.0.0.1:${taken}/registry:2`);
    await quickInput.waitForMessage('Volume that');
    await quickInput.accept();
    await workbench.view('Local Images').close();
    const entry = await workbench.view('Activity').item(`Starting local registry "${name}"`);
    await workbench.shot('activity-running');
    await entry.clickAction('Cancel');
    await entry.waitForDescription('cancelled');
    await workbench.shot('activity-cancelled');
    await registries().welcomeAction('Run a Local Registry').click();
    await quickInput.waitForMessage('Name of');
    await quickInput.accept();
    await quickInput.waitForMessage('Port on');
    assert.equal(await quickInput.value(), String(port));
    await quickInput.dismiss();
  });
});
