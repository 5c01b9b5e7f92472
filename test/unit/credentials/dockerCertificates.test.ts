import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { nullLogger } from '../../../src/core/common/Logger.ts';
import {
  certificateFolders,
  readDockerCertificates,
} from '../../../src/core/credentials/dockerCertificates.ts';
import { TemporaryHome } from './temporaryHome.ts';

const pem = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;

describe('readDockerCertificates', () => {
  let home: TemporaryHome;
  const warnings: string[] = [];
  const logger = { ...nullLogger, warn: (text: string) => void warnings.push(text) };
  beforeEach(async () => {
    home = await TemporaryHome.create();
    warnings.length = 0;
  });
  afterEach(() => home.remove());

  const read = (host: string) =>
    readDockerCertificates(host, [home.path('system'), home.path('user')], logger);

  it('gathers the CAs of all folders and the first complete client pair', async () => {
    await home.write('system/x.io:5000/b.crt', pem('system b'));
    await home.write('system/x.io:5000/a.crt', pem('system a'));
    await home.write('system/x.io:5000/lonely.cert', pem('no key'));
    await home.write('user/x.io:5000/ca.crt', pem('user'));
    await home.write('user/x.io:5000/client.cert', pem('client'));
    await home.write('user/x.io:5000/client.key', pem('key'));
    assert.deepEqual(await read('x.io:5000'), {
      additionalCaPem: [pem('system a'), pem('system b'), pem('user')],
      clientCertificatePem: pem('client'),
      clientKeyPem: pem('key'),
    });
    assert.deepEqual(warnings, []);
  });

  it('knows nothing for another port, and nothing where no folder is', async () => {
    await home.write('user/x.io:5000/ca.crt', pem('user'));
    assert.deepEqual(await read('x.io'), { additionalCaPem: [] });
    assert.deepEqual(await read('x.io:5001'), { additionalCaPem: [] });
  });

  it('never makes a path of what is no host', async () => {
    await home.write('secret/ca.crt', pem('outside'));
    for (const host of ['../secret', '..', '', 'a/b', '/etc'])
      assert.deepEqual(await read(host), { additionalCaPem: [] });
  });

  it('leaves out and logs what is no PEM or cannot be read', async () => {
    await home.write('user/x.io/der.crt', 'binary');
    await mkdir(home.path('user/x.io/folder.crt'));
    await home.write('user/x.io/good.crt', pem('good'));
    assert.deepEqual(await read('x.io'), { additionalCaPem: [pem('good')] });
    assert.equal(warnings.length, 2);
  });
});

describe('certificateFolders', () => {
  it("are the system's, then the user's, and follow the variables", () => {
    assert.deepEqual(certificateFolders({ env: {}, homeDir: '/home/ada' }), [
      '/etc/docker/certs.d',
      '/etc/containers/certs.d',
      '/home/ada/.docker/certs.d',
      '/home/ada/.config/containers/certs.d',
    ]);
    const moved = certificateFolders({
      env: { DOCKER_CONFIG: '/d', XDG_CONFIG_HOME: '/c' },
      homeDir: '/home/ada',
    });
    assert.deepEqual(moved.slice(2), ['/d/certs.d', '/c/containers/certs.d']);
  });
});
