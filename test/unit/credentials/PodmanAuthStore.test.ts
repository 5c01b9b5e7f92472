import assert from 'node:assert/strict';
import { PodmanAuthStore, podmanAuthFiles } from '../../../src/core/credentials/PodmanAuthStore.ts';
import { base64, helperFor, noCancel, TemporaryHome } from './temporaryHome.ts';

const HUB = 'https://index.docker.io/v1/';
const auth = (username: string) => ({ auth: base64(`${username}:pw`) });

describe('PodmanAuthStore', () => {
  let home: TemporaryHome;
  beforeEach(async () => {
    home = await TemporaryHome.create();
  });
  afterEach(() => home.remove());

  async function userFor(key: string, repository?: string): Promise<string | undefined> {
    const store = new PodmanAuthStore(home.environment);
    const credential = await store.get({ key, ...(repository !== undefined && { repository }) }, noCancel());
    return credential?.kind === 'basic' ? credential.username : undefined;
  }

  it('prefers the longest path that holds the repository', async () => {
    await home.write('.config/containers/auth.json', {
      auths: { 'x.io': auth('all'), 'x.io/team': auth('team'), 'x.io/team/app': auth('app') },
    });
    assert.equal(await userFor('x.io', 'team/app'), 'app');
    assert.equal(await userFor('x.io', 'team/app/sub'), 'app');
    assert.equal(await userFor('x.io', 'team/apple'), 'team');
    assert.equal(await userFor('x.io', 'teams/app'), 'all');
    assert.equal(await userFor('x.io'), 'all');
    assert.equal(await userFor('x.io:5000', 'team/app'), undefined);
  });

  it('knows Docker Hub as docker.io, with paths', async () => {
    await home.write('.config/containers/auth.json', {
      auths: { 'docker.io': auth('hub'), 'docker.io/acme': auth('acme') },
    });
    assert.equal(await userFor(HUB), 'hub');
    assert.equal(await userFor(HUB, 'acme/app'), 'acme');
  });

  it('asks the file of this session before the lasting one', async () => {
    await home.write('.config/containers/auth.json', {
      auths: { 'x.io': auth('lasting'), 'y.io': auth('lasting') },
    });
    await home.write('run/containers/auth.json', { auths: { 'x.io': auth('session') } });
    home.setEnv('XDG_RUNTIME_DIR', home.path('run'));
    assert.equal(await userFor('x.io'), 'session');
    assert.equal(await userFor('y.io'), 'lasting');
  });

  it('asks only the file REGISTRY_AUTH_FILE names, where set', async () => {
    await home.write('.config/containers/auth.json', { auths: { 'x.io': auth('lasting') } });
    home.setEnv('REGISTRY_AUTH_FILE', await home.write('mine.json', { auths: { 'y.io': auth('mine') } }));
    assert.equal(await userFor('y.io'), 'mine');
    assert.equal(await userFor('x.io'), undefined);
  });

  it("uses a registry's helper, by the host's own name", async () => {
    await home.addHelper('own', helperFor('docker.io', 'helped', 'pw'));
    await home.write('.config/containers/auth.json', {
      credHelpers: { 'docker.io': 'own' },
      auths: { 'docker.io': auth('file') },
    });
    assert.equal(await userFor(HUB), 'helped');
  });
});

describe('podmanAuthFiles', () => {
  it('follows the variables, and the user number where there is no session folder', () => {
    const files = (env: Record<string, string>, uid?: number) =>
      podmanAuthFiles({ env, homeDir: '/home/ada', ...(uid !== undefined && { uid }) });
    assert.deepEqual(files({}), ['/home/ada/.config/containers/auth.json']);
    assert.deepEqual(files({}, 7), ['/run/containers/7/auth.json', '/home/ada/.config/containers/auth.json']);
    assert.deepEqual(files({ XDG_RUNTIME_DIR: '/run/user/7', XDG_CONFIG_HOME: '/c' }, 7), [
      '/run/user/7/containers/auth.json',
      '/c/containers/auth.json',
    ]);
    assert.deepEqual(files({ REGISTRY_AUTH_FILE: '/a.json', XDG_RUNTIME_DIR: '/r' }), ['/a.json']);
  });
});
