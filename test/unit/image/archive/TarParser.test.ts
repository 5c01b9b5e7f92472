import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdtempSync,
  mkdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
  linkSync,
  symlinkSync,
  openSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { isCoreError } from '../../../../src/core/common/CoreError.ts';
import type { TarEntry } from '../../../../src/core/image/archive/TarEntry.ts';
import { TarParser } from '../../../../src/core/image/archive/TarParser.ts';
import { packed, packTar } from '../../../support/layers/packTar.ts';
import { rawHeader, rawTar } from '../../../support/layers/rawTar.ts';

interface Read {
  readonly entries: (TarEntry & { readonly content: string })[];
  readonly error?: unknown;
}

function read(tar: Buffer, cuts: readonly number[] = []): Read {
  const entries: (TarEntry & { content: string })[] = [];
  let current: TarEntry | undefined;
  let parts: Buffer[] = [];
  const parser = new TarParser({
    onEntry: (entry) => {
      current = entry;
      parts = [];
    },
    onContent: (bytes) => parts.push(Buffer.from(bytes)),
    onEntryEnd: () => entries.push({ ...current!, content: Buffer.concat(parts).toString('latin1') }),
  });
  try {
    let at = 0;
    for (const cut of [...cuts].sort((a, b) => a - b)) {
      parser.write(tar.subarray(at, cut));
      at = Math.max(at, cut);
    }
    parser.write(tar.subarray(at));
    parser.end();
    return { entries };
  } catch (error) {
    return { entries, error };
  }
}

const code = (result: Read): string | undefined =>
  isCoreError(result.error) ? (result.error.details.code ?? result.error.details.reason) : undefined;

