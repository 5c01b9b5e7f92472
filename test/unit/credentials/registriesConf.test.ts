import assert from 'node:assert/strict';
import { findRegistryRule, readRegistriesConf } from '../../../src/core/credentials/registriesConf.ts';
import { TemporaryHome } from './temporaryHome.ts';

const USER = '.config/containers/registries.conf';

describe('readRegistriesConf', () => {
  let home: TemporaryHome;
  beforeEach(async () => {
    home = await TemporaryHome.create();
  });
  afterEach(() => home.remove());

  const read = () => readRegistriesConf(home.environment);

  it('reads registries with their mirrors and where short names are looked for', async () => {
    const file = await home.write(
      USER,
      `unqualified-search-registries = ["registry.example.com", "Quay.io/"]
short-name-mode = "enforcing"

[[registry]]
prefix = "docker.io"
location = "registry-1.docker.io"
[[registry.mirror]]
location = "mirror.example.com:5000/hub"
insecure = true
[[registry.mirror]]
location = "digests.example.com"
pull-from-mirror = "digest-only"

[[registry]]
location = "internal.example.com:5000/team/"
insecure = true

[[registry]]
prefix = "*.evil.example"
blocked = true

[aliases]
"app" = "registry.example.com/app"
`,
    );
    const none = { insecure: false, blocked: false, mirrors: [], file };
    assert.deepEqual(await read(), {
      rules: [
        {
          ...none,
          prefix: 'docker.io',
          location: 'registry-1.docker.io',
          mirrors: [
            { location: 'mirror.example.com:5000/hub', insecure: true, pulls: 'all' },
            { location: 'digests.example.com', insecure: false, pulls: 'digest-only' },
          ],
        },
        {
          ...none,
          prefix: 'internal.example.com:5000/team',
          location: 'internal.example.com:5000/team',
          insecure: true,
        },
        { ...none, prefix: '*.evil.example', location: '', blocked: true },
      ],
      searchRegistries: ['registry.example.com', 'quay.io'],
      searchFile: file,
      failures: [],
    });
  });

  it('lets a later drop-in replace what was said about a registry, in the order of their names', async () => {
    await home.write(USER, '[[registry]]\nlocation = "a.io"\nblocked = true\n');
    await home.write(`${USER}.d/20-last.conf`, '[[registry]]\nlocation = "a.io"\ninsecure = true\n');
    await home.write(`${USER}.d/10-first.conf`, '[[registry]]\nlocation = "a.io"\n');
    await home.write(`${USER}.d/99-not.conf.bak`, '[[registry]]\nlocation = "b.io"\n');
    const { rules, failures } = await read();
    assert.deepEqual(failures, []);
    assert.deepEqual(
      rules.map(({ prefix, blocked, insecure }) => ({ prefix, blocked, insecure })),
      [{ prefix: 'a.io', blocked: false, insecure: true }],
    );
  });

  it('reads the file that CONTAINERS_REGISTRIES_CONF names instead of the user’s', async () => {
    await home.write(USER, '[[registry]]\nlocation = "a.io"\n');
    home.setEnv(
      'CONTAINERS_REGISTRIES_CONF',
      await home.write('own.conf', '[[registry]]\nlocation = "b.io"\n'),
    );
    assert.deepEqual(
      (await read()).rules.map(({ prefix }) => prefix),
      ['b.io'],
    );
  });

  it('reads the format before 2', async () => {
    await home.write(
      USER,
      `[registries.search]
registries = ['docker.io', 'quay.io']
[registries.insecure]
registries = ['lab:5000', 'both:5000']
[registries.block]
registries = ['evil.io', 'both:5000']
`,
    );
    const { rules, searchRegistries } = await read();
    assert.deepEqual(searchRegistries, ['docker.io', 'quay.io']);
    assert.deepEqual(
      rules.map(({ prefix, insecure, blocked }) => [prefix, insecure, blocked]),
      [
        ['lab:5000', true, false],
        ['both:5000', true, true],
        ['evil.io', false, true],
      ],
    );
  });

  it('names the line of a file that does not parse, quotes nothing of it, and reads the others', async () => {
    const broken = await home.write(USER, '[[registry]]\nlocation = "a.io"\npassword = hunter2\n');
    await home.write(`${USER}.d/a.conf`, '[[registry]]\nlocation = "b.io"\n');
    const { rules, failures } = await read();
    assert.deepEqual(
      rules.map(({ prefix }) => prefix),
      ['b.io'],
    );
    assert.deepEqual(
      failures.map(({ kind, details, cause }) => ({ kind, ...details, cause })),
      [{ kind: 'invalidInput', reason: 'configFileBroken', subject: broken, line: 3, cause: undefined }],
    );
    assert.doesNotMatch(String(failures[0]), /hunter2/);
  });

  it('leaves out single entries that say nothing usable, and says so', async () => {
    const file = await home.write(
      USER,
      '[[registry]]\nblocked = true\n[[registry]]\nlocation = 5\n[[registry]]\nlocation = "a.io"\n',
    );
    const { rules, failures } = await read();
    assert.deepEqual(
      rules.map(({ prefix }) => prefix),
      ['a.io'],
    );
    assert.deepEqual(
      failures.map(({ details }) => details.subject),
      [file, file],
    );
  });

  it('says that a file cannot be read', async () => {
    home.setEnv('CONTAINERS_REGISTRIES_CONF', home.path('bin'));
    const { failures } = await read();
    assert.deepEqual(
      failures.map(({ kind, details }) => [kind, details.code]),
      [['disk', 'EISDIR']],
    );
  });
});

describe('findRegistryRule', () => {
  const rule = (prefix: string) => ({
    prefix,
    location: prefix,
    insecure: false,
    blocked: false,
    mirrors: [],
    file: '/f',
  });
  const rules = ['a.io', 'a.io/team', 'a.io:5000', '*.b.io', 'x.b.io'].map(rule);
  for (const [reference, expected] of [
    ['a.io', 'a.io'],
    ['a.io/team', 'a.io/team'],
    ['a.io/team/app', 'a.io/team'],
    ['a.io/teams', 'a.io'],
    ['a.io:5000/team', 'a.io:5000'],
    ['a.io.evil', undefined],
    ['b.io', undefined],
    ['y.b.io', '*.b.io'],
    ['y.b.io:8443/team', '*.b.io'],
    ['x.b.io', 'x.b.io'],
    ['evilb.io', undefined],
    ['c.io/y.b.io', undefined],
  ] as const) {
    it(`takes ${expected ?? 'nothing'} for ${reference}`, () =>
      assert.equal(findRegistryRule(rules, reference)?.prefix, expected));
  }
});
