/** Cleaning up a repository by rules: the dry run as a document, edited, run and undone; rules saved and used again. */
import * as assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildBlob, buildJsonBlob, buildManifest } from '../../scripts/samples/buildArtifact.ts';
import { buildIndex } from '../../scripts/samples/buildIndex.ts';
import { pushBuilt } from '../../scripts/samples/pushBuilt.ts';
import { MediaType } from '../../src/core/oci/mediaType.ts';
import { FaultServer } from '../support/faultServer/FaultServer.ts';
import { forward } from '../support/forward.ts';
import type { TestServer } from '../support/servers/startProcess.ts';
import { startDistribution } from '../support/servers/distribution.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { useWorkbench } from './useWorkbench.ts';

const DAY_MS = 24 * 3600 * 1000;

/** An image made `days` ago. */
function image(name: string, days: number) {
  return buildManifest({
    config: buildJsonBlob(MediaType.ociConfig, {
      architecture: 'amd64',
      os: 'linux',
      created: new Date(Date.now() - days * DAY_MS).toISOString(),
      config: {},
      rootfs: { type: 'layers', diff_ids: [] },
    }),
    layers: [buildBlob(MediaType.ociLayer, `${name} `.repeat(10_000))],
  });
}

describe('A clean-up', () => {
  let registry: TestServer;
  /** In front of it, so that a deletion can be held. */
  let gate: FaultServer;
  /** Deletions that still go through; all of them where nothing is held. */
  let deletionsLeft = Infinity;
  let onHeld = Promise.withResolvers<undefined>();
  const signal = new AbortController().signal;

  before('a registry with old and new images', async () => {
    registry = await startDistribution({ version: 3 });
    gate = await FaultServer.start();
    const pass = forward(registry.url);
    gate.on('/*', async (exchange) => {
      if (exchange.request.method === 'DELETE' && --deletionsLeft < 0) onHeld.resolve(undefined);
      else await pass(exchange);
    });
    await using connection = new TestConnection(registry.url);
    const push = (built: Parameters<typeof pushBuilt>[2], ...tags: string[]) =>
      pushBuilt(connection.client, 'team/app', built, tags, signal);
    for (let minor = 0; minor < 6; minor++) await push(image(`v1.${minor}`, 100.5 - minor), `1.${minor}.0`);
    const platform = image('platform', 200);
    await push(buildIndex([platform]), 'latest');
    await push(platform, 'latest-amd64');
    await push(image('deployed', 150), 'deployed');
    await push(image('nightly', 120), 'nightly-1', 'nightly-2');
  });
  after('stop the registry', async () => {
    await gate[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  const suite = useWorkbench(() => ({
    settings: {
      'berth.connections': [{ name: 'Work', url: gate.origin, auth: 'anonymous' }],
    },
    files: { 'compose.yaml': `services:\n  app:\n    image: ${gate.host}/team/app:deployed\n` },
    size: { width: 1400, height: 900 },
  }));
  const repository = () => suite().workbench.view('Registries').item('Work', 'team', 'app');
  const document = () => suite().workbench.editor(/team-app\.berth-cleanup/);
  /** The word before a tag. */
  const wordOf = async (tag: string) => {
    const text = await document().text();
    return new RegExp(`^(keep|delete)\\s+${tag.replaceAll('.', '\\.')}(?=\\s)`, 'm').exec(text)?.[1];
  };

  /** Asks for the clean-up of so many, and waits for the question whether it is meant. */
  const openRun = (count: number) =>
    document().clickLens(`Run Clean-Up (${count})`, (timeout) =>
      suite().workbench.dialog.waitFor(new RegExp(`Delete ${count} tags`), timeout),
    );

  it('asks for rules, and opens what they would do as a document', async () => {
    const { workbench } = suite();
    await workbench.showContainer('Berth');
    await workbench.view('Local Images').close();
    await (await repository()).choose('Clean Up Repository…');
    const { quickInput } = workbench;
    await quickInput.option(/Delete Older Than/).waitFor();
    await workbench.shot('clean-up-rules');
    await quickInput.pick(/Delete Older Than/);
    await quickInput.waitForMessage('Older than how many days?');
    await quickInput.answerWrongly('many', /whole number/);
    await quickInput.answer('97');
    await quickInput.waitForMessage(/Which tags stay/);
    assert.equal(await quickInput.value(), 'latest');
    await quickInput.answer('latest');
    await document().waitFor();
    for (const [tag, word] of Object.entries({
      '1.0.0': 'delete',
      '1.3.0': 'delete',
      '1.4.0': 'keep',
      latest: 'keep',
      'latest-amd64': 'keep',
      deployed: 'keep',
      'nightly-1': 'delete',
    })) {
      assert.equal(await wordOf(tag), word, tag);
    }
    const text = await document().text();
    assert.match(text, /used\sin\scompose\.yaml/);
    assert.match(text, /part\sof\slatest/);
    assert.match(text, /protected\sby\s"latest"/);
    await workbench.page.getByText('Run Clean-Up (6)').waitFor();
    await workbench.shot('clean-up-document');
  });

  it('marks a bad line where it stands, and asks before protected tags go', async () => {
    const { workbench } = suite();
    const { page } = workbench;
    const line = (tag: string) =>
      page.locator('.view-line').filter({ hasText: new RegExp(`^\\S+\\s+${tag}\\s`) });
    const replaceWord = async (tag: string, word: string) => {
      await line(tag)
        .first()
        .click({ position: { x: 5, y: 5 } });
      await page.keyboard.press('Home');
      await page.keyboard.press('Control+Shift+ArrowRight');
      await page.keyboard.type(word);
      await page.keyboard.press('Escape');
    };
    await replaceWord('1.3.0', 'drop');
    await page.locator('.squiggly-error').first().waitFor();
    await workbench.shot('clean-up-problem');
    const refusal = workbench.notification(/cannot be carried out/);
    await document().clickLens('Run Clean-Up (5)', (timeout) => refusal.waitFor(timeout));
    await refusal.dismiss();
    await replaceWord('1.3.0', 'keep ');
    await replaceWord('deployed', 'delete');
    await page.locator('.squiggly-warning').first().waitFor();
    await workbench.shot('clean-up-protected');
    await openRun(6);
    const { dialog } = workbench;
    await dialog.waitFor(/Delete 6 tags of team\/app/);
    assert.match(await dialog.detail(), /deployed \(used in compose\.yaml\)/);
    await workbench.shot('clean-up-confirm');
    await dialog.click('Cancel');
    await replaceWord('deployed', 'keep  ');
    await page.getByText('Run Clean-Up (5)').waitFor();
  });

  it('saves its rules in the settings of the workspace', async () => {
    const { workbench, workspace } = suite();
    await workbench.page.getByText('Save Rules…').click();
    await workbench.quickInput.waitForMessage(/Name of the rules/);
    await workbench.quickInput.answer('Old ones');
    await workbench.notification(/Saved "Old ones" in the settings of the workspace/).dismiss();
    const settings = JSON.parse(await readFile(join(workspace, '.vscode/settings.json'), 'utf8')) as object;
    assert.deepEqual((settings as Record<string, unknown>)['berth.cleanUp.rules'], [
      { name: 'Old ones', delete: [{ olderThanDays: 97 }], protect: ['latest'] },
    ]);
  });

  it('deletes what the document says, closes it, and says how the space comes free', async () => {
    const { workbench } = suite();
    await openRun(5);
    await workbench.dialog.click('Delete 5 Tags');
    const done = workbench.notification(/Cleaned up team\/app: 5 of 5 deleted/);
    await done.waitFor();
    assert.match(await done.text(), /garbage-collect/);
    await document().tab.waitFor({ state: 'detached' });
    const labels = await workbench.view('Registries').labels();
    await workbench.shot('clean-up-done');
    assert.ok(!labels.includes('nightly-1'), labels.join());
    await done.click('Undo');
    const tag = await workbench.view('Registries').item('Work', 'team', 'app', 'nightly-1');
    await tag.waitForDescription(/kB|MB/);
    await workbench.shot('clean-up-undone');
  });

  it('offers the saved rules first, in a dark window too', async () => {
    const { workbench, server } = suite();
    await server.writeSettings({
      'berth.connections': [{ name: 'Work', url: gate.origin, auth: 'anonymous' }],
      'workbench.colorTheme': 'Default Dark Modern',
    });
    await workbench.page.locator('.monaco-workbench.vs-dark').waitFor();
    await (await repository()).choose('Clean Up Repository…');
    await workbench.quickInput.pick(/Old ones/);
    await document().waitFor();
    assert.equal(await wordOf('1.3.0'), 'delete');
    await workbench.shot('clean-up-document-dark');
  });

  /** Runs the clean-up that is open until two tags are gone, and closes the window on it. */
  const interrupt = async () => {
    const { workbench } = suite();
    deletionsLeft = 2;
    onHeld = Promise.withResolvers<undefined>();
    await openRun(6);
    await workbench.dialog.click('Delete 6 Tags');
    await onHeld.promise;
    await workbench.reload();
    deletionsLeft = Infinity;
    await workbench.showContainer('Berth');
    const interrupted = await workbench.view('Activity').item('Clean up team/app');
    await interrupted.waitForDescription('interrupted');
    return interrupted;
  };
  const tags = async () => {
    await using connection = new TestConnection(registry.url);
    return (await connection.client.listTags('team/app', undefined, 100, signal)).items.toSorted();
  };

  it('is offered after a reload to be rolled back: all tags are there again', async () => {
    const { workbench } = suite();
    const before = await tags();
    const interrupted = await interrupt();
    assert.ok((await tags()).length < before.length);
    await workbench.notification('Interrupted: Clean up team/app').waitFor();
    await workbench.shot('clean-up-interrupted-dark');
    await interrupted.clickAction('Roll Back');
    await interrupted.waitForDescription('undone');
    assert.deepEqual(await tags(), before);
    await workbench.shot('clean-up-rolled-back');
  });

  it('is offered after a reload to go on to its end', async () => {
    const { workbench } = suite();
    const before = await tags();
    // Its document is as it was; more than one window may have it.
    await document().activate();
    const interrupted = await interrupt();
    await interrupted.clickAction('Resume');
    await workbench.notification(/Cleaned up team\/app: \d of \d deleted/).waitFor();
    assert.equal((await tags()).length, before.length - 6);
    await workbench.shot('clean-up-resumed');
  });

  it('has the same said of a deletion that was interrupted', async () => {
    const { workbench } = suite();
    const tag = await workbench.view('Registries').item('Work', 'team', 'app', '1.5.0');
    await tag.waitForDescription(/kB|MB/);
    await tag.choose('Delete Tag…');
    await workbench.dialog.waitFor('Delete the tag "1.5.0"');
    deletionsLeft = 0;
    onHeld = Promise.withResolvers<undefined>();
    await workbench.dialog.click('Delete');
    await onHeld.promise;
    await workbench.reload();
    deletionsLeft = Infinity;
    await workbench.showContainer('Berth');
    const interrupted = await workbench.view('Activity').item('Delete 1.5.0 of team/app');
    await interrupted.waitForDescription('interrupted');
    await interrupted.clickAction('Resume');
    await workbench.notification('Delete 1.5.0 of team/app: 1 of 1 deleted.').waitFor();
    assert.ok(!(await tags()).includes('1.5.0'));
    await workbench.shot('deletion-resumed');
  });
});
