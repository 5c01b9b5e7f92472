/** Connecting registries: what is typed is checked where it was typed, and what is not safe only by an explicit choice. */
import * as assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startNexusContract } from '../support/contract/nexus.ts';
import { createCertificates } from '../support/servers/certificates.ts';
import { startDistribution } from '../support/servers/distribution.ts';
import { startNginx } from '../support/servers/nginx.ts';
import type { TestServer } from '../support/servers/startProcess.ts';
import { pushSample, sampleImage } from '../support/sampleImage.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { useWorkbench } from './useWorkbench.ts';

const ACCOUNT = { username: 'bob', password: 'c4nary-of-the-connect-test' };

describe('Connecting a registry', () => {
  const stack = new AsyncDisposableStack();
  let closed: TestServer;
  let secured: TestServer;
  let prefixed: TestServer;

  before('a registry with a password, one with a private CA, one under a path', async () => {
    const certificates = stack.use(await createCertificates());
    closed = stack.use(await startDistribution({ htpasswd: ACCOUNT }));
    secured = stack.use(await startDistribution({ tls: certificates }));
    const open = stack.use(await startDistribution());
    prefixed = stack.use(await startNginx({ upstream: open.url, pathPrefix: '/artifacts/docker' }));
    for (const [server, credential] of [
      [closed, { kind: 'basic', ...ACCOUNT } as const],
      [open, undefined],
    ] as const) {
      await using connection = new TestConnection(server.url, credential ? { credential } : {});
      await pushSample(connection.client, 'team/app', sampleImage(), '1.0');
    }
  });
  after(() => stack.disposeAsync());

  const suite = useWorkbench();

  /** A new connection is unfolded and focused by itself: a click meanwhile would fold it again, a palette would close. */
  const untilRevealed = async (name: string) => {
    const { workbench } = suite();
    const { row } = await workbench.view('Registries').item(name);
    await row.and(workbench.page.locator('[aria-expanded="true"]')).waitFor();
  };

  it('says at the field what is wrong with an address', async () => {
    const { workbench } = suite();
    await workbench.showContainer('Berth');
    await workbench.view('Registries').welcomeAction('Connect a Registry').click();
    const { quickInput } = workbench;
    await quickInput.answerWrongly('bob:secret@registry.example.com', /Leave user name and password out/);
    await quickInput.answerWrongly('ghcr.io/owner/app:1.0', /This is an image, not a registry/);
    await quickInput.answerWrongly('127.0.0.1:1', /Nothing listens/);
    assert.equal(await quickInput.value(), '127.0.0.1:1');
    await workbench.shot('connect-wrong-address');
  });

  it('keeps the question open until the password is right, then shows the repositories', async () => {
    const { workbench } = suite();
    const { quickInput } = workbench;
    await quickInput.answer(closed.host);
    await quickInput.waitFor(/How do you sign in/);
    await workbench.shot('connect-sign-in');
    await quickInput.pick('User Name and Password');
    await quickInput.waitFor('User name');
    await quickInput.answer(ACCOUNT.username);
    await quickInput.waitFor('Password');
    await quickInput.answerWrongly('wrong', /refuses these credentials/);
    await workbench.shot('connect-wrong-password');
    await quickInput.answer(ACCOUNT.password);
    await quickInput.waitUntilClosed();
    await workbench.view('Registries').item(closed.host, 'team', 'app', '1.0');
  });

  it('keeps the password in the secret storage and nowhere else', async () => {
    const { server, workbench } = suite();
    const settings = await readFile(join(server.dataFolder, 'data/User/settings.json'), 'utf8').catch(() =>
      readFile(join(server.dataFolder, 'data/Machine/settings.json'), 'utf8'),
    );
    assert.match(settings, /bob/);
    assert.ok(!settings.includes(ACCOUNT.password));
    assert.ok(!workbench.consoleLines.join('\n').includes(ACCOUNT.password));
  });

  it('trusts an unknown certificate only after showing its fingerprint', async () => {
    const { workbench } = suite();
    const { quickInput, dialog } = workbench;
    await workbench.runCommand('Berth: Connect a Registry…');
    await quickInput.waitFor('Address of the registry');
    await quickInput.type(secured.url);
    await quickInput.input.press('Enter');
    await dialog.waitFor(/([0-9A-F]{2}:){31}[0-9A-F]{2}/);
    await workbench.shot('connect-certificate');
    await dialog.click('Trust This Certificate');
    await quickInput.waitFor(/How do you sign in/);
    await quickInput.pick('Anonymous');
    await untilRevealed(secured.host);
  });

  it('finds the API below a path', async () => {
    const { workbench } = suite();
    const { quickInput } = workbench;
    await workbench.runCommand('Berth: Connect a Registry…');
    await quickInput.waitFor('Address of the registry');
    await quickInput.answer(`${prefixed.url}/artifacts/docker`);
    await quickInput.waitFor(/How do you sign in/);
    await quickInput.pick('Anonymous');
    await untilRevealed(`${prefixed.host}/artifacts/docker`);
    await workbench.view('Registries').item(`${prefixed.host}/artifacts/docker`, 'team', 'app', '1.0');
    await workbench.shot('connected');
  });

  it('asks once where a repository manager is, of which the address is only a port', async () => {
    await using nexus = await startNexusContract({
      repositories: { hosted: [{ name: 'app', version: 'v1' }], proxied: [] },
      connectorOf: 'hosted',
    });
    const { workbench } = suite();
    const { quickInput } = workbench;
    await workbench.runCommand('Berth: Connect a Registry…');
    await quickInput.waitFor('Address of the registry');
    await quickInput.answer(nexus.connector.origin);
    await quickInput.waitFor(/How do you sign in/);
    await quickInput.pick('Anonymous');
    await quickInput.waitFor(/serves one repository of Nexus/);
    assert.equal(await quickInput.value(), 'http://127.0.0.1/repository/');
    await workbench.shot('connect-nexus');
    await quickInput.answerWrongly(`${nexus.server.origin}/repository/gone`, /No such repository there/);
    await quickInput.answer(`${nexus.server.origin}/repository/hosted`);
    await untilRevealed(nexus.connector.host);
    const tag = await workbench.view('Registries').item(nexus.connector.host, 'app', 'v1');
    // The registry itself tells no dates.
    await tag.waitForDescription(/ago|month|year/);
  });

  it('removes a connection after asking', async () => {
    const { workbench } = suite();
    const item = await workbench.view('Registries').item(secured.host);
    await item.choose('Remove Connection…');
    await workbench.dialog.click('Remove');
    await item.waitUntilGone();
  });
});
