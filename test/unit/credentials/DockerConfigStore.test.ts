import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { CoreError } from '../../../src/core/common/CoreError.ts';
import type { Credential } from '../../../src/core/credentials/CredentialStore.ts';
import { DockerConfigStore } from '../../../src/core/credentials/DockerConfigStore.ts';
import { base64, helperFor, noCancel, TemporaryHome } from './temporaryHome.ts';

const SECRET = 'c4n4ry-S3cret';
const HUB = 'https://index.docker.io/v1/';
const ada: Credential = { kind: 'basic', username: 'ada', password: SECRET };
const adaAuth = { auth: base64(`ada:${SECRET}`) };

describe('DockerConfigStore', () => {
  let home: TemporaryHome;
  beforeEach(async () => {
    home = await TemporaryHome.create();
  });
  afterEach(() => home.remove());

  const get = (key: string, repository?: string) =>
    new DockerConfigStore(home.environment).get(
      { key, ...(repository !== undefined && { repository }) },
      noCancel(),
    );

  async function failureOf(key: string): Promise<CoreError> {
    const error: unknown = await get(key).then(
      () => assert.fail('it succeeded'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof CoreError, inspect(error));
    assert.ok(!inspect(error, { depth: 5 }).includes(SECRET), 'the secret is in the error');
    return error;
  }

  it('knows nothing where there is no configuration', async () => {
    assert.equal(await get('x.io'), undefined);
    await home.write('.docker/config.json', '');
    assert.equal(await get('x.io'), undefined);
    await home.write('.docker/config.json', { auths: null, credHelpers: null, credsStore: null });
    assert.equal(await get('x.io'), undefined);
  });

  it('finds a registry under every spelling of its key', async () => {
    for (const key of [
      'x.io:5000',
      'https://x.io:5000',
      'http://x.io:5000/',
      'https://x.io:5000/v1/',
      'https://x.io:5000/v2/',
    ]) {
      await home.write('.docker/config.json', { auths: { [key]: adaAuth } });
      assert.deepEqual(await get('x.io:5000'), ada, key);
    }
    for (const key of [HUB, 'docker.io', 'index.docker.io', 'https://index.docker.io/v1']) {
      await home.write('.docker/config.json', { auths: { [key]: adaAuth } });
      assert.deepEqual(await get(HUB), ada, key);
    }
  });

  it('prefers the key exactly as it was asked for', async () => {
    const other = { auth: base64('other:x') };
    await home.write('.docker/config.json', { auths: { 'https://x.io': other, 'x.io': adaAuth } });
    assert.deepEqual(await get('x.io'), ada);
  });

  it('never gives one registry the credentials of another', async () => {
    const keys = [
      'x.io',
      'x.io:443',
      'x.io:5000',
      'sub.x.io',
      'x.io.evil.example',
      'y.io',
      HUB,
      'localhost:5000',
      'localhost:5001',
    ];
    await fc.assert(
      fc.asyncProperty(fc.subarray(keys), fc.constantFrom(...keys), async (known, asked) => {
        const auths = Object.fromEntries(known.map((key) => [key, { auth: base64(`user:${key}`) }]));
        await home.write('.docker/config.json', { auths });
        const expected = known.includes(asked)
          ? { kind: 'basic', username: 'user', password: asked }
          : undefined;
        assert.deepEqual(await get(asked), expected);
      }),
      { numRuns: 50 },
    );
  });

  it('reads every way a credential is written', async () => {
    await home.write('.docker/config.json', {
      auths: {
        'colon.io': { auth: base64('ada:pass:with:colons') },
        'fields.io': { username: 'ada', password: SECRET },
        'identity.io': { auth: base64('ada:'), identitytoken: 'refresh' },
        'bearer.io': { registrytoken: 'ready', auth: base64('ada:x') },
        'nul.io': { auth: base64('ada:secret\0\0') },
        'empty.io': {},
        'null.io': null,
        'out.io': { auth: '' },
      },
    });
    assert.deepEqual(await get('colon.io'), { kind: 'basic', username: 'ada', password: 'pass:with:colons' });
    assert.deepEqual(await get('fields.io'), ada);
    assert.deepEqual(await get('identity.io'), { kind: 'identityToken', token: 'refresh', username: 'ada' });
    assert.deepEqual(await get('bearer.io'), { kind: 'bearer', token: 'ready' });
    assert.deepEqual(await get('nul.io'), { kind: 'basic', username: 'ada', password: 'secret' });
    for (const key of ['empty.io', 'null.io', 'out.io']) assert.equal(await get(key), undefined, key);
  });

  it('looks in the folder DOCKER_CONFIG names, and past a byte order mark', async () => {
    await home.write('.docker/config.json', { auths: { 'x.io': { auth: base64('wrong:file') } } });
    await home.write('elsewhere/config.json', `\uFEFF${JSON.stringify({ auths: { 'x.io': adaAuth } })}`);
    home.setEnv('DOCKER_CONFIG', home.path('elsewhere'));
    assert.deepEqual(await get('x.io'), ada);
  });

  it('takes DOCKER_AUTH_CONFIG first, and the file for what it does not know', async () => {
    await home.write('.docker/config.json', {
      auths: { 'x.io': { auth: base64('file:f') }, 'y.io': { auth: base64('file:f') } },
    });
    home.setEnv('DOCKER_AUTH_CONFIG', JSON.stringify({ auths: { 'x.io': adaAuth } }));
    assert.deepEqual(await get('x.io'), ada);
    assert.deepEqual(await get('y.io'), { kind: 'basic', username: 'file', password: 'f' });
  });

  it("asks a registry's own helper before the store for all, and that before the file", async () => {
    await home.addHelper('own', helperFor('x.io', 'own', 'a'));
    await home.addHelper('all', helperFor('y.io', 'all', 'b'));
    const auth = { auth: base64('file:c') };
    await home.write('.docker/config.json', {
      auths: { 'x.io': auth, 'y.io': auth, 'z.io': auth },
      credHelpers: { 'x.io': 'own' },
      credsStore: 'all',
    });
    assert.deepEqual(await get('x.io'), { kind: 'basic', username: 'own', password: 'a' });
    assert.deepEqual(await get('y.io'), { kind: 'basic', username: 'all', password: 'b' });
    assert.deepEqual(await get('z.io'), { kind: 'basic', username: 'file', password: 'c' });
    assert.equal(await readFile(home.path('asked'), 'utf8'), 'get x.io\nget y.io\nget z.io\n');
  });

  it('uses a helper for exactly its registry', async () => {
    await home.addHelper('own', helperFor('x.io', 'own', 'a'));
    await home.write('.docker/config.json', { credHelpers: { 'x.io': 'own', 'y.io/team': 'own' } });
    for (const key of ['x.io:443', 'sub.x.io', 'y.io']) assert.equal(await get(key), undefined);
    await assert.rejects(readFile(home.path('asked')), 'the helper was asked');
  });

  it('spares a registry with an empty helper name the store for all', async () => {
    await home.write('.docker/config.json', {
      auths: { 'x.io': adaAuth },
      credHelpers: { 'x.io': '' },
      credsStore: 'absent',
    });
    assert.deepEqual(await get('x.io'), ada);
  });

  it("asks helpers for Docker Hub by Docker's name for it", async () => {
    await home.addHelper('all', helperFor(HUB, 'hub', 'a'));
    await home.write('.docker/config.json', { credsStore: 'all' });
    assert.deepEqual(await get(HUB), { kind: 'basic', username: 'hub', password: 'a' });
  });

  it("reports a helper's failure instead of using something else", async () => {
    await home.write('.docker/config.json', { auths: { 'x.io': adaAuth }, credsStore: 'absent' });
    const error = await failureOf('x.io');
    assert.deepEqual([error.kind, error.details.reason], ['credentialHelper', 'helperMissing']);
  });

  it('names a broken file, without a word of what is in it', async () => {
    for (const content of [
      `{"auths": {"x.io": ${SECRET}`,
      `{"auths": "${SECRET}"}`,
      `["${SECRET}"`,
      { auths: { 'x.io': { auth: 5 } } },
    ]) {
      const path = await home.write('.docker/config.json', content);
      const error = await failureOf('x.io');
      assert.deepEqual(
        [error.kind, error.details.reason, error.details.subject],
        ['invalidInput', 'credentialFileBroken', path],
      );
    }
    home.setEnv('DOCKER_AUTH_CONFIG', `{${SECRET}`);
    assert.equal((await failureOf('x.io')).details.subject, 'DOCKER_AUTH_CONFIG');
  });

  it('names an entry that is not user:password, and still reads the others', async () => {
    await home.write('.docker/config.json', { auths: { 'x.io': { auth: base64(SECRET) }, 'y.io': adaAuth } });
    assert.equal((await failureOf('x.io')).details.reason, 'credentialFileBroken');
    assert.deepEqual(await get('y.io'), ada);
  });

  it('names a file that cannot be read', async () => {
    await mkdir(home.path('.docker/config.json'), { recursive: true });
    const error = await failureOf('x.io');
    assert.deepEqual(
      [error.kind, error.details.reason, error.details.code],
      ['disk', 'credentialFileUnreadable', 'EISDIR'],
    );
  });

  it('limits a key with a path to the repositories under it', async () => {
    await home.write('.docker/config.json', { auths: { 'x.io/team': adaAuth } });
    assert.equal(await get('x.io'), undefined);
    assert.equal(await get('x.io', 'teammate/app'), undefined);
    assert.deepEqual(await get('x.io', 'team/app'), ada);
  });
});
