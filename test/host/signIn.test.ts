/** Sign-ins that end while the tree is open: noticed, renewed where that can be done, and never at the cost of the tree. */
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { nullLogger } from '../../src/core/common/Logger.ts';
import { digestOf } from '../../src/core/oci/digest.ts';
import type { RegistriesNode } from '../../src/explorer/nodes.ts';
import { wordErrorNode } from '../../src/explorer/wordErrorNode.ts';
import { AccountWatch } from '../../src/platform/AccountWatch.ts';
import { connectionId } from '../../src/platform/Connection.ts';
import { acrImages, startAcrContract, type AcrContractRole } from '../support/contract/acr.ts';
import { startGitHubContract } from '../support/contract/gitHub.ts';
import { anonymous, TreeFixture } from './TreeFixture.ts';

const ROLES: readonly AcrContractRole[] = ['AcrPull'];

describe('A sign-in that ends', () => {
  const startRegistry = (accounts: Record<string, readonly AcrContractRole[]>, options = {}) =>
    startAcrContract({
      repositories: { app: { manifests: acrImages(2, digestOf) }, base: { manifests: [] } },
      accounts,
      ...options,
    });
  const settingOf = (url: string) => ({
    url,
    provider: 'acr',
    auth: 'password',
    username: 'admin',
    name: new URL(url).host,
  });

  it('is one node with Sign In above what was there; signing in again reads only that connection', async () => {
    const accounts: Record<string, readonly AcrContractRole[]> = { 'admin:old': ROLES };
    await using registry = await startRegistry(accounts);
    await using other = await startRegistry({ 'admin:old': ROLES });
    const [setting, otherSetting] = [settingOf(registry.server.origin), settingOf(other.server.origin)];
    await using fixture = await TreeFixture.open(setting, otherSetting);
    for (const each of [setting, otherSetting]) {
      await fixture.secrets.store(connectionId(each), each.url, 'admin', 'old');
    }
    const node = await fixture.find(setting.name);
    const repository = await fixture.find(setting.name, 'app');
    assert.deepEqual(await fixture.labels(repository), ['v1', 'v0']);
    const otherNode = await fixture.find(otherSetting.name);
    assert.deepEqual(await fixture.labels(otherNode), ['app', 'base']);

    // The password is changed at the registry; what was given out by it ends.
    delete accounts['admin:old'];
    accounts['admin:new'] = ROLES;
    registry.revoke('access');
    fixture.tree.refreshConnection(connectionId(setting));
    const [error, ...rest] = await fixture.tree.getChildren(node);
    assert.equal(error?.kind, 'error');
    assert.equal(wordErrorNode(error).action, 'signIn');
    assert.deepEqual(
      rest.map((child) => fixture.label(child)),
      ['app', 'base'],
    );
    // Below it the tags stay, and it is not said twice.
    assert.deepEqual(await fixture.labels(repository), ['v1', 'v0']);

    const asked = other.server.requests.length;
    fixture.changes.length = 0;
    await fixture.secrets.store(connectionId(setting), setting.url, 'admin', 'new');
    fixture.sessions.reset(connectionId(setting));
    assert.deepEqual(
      fixture.changes.map((nodes) => nodes?.map(({ id }) => id)),
      [[connectionId(setting)]],
    );
    const again: RegistriesNode[] = await fixture.tree.getChildren(node);
    assert.deepEqual(
      again.map(({ id }) => id),
      rest.map(({ id }) => id),
    );
    assert.deepEqual(await fixture.labels(repository), ['v1', 'v0']);
    assert.equal(other.server.requests.length, asked);
  });

  it('is not noticed at all where it can be renewed: tokens that have ended are asked for again', async () => {
    await using registry = await startRegistry({ 'admin:old': ROLES });
    const setting = settingOf(registry.server.origin);
    await using fixture = await TreeFixture.open(setting);
    await fixture.secrets.store(connectionId(setting), setting.url, 'admin', 'old');
    const repository = await fixture.find(setting.name, 'app');
    assert.deepEqual(await fixture.labels(repository), ['v1', 'v0']);
    registry.revoke('access');
    fixture.tree.refreshNode(repository);
    assert.deepEqual(await fixture.labels(repository), ['v1', 'v0']);
  });

  it('of one organization is one node beside the repositories of the others', async () => {
    await using gitHub = await startGitHubContract({
      token: 'ghp_canary',
      scopes: ['read:packages', 'read:org'],
      organizations: ['acme', 'strict'],
      singleSignOn: ['strict'],
    });
    gitHub.push('acme/app', ['v1']);
    const url = gitHub.server.origin;
    const setting = { url, provider: 'ghcr', auth: 'password', username: 'me', apiUrl: url, name: 'GitHub' };
    await using fixture = await TreeFixture.open(setting);
    await fixture.secrets.store(connectionId(setting), url, 'me', 'ghp_canary');
    assert.deepEqual(await fixture.labels(await fixture.find('GitHub')), [
      'acme',
      'Single sign-on is needed',
    ]);
  });

  it('writes no setting, and so has nothing else read again, where signing in changes none', async () => {
    const setting = settingOf('http://127.0.0.1:9');
    await using fixture = await TreeFixture.open(setting);
    let written = 0;
    const subscription = fixture.settings.onDidChange(() => (written += 1));
    await fixture.settings.replace(connectionId(setting), { ...setting, auth: 'password' });
    subscription.dispose();
    assert.equal(written, 0);
  });
});

