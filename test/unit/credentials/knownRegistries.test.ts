import assert from 'node:assert/strict';
import { listKnownRegistries } from '../../../src/core/credentials/knownRegistries.ts';
import { base64, helperFor, noCancel, TemporaryHome } from './temporaryHome.ts';

const SECRET = 'c4n4ry-S3cret';
const HUB = 'https://index.docker.io/v1/';
const auth = (username: string) => ({ auth: base64(`${username}:${SECRET}`) });

describe('listKnownRegistries', () => {
  let home: TemporaryHome;
  beforeEach(async () => {
    home = await TemporaryHome.create();
  });
  afterEach(() => home.remove());

  const list = () => listKnownRegistries(home.environment, noCancel());

  it('is empty on a machine that never signed in', async () => {
    assert.deepEqual(await list(), { registries: [], failures: [] });
  });

  it('gathers files and helpers, with user names and no secrets', async () => {
    await home.addHelper('own', helperFor('own.io', 'olga', SECRET));
    await home.addHelper('mute', "echo '{}'");
    await home.addHelper(
      'all',
      `printf '{"%s":"hubert","https://index.docker.io/v1/access-token":"hubert","own.io":"stale","mute.io":"stale","token.io":"<token>","odd key!":"x"}' '${HUB}'`,
    );
    await home.write('.docker/config.json', {
      auths: {
        'b.io': auth('bea'),
        'https://a.io/v1/': auth('ann'),
        'own.io': {},
        'empty.io': {},
        'broken.io': { auth: 'x' },
      },
      credHelpers: { 'own.io': 'own', 'mute.io': 'mute', 'plain.io': '' },
      credsStore: 'all',
    });
    await home.write('.config/containers/auth.json', {
      auths: { 'b.io': auth('podman'), 'x.io/team': auth('team') },
    });
    const known = await list();
    assert.deepEqual(known.failures, []);
    assert.deepEqual(known.registries, [
      { key: 'a.io', username: 'ann', source: 'docker' },
      { key: 'b.io', username: 'bea', source: 'docker' },
      { key: HUB, username: 'hubert', source: 'docker', helper: 'docker-credential-all' },
      { key: 'mute.io', source: 'docker', helper: 'docker-credential-mute' },
      { key: 'own.io', username: 'olga', source: 'docker', helper: 'docker-credential-own' },
      { key: 'token.io', source: 'docker', helper: 'docker-credential-all' },
      { key: 'x.io', path: 'team', username: 'team', source: 'podman' },
    ]);
    assert.ok(!JSON.stringify(known).includes(SECRET));
  });

  it('offers the rest when a helper or a file fails, and says what failed', async () => {
    await home.write('.docker/config.json', {
      auths: { 'a.io': auth('ann') },
      credsStore: 'absent',
      credHelpers: { 'b.io': '../x' },
    });
    await home.write('.config/containers/auth.json', '{');
    home.setEnv('DOCKER_AUTH_CONFIG', JSON.stringify({ auths: { 'env.io': auth('eve') } }));
    const { registries, failures } = await list();
    assert.deepEqual(
      registries.map(({ key }) => key),
      ['env.io', 'a.io', 'b.io'],
    );
    assert.deepEqual(failures.map(({ details }) => details.reason).sort(), [
      'badName',
      'credentialFileBroken',
      'helperMissing',
    ]);
  });

  it('follows Cancel', async () => {
    await home.addHelper('all', helperFor('x.io', 'a', 'b'));
    await home.write('.docker/config.json', { credsStore: 'all' });
    await assert.rejects(listKnownRegistries(home.environment, AbortSignal.abort()), { kind: 'cancelled' });
  });
});
