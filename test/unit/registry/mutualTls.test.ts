/** Client certificates, against a real nginx that verifies them in front of a real registry, and by the alerts of TLS itself. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { nullLogger } from '../../../src/core/common/Logger.ts';
import { isCoreError, type CoreError } from '../../../src/core/common/CoreError.ts';
import { readCertificateFiles } from '../../../src/core/credentials/certificateFiles.ts';
import { readDockerCertificates } from '../../../src/core/credentials/dockerCertificates.ts';
import { discoverEndpoint } from '../../../src/core/registry/discoverEndpoint.ts';
import type { TlsOptions } from '../../../src/core/registry/RegistryEndpoint.ts';
import { clientCertificateAlert } from '../../../src/core/registry/transport/clientCertificateProblem.ts';
import { FaultServer } from '../../support/faultServer/FaultServer.ts';
import { TransportHarness } from '../../support/faultServer/TransportHarness.ts';
import { pushSample, sampleImage } from '../../support/sampleImage.ts';
import {
  createCertificates,
  type ClientCertificate,
  type TestCertificates,
} from '../../support/servers/certificates.ts';
import { startDistribution } from '../../support/servers/distribution.ts';
import { startNginx } from '../../support/servers/nginx.ts';
import type { TestServer } from '../../support/servers/startProcess.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { TemporaryHome } from '../credentials/temporaryHome.ts';

describe('mutual TLS', () => {
  const stack = new AsyncDisposableStack();
  let certificates: TestCertificates;
  let foreign: TestCertificates;
  let client: ClientCertificate;
  let nginx: TestServer;

  before('a registry behind an nginx that wants client certificates', async () => {
    [certificates, foreign] = await Promise.all([createCertificates(), createCertificates()]);
    stack.use(certificates);
    stack.use(foreign);
    client = await certificates.issueClient('client');
    const registry = stack.use(await startDistribution());
    await using connection = new TestConnection(registry.url);
    await pushSample(connection.client, 'team/app', sampleImage(), '1.0');
    nginx = stack.use(
      await startNginx({
        upstream: registry.url,
        pathPrefix: '',
        tls: { ...certificates, clientCaFile: certificates.caFile },
      }),
    );
  });
  after(() => stack.disposeAsync());

  const noPassphrase = () => Promise.resolve(undefined);
  const listTags = async (tls: TlsOptions, host = nginx.host) => {
    await using connection = new TestConnection(`https://${host}`, { tls });
    return (await connection.client.listTags('team/app', undefined, 10, connection.signal)).items;
  };
  const failure = async (action: Promise<unknown>): Promise<CoreError> => {
    const error = await action.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(isCoreError(error, 'tls'), String(error));
    return error;
  };

  it('reaches the registry with the certificate and key that the settings name', async () => {
    const home = stack.use(disposable(await TemporaryHome.create()));
    await home.write('certs/client.pem', await readFile(client.certificateFile, 'utf8'));
    await home.write('certs/client.key', await readFile(client.encryptedKeyFile, 'utf8'));
    const files = {
      caFile: certificates.caFile,
      clientCertFile: '~/certs/client.pem',
      clientKeyFile: '${userHome}/certs/client.key',
    };
    const tls = await readCertificateFiles(files, home.environment, () => Promise.resolve(client.passphrase));
    assert.deepEqual(await listTags(tls), ['1.0']);
  });

  it('reaches the registry with what certs.d holds for its host', async () => {
    const home = stack.use(disposable(await TemporaryHome.create()));
    const folder = `certs.d/${nginx.host}`;
    await home.write(`${folder}/ca.crt`, certificates.caPem);
    await home.write(`${folder}/client.cert`, await readFile(client.certificateFile, 'utf8'));
    await home.write(`${folder}/client.key`, await readFile(client.keyFile, 'utf8'));
    const tls = await readDockerCertificates(nginx.host, [home.path('certs.d')], nullLogger);
    assert.deepEqual(await listTags(tls), ['1.0']);
  });

  it('says that a certificate is wanted, when browsing and when connecting', async () => {
    const tls = { additionalCaPem: [certificates.caPem] };
    const browsing = await failure(listTags(tls));
    assert.equal(browsing.details.reason, 'clientCertificateRequired');
    assert.equal(browsing.details.host, nginx.host);
    const options = { tls, proxy: { strictProxyTls: true }, logger: nullLogger, userAgent: 'berth-test' };
    const connecting = await failure(discoverEndpoint(nginx.host, options, new AbortController().signal));
    assert.equal(connecting.details.reason, 'clientCertificateRequired');
  });

  it('says that another certificate is wanted, and which file was left out', async () => {
    const stranger = await foreign.issueClient('stranger');
    const tls = await readCertificateFiles(
      {
        caFile: certificates.caFile,
        clientCertFile: stranger.certificateFile,
        clientKeyFile: stranger.keyFile,
      },
      { env: {}, homeDir: '/' },
      noPassphrase,
    );
    const error = await failure(listTags({ ...tls, unusedFiles: ['/x/client.key (EACCES)'] }));
    assert.equal(error.details.reason, 'clientCertificateRefused');
    assert.equal(error.details.unusedFile, '/x/client.key (EACCES)');
  });

  for (const version of [2, 3] as const) {
    it(`understands the alerts that Distribution ${version} ends the handshake with`, async () => {
      await using server = await startDistribution({
        version,
        tls: { ...certificates, clientCaFile: certificates.caFile },
      });
      const trust = { additionalCaPem: [certificates.caPem] };
      const ping = async (tls: TlsOptions) => {
        await using connection = new TestConnection(server.url, { tls });
        return await connection.client.ping(connection.signal);
      };
      assert.equal((await failure(ping(trust))).details.reason, 'clientCertificateRequired');
      const wrong = await pemOf(await foreign.issueClient('stranger'));
      assert.equal((await failure(ping({ ...trust, ...wrong }))).details.reason, 'clientCertificateRefused');
      assert.equal((await ping({ ...trust, ...(await pemOf(client)) })).authenticated, true);
    });
  }

  it('cannot tell why a handshake of TLS 1.2 is refused, and says so', async () => {
    const { cert, key } = { cert: certificates.certificateFile, key: certificates.keyFile };
    await using server = await FaultServer.start({
      tls: {
        cert: await readFile(cert, 'utf8'),
        key: await readFile(key, 'utf8'),
        ca: certificates.caPem,
        requestCert: true,
        rejectUnauthorized: true,
        maxVersion: 'TLSv1.2',
      },
    });
    const tls = { additionalCaPem: [certificates.caPem] };
    await using harness = new TransportHarness(server, { tls });
    const error = await harness.fails('tls', harness.request('/v2/library/app/tags/list'));
    assert.equal(error.details.reason, 'handshakeRefused');
    assert.equal(server.requests.length, 0);
  });

  it('takes a certificate found "bad" for none where none was shown, and other codes for what they are', () => {
    const bad = 'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE';
    assert.equal(clientCertificateAlert(bad, false), 'clientCertificateRequired');
    assert.equal(clientCertificateAlert(bad, true), 'clientCertificateRefused');
    assert.equal(clientCertificateAlert('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', true), undefined);
    assert.equal(clientCertificateAlert('ERR_SSL_WRONG_VERSION_NUMBER', false), undefined);
    assert.equal(clientCertificateAlert(undefined, false), undefined);
  });
});

async function pemOf({ certificateFile, keyFile }: ClientCertificate) {
  const [clientCertificatePem, clientKeyPem] = await Promise.all([
    readFile(certificateFile, 'utf8'),
    readFile(keyFile, 'utf8'),
  ]);
  return { clientCertificatePem, clientKeyPem };
}

function disposable(home: TemporaryHome): TemporaryHome & AsyncDisposable {
  return Object.assign(home, { [Symbol.asyncDispose]: () => home.remove() });
}