describe('Accounts of VS Code', () => {
  it('have the connections that use them read again when somebody else is signed in, and only those', async () => {
    const ghcr = { url: 'https://ghcr.io', auth: 'github', repositories: ['a/b'] };
    const azure = { url: 'https://mine.azurecr.io', auth: 'microsoft', repositories: ['app'] };
    const china = { url: 'https://mine.azurecr.cn', auth: 'microsoft', repositories: ['app'] };
    const plain = anonymous('http://127.0.0.1:9');
    const all = [ghcr, azure, china, plain];
    await using fixture = await TreeFixture.open(...all);
    const changes = new vscode.EventEmitter<string>();
    const asked: string[] = [];
    let session: string | undefined = 'first';
    let answering = Promise.resolve<undefined>(undefined);
    const watch = new AccountWatch({
      settings: fixture.settings,
      sessions: fixture.sessions,
      logger: nullLogger,
      onDidChange: changes.event,
      readSession: async ({ service }) => {
        asked.push(service);
        await answering;
        return session;
      },
    });
    const reset: string[] = [];
    fixture.sessions.onDidChangeConnection((id) => reset.push(id));
    const open = async () => {
      await Promise.all(all.map((each) => fixture.sessions.open(connectionId(each))));
      await new Promise(setImmediate);
    };
    const fire = async (service: string) => {
      changes.fire(service);
      await new Promise(setImmediate);
    };
    // What was never opened has nothing to be read again.
    await fire('microsoft');
    assert.deepEqual([asked, reset], [[], []]);
    await open();
    // The token of the session was only renewed, while or after the connections were read with it.
    await fire('microsoft');
    assert.deepEqual(reset.splice(0), []);
    assert.deepEqual([...new Set(asked)].sort(), ['github', 'microsoft', 'microsoft-sovereign-cloud']);
    session = 'second';
    await fire('microsoft');
    assert.deepEqual(reset.splice(0), [azure.url]);
    // Read again with that one, and renewed once more.
    await open();
    await fire('microsoft');
    assert.deepEqual(reset.splice(0), []);
    session = undefined;
    await fire('microsoft');
    assert.deepEqual(reset.splice(0), [azure.url]);
    await fire('github');
    assert.deepEqual(reset.splice(0), [ghcr.url]);
    await fire('microsoft-sovereign-cloud');
    assert.deepEqual(reset.splice(0), [china.url]);
    // Somebody signs in while it is still being found out whom a connection was opened for.
    const { promise, resolve } = Promise.withResolvers<undefined>();
    answering = promise;
    await open();
    changes.fire('github');
    resolve(undefined);
    await new Promise(setImmediate);
    assert.deepEqual(reset.splice(0), [ghcr.url]);
    watch.dispose();
    changes.dispose();
  });
});
