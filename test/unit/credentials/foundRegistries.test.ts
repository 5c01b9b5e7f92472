import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import {
  findRegistries,
  listPullMirrors,
  type FoundRegistry,
} from '../../../src/core/credentials/foundRegistries.ts';
import { base64, noCancel, TemporaryHome } from './temporaryHome.ts';

const SECRET = 'c4n4ry-S3cret';
const mirror = (location: string) => ({ location, insecure: false, pulls: 'all' });
const auth = (username: string) => ({ auth: base64(`${username}:${SECRET}`) });

describe('findRegistries', () => {
  let home: TemporaryHome;
  beforeEach(async () => {
    home = await TemporaryHome.create();
  });
  afterEach(() => home.remove());

  /** Without what this machine itself has in /etc. */
  const find = async () => {
    const found = await findRegistries(home.environment, noCancel());
    const isOurs = ({ evidence }: FoundRegistry) =>
      evidence.some((each) => !('file' in each) || each.file.startsWith(home.dir));
    return { ...found, registries: found.registries.filter(isOurs) };
  };
  const byAddress = (registries: readonly FoundRegistry[]) =>
    Object.fromEntries(registries.map((registry) => [registry.address, registry]));

  it('gathers every place that names a registry, once each, signed-in ones first', async () => {
    await home.write('.docker/config.json', {
      auths: { 'https://index.docker.io/v1/': auth('hub'), 'z.io': auth('zoe') },
    });
    await home.write('.config/containers/auth.json', {
      auths: { 'z.io': auth('zoe'), 'a.io/team': auth('team') },
    });
    const conf = await home.write(
      '.config/containers/registries.conf',
      `unqualified-search-registries = ["search.io"]
[[registry]]
location = "z.io"
[[registry.mirror]]
location = "mirror.io/z"
[[registry]]
prefix = "*.evil.io"
blocked = true
[[registry]]
location = "x.evil.io"
[[registry]]
prefix = "here.io"
location = "there.io/here"
insecure = true
[[registry]]
location = "image.io/app:1.0"
`,
    );
    const daemon = await home.write('.config/docker/daemon.json', {
      'insecure-registries': ['lab:5000', '10.0.0.0/8'],
      'registry-mirrors': ['https://hub-mirror.io/'],
    });
    await home.write('.docker/certs.d/y.evil.io/ca.crt', '');
    await home.write('.docker/certs.d/z.io/ca.crt', '');
    await home.write('.docker/certs.d/own-ca.io:5000/ca.crt', '');
    const { registries, failures } = await find();
    assert.deepEqual(failures, []);
    assert.deepEqual(
      registries.map(({ address }) => address),
      [
        'a.io/team',
        'docker.io',
        'z.io',
        'hub-mirror.io',
        'lab:5000',
        'mirror.io/z',
        'own-ca.io:5000',
        'search.io',
        'there.io/here',
        'x.evil.io',
        'y.evil.io',
      ],
    );
    const named = byAddress(registries);
    assert.deepEqual(named['z.io'], {
      address: 'z.io',
      evidence: [
        { kind: 'signIn', source: 'docker', username: 'zoe' },
        { kind: 'registriesConf', file: conf },
        { kind: 'certificates', file: home.path('.docker/certs.d/z.io') },
      ],
      mirrors: [mirror('mirror.io/z')],
    });
    assert.deepEqual(named['docker.io']?.mirrors, [mirror('hub-mirror.io')]);
    assert.deepEqual(await listPullMirrors('docker.io/library', home.environment), [mirror('hub-mirror.io')]);
    assert.deepEqual(await listPullMirrors('z.io/team', home.environment), [mirror('mirror.io/z')]);
    assert.deepEqual(await listPullMirrors('there.io', home.environment), []);
    assert.deepEqual(named['mirror.io/z']?.evidence, [{ kind: 'mirror', file: conf, of: 'z.io' }]);
    assert.equal(named['y.evil.io']?.blockedBy, conf);
    assert.equal(named['x.evil.io']?.blockedBy, undefined, 'a rule of its own is closer');
    assert.equal(named['there.io/here']?.insecureIn, conf);
    assert.equal(named['lab:5000']?.insecureIn, daemon);
    assert.equal(named['a.io/team']?.insecureIn, undefined);
    assert.ok(!inspect(registries, { depth: 9 }).includes(SECRET));
  });

  it('finds the rest when files do not parse, and names each with its line', async () => {
    const docker = await home.write('.docker/config.json', `{\n "auths": {\n  "a.io": "${SECRET}",,\n }\n}`);
    const conf = await home.write('.config/containers/registries.conf', '\n[[registry]\n');
    const daemon = await home.write('.config/docker/daemon.json', '{\n\n "x": \n}');
    await home.write('.docker/certs.d/b.io/ca.crt', '');
    const { registries, failures } = await find();
    assert.deepEqual(
      registries.map(({ address }) => address),
      ['b.io'],
    );
    const lines = failures.map(({ details }) => [details.subject, details.line]);
    assert.deepEqual(
      lines.toSorted(),
      [
        [conf, 2],
        [docker, 3],
        [daemon, 4],
      ].toSorted(),
    );
    assert.ok(!inspect(failures, { depth: 9 }).includes(SECRET));
  });
});