describe('TarParser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-tar-'));
  after(() => rmSync(folder, { recursive: true }));
  /** The archive that GNU tar makes of `folder`. */
  const gnuTar = (...args: string[]): Buffer =>
    execFileSync(
      'tar',
      ['-c', '--owner=app:12', '--group=crew:34', '--mtime=@1700000000', '-C', folder, ...args],
      {
        maxBuffer: 1e8,
      },
    );

  const long = `${'deep/'.repeat(60)}${'n'.repeat(200)}`;
  before(() => {
    mkdirSync(join(folder, 'dir', 'deep/'.repeat(60)), { recursive: true });
    writeFileSync(join(folder, 'dir', long), 'long name');
    writeFileSync(join(folder, 'dir/plain'), 'plain');
    symlinkSync(`/${'t'.repeat(300)}`, join(folder, 'dir/link'));
    linkSync(join(folder, 'dir/plain'), join(folder, 'dir/same'));
    const sparse = openSync(join(folder, 'sparse'), 'w');
    writeSync(sparse, 'begin', 0);
    for (let i = 1; i < 40; i += 1) writeSync(sparse, `part ${i}`, i * 100_000);
    closeSync(sparse);
    truncateSync(join(folder, 'sparse'), 9_000_001);
  });

  for (const format of ['gnu', 'pax', 'oldgnu']) {
    it(`reads long names, links and owners as GNU tar writes them (${format})`, () => {
      const { entries, error } = read(gnuTar(`--format=${format}`, 'dir'));
      assert.equal(error, undefined);
      const byPath = new Map(entries.map((entry) => [entry.path, entry]));
      assert.equal(byPath.get(`dir/${long}`)?.content, 'long name');
      assert.equal(byPath.get('dir/link')?.linkPath, `/${'t'.repeat(300)}`);
      const links = entries.filter(({ type }) => type === 'hardLink');
      assert.deepEqual(
        links.map(({ linkPath }) => linkPath),
        [links[0]!.path === 'dir/same' ? 'dir/plain' : 'dir/same'],
      );
      const { userId, groupId, userName, groupName, modifiedAtSeconds } = entries[0]!;
      assert.deepEqual(
        [userId, groupId, userName, groupName, modifiedAtSeconds],
        [12, 34, 'app', 'crew', 1_700_000_000],
      );
    });
  }

  for (const format of [
    '--format=gnu',
    '--format=pax --sparse-version=0.0',
    '--format=pax --sparse-version=0.1',
    '--format=pax --sparse-version=1.0',
  ]) {
    it(`reads the map of a sparse file (${format})`, () => {
      const { entries, error } = read(gnuTar('-S', ...format.split(' '), 'sparse'));
      assert.equal(error, undefined);
      const [entry] = entries;
      assert.equal(entry?.path, 'sparse');
      assert.equal(entry.sizeInBytes, 9_000_001);
      assert.ok(entry.sparse!.length >= 39);
      // Zeros within a stored block are stored.
      const bytes = Buffer.alloc(entry.sizeInBytes);
      let at = 0;
      for (const { offset, length } of entry.sparse!) {
        bytes.write(entry.content.slice(at, at + length), offset, 'latin1');
        at += length;
      }
      assert.equal(bytes.toString('latin1', 0, 5), 'begin');
      assert.equal(bytes.toString('latin1', 3_900_000, 3_900_007), 'part 39');
      assert.equal(at, entry.storedSizeInBytes);
    });
  }

  it('gives the same entries however the bytes are cut', async () => {
    const tar = await packTar([
      packed('a/', ''),
      packed(`${'x'.repeat(120)}/b`, 'c'.repeat(1500)),
      packed('é', 'u'),
      packed('l', '', 'a'),
    ]);
    const whole = read(tar);
    assert.equal(whole.error, undefined);
    fc.assert(
      fc.property(fc.array(fc.nat(tar.length), { maxLength: 30 }), (cuts) => {
        assert.deepEqual(read(tar, cuts).entries, whole.entries);
      }),
      { numRuns: 200 },
    );
  });

  it('reads what it can and then says what is wrong, whatever bits are flipped', async () => {
    const tar = await packTar([
      packed('first', 'content'),
      packed('x'.repeat(300), 'y'.repeat(600)),
      packed('last'),
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat(tar.length * 8 - 1), { minLength: 1, maxLength: 8 }), (bits) => {
        const damaged = Buffer.from(tar);
        for (const bit of bits) damaged[bit >> 3]! ^= 1 << (bit & 7);
        const { error } = read(damaged);
        assert.ok(error === undefined || isCoreError(error, 'protocol', 'tooLarge'), String(error));
      }),
      { numRuns: 500 },
    );
  });

  it('takes any bytes for an archive or for damage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4096 }), (bytes) => {
        const { error } = read(Buffer.from(bytes));
        assert.ok(error === undefined || isCoreError(error, 'protocol', 'tooLarge'));
      }),
    );
  });

  it('keeps what came before a cut', async () => {
    const tar = await packTar([packed('a', '1'), packed('b', 'x'.repeat(5000))]);
    const result = read(tar.subarray(0, 3000));
    assert.deepEqual(
      result.entries.map(({ path }) => path),
      ['a'],
    );
    assert.equal(code(result), 'truncated');
  });

  it('reads numbers in base 256, and refuses those no file can have', () => {
    const size = Buffer.alloc(12);
    size[0] = 0x80;
    size.writeUIntBE(7, 6, 6);
    const entries = read(rawTar(rawHeader({ name: 'f', size }), 'content')).entries;
    assert.deepEqual(
      entries.map(({ sizeInBytes, content }) => [sizeInBytes, content]),
      [[7, 'content']],
    );
    assert.equal(code(read(rawTar(rawHeader({ name: 'f', size: Buffer.alloc(12, 0xbf) })))), 'tarNumber');
    assert.equal(code(read(rawTar(rawHeader({ name: 'f', size: Buffer.alloc(12, 0xff) })))), 'tarNumber');
    assert.equal(
      code(read(rawTar(rawHeader({ name: 'f', size: Buffer.from('12345678zzz\0') })))),
      'tarNumber',
    );
  });

  it('refuses a path over 4,096 characters, a header of a gigabyte and a path with NUL', () => {
    const name = `././@LongLink`;
    const longName = rawTar(
      rawHeader({ name, type: 'L', size: 5000 }),
      'p'.repeat(5000),
      rawHeader({ name: 'x' }),
    );
    assert.equal(code(read(longName)), 'entryPath');
    assert.equal(code(read(rawTar(rawHeader({ name: 'p', type: 'x', size: 1e9 })))), 'extendedHeaderSize');
    const record = '14 path=a\0bcd\n';
    assert.equal(
      code(
        read(
          rawTar(rawHeader({ name: 'p', type: 'x', size: record.length }), record, rawHeader({ name: 'x' })),
        ),
      ),
      'pathWithNul',
    );
  });

  it('lets the archive’s own records count until a member’s say otherwise', () => {
    const global = '19 uname=everybody\n';
    const local = '15 uname=alice\n';
    const { entries } = read(
      rawTar(
        rawHeader({ name: 'g', type: 'g', size: global.length }),
        global,
        rawHeader({ name: 'one' }),
        rawHeader({ name: 'x', type: 'x', size: local.length }),
        local,
        rawHeader({ name: 'two' }),
        rawHeader({ name: 'three' }),
      ),
    );
    assert.deepEqual(
      entries.map(({ userName }) => userName),
      ['everybody', 'alice', 'everybody'],
    );
  });

  it('calls a lone block of zeros damage: what stands behind it would be hidden from some readers', () => {
    const result = read(
      Buffer.concat([
        rawHeader({ name: 'a' }),
        Buffer.alloc(512),
        rawHeader({ name: 'b' }),
        Buffer.alloc(1024),
      ]),
    );
    assert.equal(code(result), 'loneZeroBlock');
    assert.deepEqual(
      result.entries.map(({ path }) => path),
      ['a'],
    );
  });

  it('knows devices, pipes and directories of the time before POSIX', () => {
    const { entries } = read(
      rawTar(
        rawHeader({ name: 'old/', type: '\0' }),
        rawHeader({ name: 'tty', type: '3', major: 5, minor: 1 }),
        rawHeader({ name: 'disk', type: '4', major: 8, minor: 0 }),
        rawHeader({ name: 'pipe', type: '6' }),
        rawHeader({ name: 'volume', type: 'V' }),
      ),
    );
    assert.deepEqual(
      entries.map(({ path, type, device }) => [path, type, device?.major]),
      [
        ['old/', 'directory', undefined],
        ['tty', 'characterDevice', 5],
        ['disk', 'blockDevice', 8],
        ['pipe', 'fifo', undefined],
      ],
    );
  });

  it('takes names that are no UTF-8 byte by byte, so that two stay two', () => {
    const { entries } = read(
      rawTar(rawHeader({ name: Buffer.from([0x66, 0xe9]) }), rawHeader({ name: Buffer.from([0x66, 0xe8]) })),
    );
    assert.deepEqual(
      entries.map(({ path }) => path),
      ['fé', 'fè'],
    );
  });
});
