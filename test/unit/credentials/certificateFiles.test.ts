import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { expandFilePath, readCertificateFiles } from '../../../src/core/credentials/certificateFiles.ts';
import { inspect } from 'node:util';
import {
  createCertificates,
  type ClientCertificate,
  type TestCertificates,
} from '../../support/servers/certificates.ts';
import { TemporaryHome } from './temporaryHome.ts';

describe('readCertificateFiles', () => {
  let home: TemporaryHome;
  let certificates: TestCertificates;
  let client: ClientCertificate;
  let other: ClientCertificate;
  let expired: ClientCertificate;
  before(async () => {
    home = await TemporaryHome.create();
    certificates = await createCertificates();
    client = await certificates.issueClient('client');
    other = await certificates.issueClient('other');
    expired = await certificates.issueClient('expired', { expired: true });
  });
  after(async () => {
    await home.remove();
    await certificates[Symbol.asyncDispose]();
  });

  const read = (clientCertFile: string | undefined, clientKeyFile?: string, passphrase?: string) =>
    readCertificateFiles({ clientCertFile, clientKeyFile }, home.environment, () =>
      Promise.resolve(passphrase),
    );
  const refuses = async (reason: string, subject: string, action: Promise<unknown>) => {
    await assert.rejects(action, (error: unknown) => {
      assert.deepEqual(
        { kind: 'tls', reason, subject },
        pick(error as { kind: string; details: { reason: string; subject: string } }),
      );
      assert.ok(!inspect(error, { depth: 10 }).includes(client.passphrase));
      return true;
    });
  };

  it('gives nothing where nothing is named', async () => {
    assert.deepEqual(await read(undefined), { additionalCaPem: [] });
  });

  it('reads a pair, a key beside its certificate in one file, and a key under a passphrase', async () => {
    const plain = await read(client.certificateFile, client.keyFile);
    assert.match(plain.clientKeyPem ?? '', /^-----BEGIN PRIVATE KEY-----/);
    const [cert, key] = await Promise.all(
      [client.certificateFile, client.keyFile].map((file) => readFile(file, 'utf8')),
    );
    await home.write('both.pem', `Bag Attributes\n${key}${cert}`);
    assert.equal((await read('~/both.pem')).clientKeyPem, plain.clientKeyPem);
    const decrypted = await read(client.certificateFile, client.encryptedKeyFile, client.passphrase);
    assert.equal(decrypted.clientKeyPem, plain.clientKeyPem);
  });

  it('names the file that is missing, is no PEM or cannot be read', async () => {
    await home.write('notes.txt', 'hello');
    await refuses('clientFileMissing', '~/none.pem', read('~/none.pem', client.keyFile));
    await refuses('clientFileMissing', '~/none.key', read(client.certificateFile, '~/none.key'));
    await refuses('clientFileUnreadable', '~/bin', read('~/bin', client.keyFile));
    await refuses('clientFileNotPem', '~/notes.txt', read('~/notes.txt', client.keyFile));
    await refuses('clientFileNotPem', '~/notes.txt', read(client.certificateFile, '~/notes.txt'));
    await refuses('clientFileRelative', 'client.pem', read('client.pem', client.keyFile));
    const authority = (caFile: string) =>
      readCertificateFiles({ caFile }, home.environment, () => Promise.resolve(undefined));
    await refuses('caFileMissing', '~/none.pem', authority('~/none.pem'));
    await refuses('caFileNotPem', '~/notes.txt', authority('~/notes.txt'));
    await refuses('caFileRelative', 'ca.pem', authority('ca.pem'));
  });

  it('says what does not go together', async () => {
    const { certificateFile } = client;
    await refuses('clientKeyMismatch', other.keyFile, read(certificateFile, other.keyFile));
    await refuses('clientKeyMissing', certificateFile, read(certificateFile));
    await refuses('clientKeyMissing', other.certificateFile, read(certificateFile, other.certificateFile));
    await refuses('clientCertificateMissing', client.keyFile, read(undefined, client.keyFile));
    await refuses(
      'clientKeyEncrypted',
      client.encryptedKeyFile,
      read(certificateFile, client.encryptedKeyFile),
    );
    await refuses(
      'clientKeyPassphrase',
      client.encryptedKeyFile,
      read(certificateFile, client.encryptedKeyFile, `not ${client.passphrase}`),
    );
    await refuses(
      'clientCertificateExpired',
      expired.certificateFile,
      read(expired.certificateFile, expired.keyFile),
    );
  });
});

describe('expandFilePath', () => {
  const environment = { env: { CERTS: '/certs' }, homeDir: '/home/$&/ada' };
  it('knows the home, variables, and nothing that is relative', () => {
    assert.equal(expandFilePath(' ~/a.pem ', environment), '/home/$&/ada/a.pem');
    assert.equal(expandFilePath('~', environment), '/home/$&/ada');
    assert.equal(expandFilePath('${userHome}/a.pem', environment), '/home/$&/ada/a.pem');
    assert.equal(expandFilePath('${env:CERTS}/x/../a.pem', environment), '/certs/a.pem');
    assert.equal(expandFilePath('/a~/b.pem', environment), '/a~/b.pem');
    for (const text of ['a.pem', './a.pem', '~ada/a.pem', '${env:UNSET}a.pem', ''])
      assert.equal(expandFilePath(text, environment), undefined);
  });
});

function pick(error: { kind: string; details: { reason: string; subject: string } }) {
  return { kind: error.kind, reason: error.details.reason, subject: error.details.subject };
}
