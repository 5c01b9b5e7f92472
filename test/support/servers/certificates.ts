/** A private certificate authority and a server certificate for 127.0.0.1 and localhost, made by openssl. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findTool } from '../tools.ts';

export interface TestCertificates extends AsyncDisposable {
  readonly caPem: string;
  readonly caFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  /** A client certificate by the same authority; `expired` since yesterday. */
  issueClient(name: string, options?: { readonly expired?: boolean }): Promise<ClientCertificate>;
}

export interface ClientCertificate {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** The same key, encrypted with `passphrase`. */
  readonly encryptedKeyFile: string;
  readonly passphrase: string;
}

export async function createCertificates(): Promise<TestCertificates> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-tls-'));
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: string[]) => promisify(execFile)(findTool('openssl'), args);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.pem'),
    '-days',
    '2',
    '-subj',
    '/CN=Berth Test CA',
    '-addext',
    'basicConstraints=critical,CA:TRUE',
  );
  await openssl(
    'req',
    ...newKey,
    '-keyout',
    file('key.pem'),
    '-out',
    file('csr.pem'),
    '-subj',
    '/CN=localhost',
  );
  await writeFile(file('san.cnf'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  await openssl(
    'x509',
    '-req',
    '-in',
    file('csr.pem'),
    '-CA',
    file('ca.pem'),
    '-CAkey',
    file('ca.key'),
    '-CAcreateserial',
    '-out',
    file('cert.pem'),
    '-days',
    '2',
    '-extfile',
    file('san.cnf'),
  );
  return {
    caPem: await readFile(file('ca.pem'), 'utf8'),
    caFile: file('ca.pem'),
    certificateFile: file('cert.pem'),
    keyFile: file('key.pem'),
    issueClient: async (name, { expired = false } = {}) => {
      const passphrase = 'pa55-of-the-key';
      const [certificateFile, keyFile, encryptedKeyFile, request] = ['pem', 'key', 'enc.key', 'csr'].map(
        (ending) => file(`${name}.${ending}`),
      ) as [string, string, string, string];
      await openssl('req', ...newKey, '-keyout', keyFile, '-out', request, '-subj', `/CN=${name}`);
      const authority = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial'];
      const days = ['-days', expired ? '-1' : '2'];
      await openssl('x509', '-req', '-in', request, ...authority, ...days, '-out', certificateFile);
      const encryption = ['-v2', 'aes256', '-passout', `pass:${passphrase}`];
      await openssl('pkcs8', '-topk8', '-in', keyFile, ...encryption, '-out', encryptedKeyFile);
      return { certificateFile, keyFile, encryptedKeyFile, passphrase };
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
