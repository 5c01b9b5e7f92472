import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { nullLogger } from '../../../src/core/common/Logger.ts';
import {
  certificateFolders,
  listCertificateHosts,
  readDockerCertificates,
} from '../../../src/core/credentials/dockerCertificates.ts';
import { createCertificates } from '../../support/servers/certificates.ts';
import { TemporaryHome } from './temporaryHome.ts';

const pem = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;

const nothing = { additionalCaPem: [], unusedFiles: [] };

describe('readDockerCertificates', () => {
  let clientPem: Record<'cert' | 'key' | 'otherKey' | 'encryptedKey', string>;
  before(async () => {
    await using certificates = await createCertificates();
    const client = await certificates.issueClient('client');
    const other = await certificates.issueClient('other');
    clientPem = {
      cert: await readFile(client.certificateFile, 'utf8'),
      key: await readFile(client.keyFile, 'utf8'),
      otherKey: await readFile(other.keyFile, 'utf8'),
      encryptedKey: await readFile(client.encryptedKeyFile, 'utf8'),
    };
  });

  let home: TemporaryHome;
  const warnings: string[] = [];
  const logger = { ...nullLogger, warn: (text: string) => void warnings.push(text) };
  beforeEach(async () => {
    home = await TemporaryHome.create();
    warnings.length = 0;
  });
  afterEach(() => home.remove());

  const read = (host: string) =>
    readDockerCertificates(host, [home.path('user'), home.path('system')], logger);

  it('gathers the CAs of all folders and the first pair that can be used', async () => {
    await home.write('user/x.io:5000/b.crt', pem('user b'));
    await home.write('user/x.io:5000/a.crt', pem('user a'));
    await home.write('system/x.io:5000/ca.crt', pem('system'));
    await home.write('system/x.io:5000/a.cert', clientPem.cert);
    await home.write('system/x.io:5000/a.key', clientPem.key);
    await home.write('system/x.io:5000/b.cert', pem('never looked at'));
    const { clientKeyPem, ...rest } = await read('x.io:5000');
    assert.deepEqual(rest, {
      additionalCaPem: [pem('user a'), pem('user b'), pem('system')],
      clientCertificatePem: clientPem.cert,
      unusedFiles: [],
    });
    assert.ok(clientKeyPem);
    assert.deepEqual(warnings, []);
  });

  it('knows nothing for another port, and nothing where no folder is', async () => {
    await home.write('user/x.io:5000/ca.crt', pem('user'));
    assert.deepEqual(await read('x.io'), nothing);
    assert.deepEqual(await read('x.io:5001'), nothing);
  });

  it('takes port 443 for the same, written or not', async () => {
    await home.write('user/x.io/ca.crt', pem('bare'));
    await home.write('system/x.io:443/ca.crt', pem('with port'));
    for (const host of ['x.io', 'x.io:443'])
      assert.deepEqual((await read(host)).additionalCaPem.toSorted(), [pem('bare'), pem('with port')]);
  });

  it('never makes a path of what is no host', async () => {
    await home.write('secret/ca.crt', pem('outside'));
    for (const host of ['../secret', '..', '', 'a/b', '/etc']) assert.deepEqual(await read(host), nothing);
  });

  it('leaves out what cannot be used, logs it and says which file and why', async () => {
    await home.write('user/x.io/der.crt', 'binary');
    await mkdir(home.path('user/x.io/folder.crt'));
    await home.write('user/x.io/good.crt', pem('good'));
    await home.write('user/x.io/lonely.cert', clientPem.cert);
    await home.write('user/x.io/torn.cert', clientPem.cert);
    await home.write('user/x.io/torn.key', clientPem.otherKey);
    await home.write('user/x.io/locked.cert', clientPem.cert);
    await home.write('user/x.io/locked.key', clientPem.encryptedKey);
    const { unusedFiles, ...rest } = await read('x.io');
    assert.deepEqual(rest, { additionalCaPem: [pem('good')] });
    const folder = home.path('user/x.io');
    assert.deepEqual(unusedFiles.toSorted(), [
      `${folder}/der.crt (not PEM)`,
      `${folder}/folder.crt (EISDIR)`,
      `${folder}/locked.key (encrypted)`,
      `${folder}/lonely.cert (no lonely.key beside it)`,
      `${folder}/torn.key (the key of another certificate)`,
    ]);
    assert.equal(warnings.length, 5);
  });

  it('lists the hosts that have a folder', async () => {
    await home.write('user/X.io:5000/ca.crt', pem('a'));
    await home.write('system/not a host/ca.crt', pem('b'));
    await home.write('system/readme.txt', '');
    assert.deepEqual(await listCertificateHosts([home.path('user'), home.path('system'), home.path('no')]), [
      { host: 'x.io:5000', folder: home.path('user/X.io:5000') },
    ]);
  });
});

describe('certificateFolders', () => {
  it("are the user's, then the system's, and follow the variables", () => {
    assert.deepEqual(certificateFolders({ env: {}, homeDir: '/home/ada' }), [
      '/home/ada/.config/containers/certs.d',
      '/home/ada/.docker/certs.d',
      '/home/ada/.config/docker/certs.d',
      '/etc/containers/certs.d',
      '/etc/docker/certs.d',
    ]);
    const moved = certificateFolders({
      env: { DOCKER_CONFIG: '/d', XDG_CONFIG_HOME: '/c' },
      homeDir: '/home/ada',
    });
    assert.deepEqual(moved.slice(0, 3), ['/c/containers/certs.d', '/d/certs.d', '/c/docker/certs.d']);
  });
});
