/** The images of a Docker Engine: built, tagged, pushed, pulled, removed, run; on a real engine and real registries. */
import * as assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { busyboxDockerfile, startDockerEngine, writeBuildContext } from '../support/dockerEngine.ts';
import type { DockerEngine } from '../support/dockerEngine.ts';
import { startDistribution } from '../support/servers/distribution.ts';
import type { TestServer } from '../support/servers/startProcess.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { Menu } from '../support/workbench/Menu.ts';
import { useWorkbench } from './useWorkbench.ts';

const ACCOUNT = { username: 'bob', password: 'c4nary-of-the-images-test' };
const BUILD_MS = 60_000;

describe('Images of the Docker Engine', () => {
  const stack = new AsyncDisposableStack();
  let engine: DockerEngine;
  let registry: TestServer;
  let closed: TestServer;

  before('an engine, an open registry and one with a password', async () => {
    // Of its own, never a shared one: dangling images are pruned.
    engine = stack.adopt(await startDockerEngine(), (started) => started.dispose());
    registry = stack.use(await startDistribution());
    closed = stack.use(await startDistribution({ htpasswd: ACCOUNT }));
  });
  after(() => stack.disposeAsync());

  const suite = useWorkbench(() => ({
    env: engine.env,
    files: {
      'hello/Dockerfile': busyboxDockerfile('ARG GREETING=hello\nLABEL greeting=$GREETING'),
      'broken/Dockerfile': `FROM ${registry.host}/hello:v1.0.0 AS base\nRUN sh -c "echo nothing works; exit 3"\n`,
      'slow/Dockerfile': `FROM ${registry.host}/hello:v1.0.0\nRUN sleep 1000\n`,
    },
    settings: {
      'berth.connections': [{ name: 'Shop', url: registry.url, auth: 'anonymous' }],
      'files.simpleDialog.enable': true,
    },
    size: { width: 1400, height: 900 },
  }));

  before('a checkout of v1.0.0', async () => {
    const folder = join(suite().workspace, 'hello');
    await copyFile('/bin/busybox', join(folder, 'busybox'));
    const git = (...args: string[]) =>
      promisify(execFile)('git', ['-c', 'user.name=Test', '-c', 'user.email=test@localhost', ...args], {
        cwd: folder,
      });
    await git('init', '--quiet', '--initial-branch=main');
    await git('add', '.');
    await git('commit', '--quiet', '-m', 'first');
    await git('tag', 'v1.0.0');
  });

  const reference = () => `${registry.host}/hello:v1.0.0`;

  it('builds a Dockerfile from the Explorer, suggesting the tag git describes, and pushes the image', async () => {
    const { workbench } = suite();
    const { page, quickInput } = workbench;
    await workbench.showContainer('Berth');
    await workbench.view('Registries').item('Shop', /No repositories yet/);
    await workbench.showContainer('Explorer');
    const file = (name: string) =>
      page.locator('.explorer-folders-view').getByRole('treeitem', { name, exact: true });
    await file('hello').click();
    await file('Dockerfile').first().click({ button: 'right' });
    await (await Menu.opened(page)).choose('Build Image…');
    await quickInput.waitFor(/Build hello\/Dockerfile/);
    await quickInput.option(new RegExp(`^Build, ${reference()}`)).waitFor();
    await workbench.shot('build-choices');
    await quickInput.accept();
    const built = workbench.notification(`Built ${reference()}`);
    await built.waitFor(BUILD_MS);
    await workbench.shot('built');
    await built.click('Push…');
    await workbench.notification(`Pushed ${reference()}`).click('Copy Digest');
    const label = await engine.docker(
      'image',
      'inspect',
      '--format',
      '{{.Config.Labels.greeting}}',
      reference(),
    );
    assert.equal(label, 'hello');
    await using connection = new TestConnection(registry.url);
    const { digest } = await connection.client.getManifest('hello', 'v1.0.0', new AbortController().signal);
    assert.equal(await workbench.clipboard(), digest);
  });

  it('shows what was built and pushed in both trees with no manual refresh', async () => {
    const { workbench } = suite();
    await workbench.showContainer('Berth');
    await workbench.view('Local Images').item(`${registry.host}/hello`, 'v1.0.0');
    const tag = await workbench.view('Registries').item('Shop', 'hello', 'v1.0.0');
    await tag.waitForDescription(/MB/);
    await workbench.shot('pushed');
  });

  it('starts the next build from the last answers, and builds with other arguments', async () => {
    const { workbench } = suite();
    const { quickInput } = workbench;
    await workbench.runCommand('Berth: Build Image…');
    await quickInput.pick(/^hello\/Dockerfile/);
    await quickInput.pick(/^Build Arguments/);
    await quickInput.pick(/^GREETING, default: hello/);
    await quickInput.waitFor(/Value of GREETING/);
    await quickInput.answer('good day');
    await quickInput.waitFor(/Choose an argument/);
    await workbench.shot('build-arguments');
    await quickInput.pick('Done');
    await quickInput.pick(/^Tags/);
    await quickInput.waitFor(/Choose a tag/);
    await quickInput.type('Hello:2');
    await quickInput.pick('Hello:2');
    await quickInput.waitForMessage(/lower case/);
    await workbench.shot('build-wrong-tag');
    await quickInput.answer(`${registry.host}/hello:2 hello:2`);
    await quickInput.option(new RegExp(`^Build, ${registry.host}/hello:2, hello:2`)).waitFor();
    await quickInput.pick(/^Build, /);
    await workbench.notification(`Built ${registry.host}/hello:2`).waitFor(BUILD_MS);
    assert.equal(
      await engine.docker('image', 'inspect', '--format', '{{.Config.Labels.greeting}}', 'hello:2'),
      'good day',
    );
    await workbench.runCommand('Berth: Build Image…');
    await quickInput.pick(/^hello\/Dockerfile/);
    await quickInput.option(/^Build Arguments, GREETING="good day"/).waitFor();
    await quickInput.dismiss();
  });

  it('tags an image for a connection, with the full reference in sight while typing', async () => {
    const { workbench } = suite();
    const { quickInput } = workbench;
    await workbench.showContainer('Berth');
    const image = await workbench.view('Local Images').item(`${registry.host}/hello`, '2');
    await image.choose('Tag Image…');
    await quickInput.pick('Shop');
    await quickInput.waitFor(/Choose a repository/);
    await quickInput.type('team/hello');
    await quickInput.pick('team/hello');
    await quickInput.waitFor(/^Tag$|hello:2/);
    await quickInput.type('2.0');
    await quickInput.waitForMessage(`${registry.host}/team/hello:2.0`);
    await workbench.shot('tag-preview');
    await quickInput.answerWrongly('2 0', /A tag starts with/);
    await quickInput.answer('2.0');
    await workbench.notification(`is tagged ${registry.host}/team/hello:2.0`).click('Push…');
    await workbench.view('Registries').item('Shop', 'team', 'hello', '2.0');
  });

  it('tags and pushes an image that is dragged onto a repository', async () => {
    const { workbench } = suite();
    const image = await workbench.view('Local Images').item(`${registry.host}/hello`, 'v1.0.0');
    const repository = await workbench.view('Registries').item('Shop', 'team', 'hello');
    await image.dragTo(repository);
    await workbench.notification(`Pushed ${registry.host}/team/hello:v1.0.0`).waitFor();
    await workbench.view('Registries').item('Shop', 'team', 'hello', 'v1.0.0');
  });

  it('removes local images once the person has seen their names, and pulls one again', async () => {
    const { workbench } = suite();
    const view = workbench.view('Local Images');
    const image = await view.item(`${registry.host}/hello`, 'v1.0.0');
    await image.choose('Remove Image…');
    await workbench.dialog.waitFor(`Remove the local image ${reference()}?`);
    await workbench.shot('remove-image');
    await workbench.dialog.click('Remove');
    await image.waitUntilGone();
    const tag = await workbench.view('Registries').item('Shop', 'hello', 'v1.0.0');
    await tag.choose('Pull Image…');
    await workbench.notification(`Pulled ${reference()}`).waitFor();
    await view.item(`${registry.host}/hello`, 'v1.0.0');
  });

  it('says which step of a build failed, with the output at hand', async () => {
    const { workbench } = suite();
    const { quickInput } = workbench;
    await workbench.runCommand('Berth: Build Image…');
    await quickInput.pick(/^broken\/Dockerfile/);
    await quickInput.pick(/^Build, /);
    const failure = workbench.notification(/The build failed at the step "RUN sh -c/);
    await failure.waitFor(BUILD_MS);
    await workbench.shot('build-failed');
    await failure.click('Show Output');
    await workbench.page.locator('.part.panel .view-lines', { hasText: /nothing.works/ }).waitFor();
    await workbench.shot('build-output');
    await workbench.runCommand('View: Hide Panel');
  });

  it('ends a build that is cancelled, and all its processes', async () => {
    const { workbench } = suite();
    const { quickInput } = workbench;
    await workbench.runCommand('Berth: Build Image…');
    await quickInput.pick(/^slow\/Dockerfile/);
    await quickInput.pick(/^Build, /);
    const progress = workbench.notification(/Building .*RUN sleep 1000/);
    await progress.waitFor(BUILD_MS);
    while ((await engine.docker('ps', '--quiet')) === '') await workbench.page.waitForTimeout(100);
    await workbench.shot('building');
    await progress.click('Cancel');
    // The builder's container ran `sleep`; nothing else runs in this engine.
    while ((await engine.docker('ps', '--quiet')) !== '') await workbench.page.waitForTimeout(100);
    await workbench.view('Activity').open();
    await workbench.shot('build-cancelled');
  });

  it('offers to sign in where the registry refuses, and pushes again', async () => {
    const { workbench } = suite();
    const { quickInput } = workbench;
    const secured = `${closed.host}/hello:v1.0.0`;
    await engine.docker('tag', reference(), secured);
    await workbench.runCommand('Berth: Push Image…');
    await quickInput.waitFor(/Choose a local image/);
    await quickInput.type(secured);
    await quickInput.pick(secured);
    await quickInput.pick(`Push to ${closed.host}`);
    await workbench.notification(/does not allow this without an account/).click('Sign In…');
    await quickInput.waitFor('User name');
    await quickInput.answer(ACCOUNT.username);
    await quickInput.waitFor(/Password or access token/);
    await quickInput.answerWrongly('wrong', /refuses this user name or password/);
    await workbench.shot('log-in-wrong-password');
    await quickInput.answer(ACCOUNT.password);
    await workbench.notification(`Pushed ${secured}`).waitFor();
    const config = await readFile(join(engine.env.DOCKER_CONFIG, 'config.json'), 'utf8');
    assert.ok(config.includes(closed.host));
    assert.ok(!workbench.consoleLines.join('\n').includes(ACCOUNT.password));
    await workbench.runCommand('Berth: Log Out of Registry…');
    await quickInput.pick(closed.host);
    await workbench.notification(`Docker is logged out of ${closed.host}`).waitFor();
    assert.ok(!(await readFile(join(engine.env.DOCKER_CONFIG, 'config.json'), 'utf8')).includes(closed.host));
  });

  it('prunes dangling images after showing them', async () => {
    const { workbench } = suite();
    for (const content of ['LABEL n=1', 'LABEL n=2']) {
      const folder = await writeBuildContext(join(engine.folder, 'loose'), busyboxDockerfile(content));
      await engine.docker('build', '--quiet', '--tag', 'loose:1', folder);
    }
    await workbench.runCommand('Berth: Prune Dangling Images…');
    await workbench.dialog.waitFor(/Remove 1 dangling image/);
    await workbench.shot('prune');
    await workbench.dialog.click('Remove');
    await workbench.notification(/Dangling images removed: .* reclaimed/).waitFor();
    assert.equal(await engine.docker('images', '--quiet', '--filter', 'dangling=true'), '');
  });

  it('runs an image in a terminal of its own', async () => {
    const { workbench } = suite();
    const image = await workbench.view('Local Images').item(`${registry.host}/hello`, 'v1.0.0');
    await image.choose('Run Image in Terminal');
    const terminal = workbench.page.locator('.terminal-wrapper.active');
    await terminal.waitFor();
    const running = async () =>
      engine.docker('ps', '--quiet', '--filter', `ancestor=${reference()}`).then((text) => text !== '');
    while (!(await running())) await workbench.page.waitForTimeout(100);
    await workbench.shot('run-in-terminal');
    await terminal.click();
    await workbench.page.keyboard.type('exit');
    await workbench.page.keyboard.press('Enter');
    while (await running()) await workbench.page.waitForTimeout(100);
  });

  it('shows the Docker context in the status bar, which chooses another', async () => {
    const { workbench } = suite();
    await workbench.statusItem(/Docker context: default/).click();
    await workbench.quickInput.option(/^default/).waitFor();
    await workbench.shot('docker-context');
    await workbench.quickInput.dismiss();
  });
});
