import assert from 'node:assert/strict';
import initializeSqlite from 'sql.js';
import { CoreError } from '../../../../src/core/common/CoreError.ts';
import {
  readInstalledPackages,
  type PackageFiles,
} from '../../../../src/core/image/packages/readInstalledPackages.ts';
import { parseRpmHeader } from '../../../../src/core/image/packages/parseRpmHeader.ts';

const DPKG_STATUS = `Package: libc6
Status: install ok installed
Installed-Size: 12980
Maintainer: GNU Libc Maintainers
Architecture: amd64
Version: 2.36-9+deb12u4
Description: GNU C Library
 Contains the standard
 Version: not this one
 .

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0

Package: half
Status: install ok half-installed
Version: 1.0
`;

const APK_INSTALLED = `C:Q1abc=
P:musl
V:1.2.4-r2
A:x86_64
S:383459
I:622592
F:lib
R:libc.musl-x86_64.so.1
A:not the architecture

P:busybox
V:1.36.1-r5
A:x86_64
I:962560
`;

type HeaderValue = string | number | bigint;

/** A header as rpm stores it; see parseRpmHeader. */
function rpmHeader(values: Readonly<Record<number, HeaderValue>>): Buffer {
  const entries: Buffer[] = [];
  const store: Buffer[] = [];
  for (const [tag, value] of Object.entries(values)) {
    const entry = Buffer.alloc(16);
    entry.writeUInt32BE(Number(tag), 0);
    entry.writeUInt32BE(typeof value === 'string' ? 6 : typeof value === 'number' ? 4 : 5, 4);
    entry.writeUInt32BE(Buffer.concat(store).length, 8);
    entry.writeUInt32BE(1, 12);
    entries.push(entry);
    const data = Buffer.alloc(typeof value === 'number' ? 4 : 8);
    if (typeof value === 'number') data.writeUInt32BE(value);
    else if (typeof value === 'bigint') data.writeBigUInt64BE(value);
    store.push(typeof value === 'string' ? Buffer.from(`${value}\0`) : data);
  }
  const counts = Buffer.alloc(8);
  counts.writeUInt32BE(entries.length, 0);
  counts.writeUInt32BE(Buffer.concat(store).length, 4);
  return Buffer.concat([counts, ...entries, ...store]);
}

async function rpmDatabase(headers: readonly Buffer[]): Promise<Uint8Array> {
  const { Database } = await initializeSqlite();
  const database = new Database();
  database.run('CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)');
  for (const header of headers) database.run('INSERT INTO Packages (blob) VALUES (?)', [header]);
  const bytes = database.export();
  database.close();
  return bytes;
}

const files = (contents: Readonly<Record<string, string | Uint8Array>>): PackageFiles => ({
  readFile: async (path) => {
    const content = contents[path];
    return typeof content === 'string' ? Buffer.from(content) : content;
  },
  readFolder: async (path) =>
    Object.keys(contents)
      .filter((file) => file.startsWith(`${path}/`))
      .map((file) => file.slice(path.length + 1)),
});

const read = (contents: Readonly<Record<string, string | Uint8Array>>) =>
  readInstalledPackages(files(contents), AbortSignal.timeout(10_000));

describe('readInstalledPackages', () => {
  it('lists what dpkg has installed, not what it removed or left half-way', async () => {
    const { packages } = await read({ '/var/lib/dpkg/status': DPKG_STATUS });
    assert.deepEqual(packages, [
      {
        manager: 'dpkg',
        name: 'libc6',
        version: '2.36-9+deb12u4',
        architecture: 'amd64',
        installedSizeInBytes: 12_980 * 1024,
      },
    ]);
  });

  it('reads distroless images, whose packages have a file each', async () => {
    const { packages } = await read({
      '/var/lib/dpkg/status.d/base': 'Package: base-files\nVersion: 12.4\nArchitecture: amd64\n',
      '/var/lib/dpkg/status.d/base.md5sums': 'd41d8cd98f00b204e9800998ecf8427e  etc/os-release\n',
      '/var/lib/dpkg/status.d/tzdata': 'Package: tzdata\nVersion: 2024a-0\nArchitecture: all\n',
    });
    assert.deepEqual(
      packages.map(({ name }) => name),
      ['base-files', 'tzdata'],
    );
  });

  it('lists what apk has installed, once where the database has two paths', async () => {
    const { packages } = await read({
      '/lib/apk/db/installed': APK_INSTALLED,
      '/usr/lib/apk/db/installed': APK_INSTALLED,
    });
    assert.deepEqual(packages, [
      {
        manager: 'apk',
        name: 'musl',
        version: '1.2.4-r2',
        architecture: 'x86_64',
        installedSizeInBytes: 622_592,
      },
      {
        manager: 'apk',
        name: 'busybox',
        version: '1.36.1-r5',
        architecture: 'x86_64',
        installedSizeInBytes: 962_560,
      },
    ]);
  });

  it('lists what rpm has installed, without its keys', async () => {
    const database = await rpmDatabase([
      rpmHeader({ 1000: 'openssl', 1001: '3.0.7', 1002: '27.el9', 1003: 1, 1009: 1_200, 1022: 'x86_64' }),
      rpmHeader({ 1000: 'kernel', 1001: '5.14', 1002: '1.el9', 5009: 5_000_000_000n, 1022: 'x86_64' }),
      rpmHeader({ 1000: 'gpg-pubkey', 1001: 'fd431d51', 1002: '4ae0493b' }),
    ]);
    const { packages } = await read({ '/var/lib/rpm/rpmdb.sqlite': database });
    assert.deepEqual(packages, [
      {
        manager: 'rpm',
        name: 'openssl',
        version: '1:3.0.7-27.el9',
        architecture: 'x86_64',
        installedSizeInBytes: 1_200,
      },
      {
        manager: 'rpm',
        name: 'kernel',
        version: '5.14-1.el9',
        architecture: 'x86_64',
        installedSizeInBytes: 5_000_000_000,
      },
    ]);
  });

  it('names databases in a format that it does not read', async () => {
    const result = await read({ '/var/lib/rpm/Packages': 'Berkeley DB' });
    assert.deepEqual(result, { packages: [], unreadable: ['/var/lib/rpm/Packages'] });
  });

  it('says when an rpm database is damaged', async () => {
    await assert.rejects(read({ '/var/lib/rpm/rpmdb.sqlite': 'not SQLite at all' }), (error: unknown) => {
      assert.ok(error instanceof CoreError);
      assert.equal(error.details.reason, 'badPackageDatabase');
      return true;
    });
  });

  it('finds nothing in an image without a package manager', async () => {
    assert.deepEqual(await read({}), { packages: [], unreadable: [] });
  });
});

describe('parseRpmHeader', () => {
  it('takes a header that was cut anywhere for none, or for what is left of it', () => {
    const whole = rpmHeader({ 1000: 'bash', 1001: '5.2', 1002: '1', 1022: 'x86_64' });
    for (let length = 0; length < whole.length; length += 1) {
      const parsed = parseRpmHeader(whole.subarray(0, length));
      assert.ok(parsed === undefined || parsed.name === 'bash');
    }
  });

  it('refuses counts that point out of the header', () => {
    const header = rpmHeader({ 1000: 'bash', 1001: '5.2' });
    header.writeUInt32BE(0xffffffff, 0);
    assert.equal(parseRpmHeader(header), undefined);
  });
});
