/** Server certificates good and bad, by a private authority, made by openssl in a temporary folder that is gone afterwards. */
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findTool } from '../tools.ts';

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
  readonly fingerprint256: string;
}

export interface FaultCertificates {
  readonly caPem: string;
  /** For 127.0.0.1, 127.0.0.2 and localhost. */
  readonly good: KeyPair;
  readonly expired: KeyPair;
  /** For another name. */
  readonly wrongName: KeyPair;
  readonly selfSigned: KeyPair;
  /** For a client. */
  readonly client: KeyPair;
}

const CONFIG = `[ca]
default_ca = authority
[authority]
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
policy = names
[names]
commonName = supplied
[local]
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:127.0.0.2
[elsewhere]
subjectAltName = DNS:elsewhere.example
`;

export async function createFaultCertificates(): Promise<FaultCertificates> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-faults-'));
  const openssl = (...args: string[]) => promisify(execFile)(findTool('openssl'), args, { cwd: folder });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const read = async (name: string): Promise<KeyPair> => {
    const [cert, key] = await Promise.all(
      [`${name}.pem`, `${name}.key`].map((file) => readFile(join(folder, file), 'utf8')),
    );
    return { cert: cert!, key: key!, fingerprint256: new X509Certificate(cert!).fingerprint256 };
  };
  const selfSign = (name: string, ...extra: string[]) =>
    openssl(
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      ...extra,
    );
  const issue = async (name: string, extensions: string, start: string, end: string): Promise<KeyPair> => {
    await openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const authority = [
      '-config',
      'ca.cnf',
      '-cert',
      'ca.pem',
      '-keyfile',
      'ca.key',
      '-extensions',
      extensions,
    ];
    const dates = ['-startdate', start, '-enddate', end];
    await openssl(
      'ca',
      '-batch',
      '-notext',
      ...authority,
      ...dates,
      '-in',
      `${name}.csr`,
      '-out',
      `${name}.pem`,
    );
    return read(name);
  };
  try {
    await Promise.all([writeFile(join(folder, 'ca.cnf'), CONFIG), writeFile(join(folder, 'index.txt'), '')]);
    await selfSign('ca', '-addext', 'basicConstraints=critical,CA:TRUE');
    await selfSign('self', '-addext', 'subjectAltName=IP:127.0.0.1');
    const [from, until] = ['20240101000000Z', '20490101000000Z'];
    return {
      caPem: await readFile(join(folder, 'ca.pem'), 'utf8'),
      good: await issue('good', 'local', from, until),
      expired: await issue('expired', 'local', from, '20240201000000Z'),
      wrongName: await issue('elsewhere', 'elsewhere', from, until),
      selfSigned: await read('self'),
      client: await issue('client', 'local', from, until),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
