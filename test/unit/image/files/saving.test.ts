import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { CoreError, isCoreError } from '../../../../src/core/common/CoreError.ts';
import type { FileEntry } from '../../../../src/core/image/files/FileEntry.ts';
import { openImageFiles, type ImageFiles } from '../../../../src/core/image/files/ImageFiles.ts';
import { legalName, nameRulesOf, planTree } from '../../../../src/core/image/files/planTree.ts';
import { saveFile, saveTree } from '../../../../src/core/image/files/saveFiles.ts';
import { searchFiles } from '../../../../src/core/image/files/FileSearch.ts';
import { MemoryBlobSource } from '../../../support/layers/MemoryBlobSource.ts';
import { packed, packTar, type PackedEntry } from '../../../support/layers/packTar.ts';
import { TestIndexer } from '../../../support/layers/TestIndexer.ts';

const { signal } = new AbortController();
const LINUX = nameRulesOf('linux');
const WINDOWS = nameRulesOf('win32');

describe('Saving files of an image', () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-save-'));
  let indexes: TestIndexer;
  let files: ImageFiles;
  let source: MemoryBlobSource;

  const entries: PackedEntry[] = [
    packed('app/readme.txt', 'text'),
    { ...packed('app/run', '#!/bin/sh'), mode: 0o4711, mtime: new Date(1_600_000_000_000) },
    packed('app/out', '', '/etc'),
    packed('app/sub/deep/file', Buffer.alloc(300_000, 'x')),
    { name: 'app/tty', type: 'character-device', devmajor: 4, devminor: 1 },
    packed('app/empty/'),
    packed('app/A', 'upper'),
    packed('app/a', 'lower'),
    { name: 'app/hard', type: 'link', linkname: 'app/readme.txt' },
  ];

  before(async () => {
    indexes = new TestIndexer();
    source = new MemoryBlobSource();
    const layer = source.add(gzipSync(await packTar(entries)));
    files = await openImageFiles([layer], { source, indexer: indexes.create(), signal });
  });
  after(() => {
    indexes[Symbol.dispose]();
    rmSync(folder, { recursive: true });
  });

  const left = (): string[] => readdirSync(folder).filter((name) => name.includes('.part'));

  it('writes a folder with its files and folders, and no link or device', async () => {
    const target = join(folder, 'app');
    const plan = await planTree(files.walk('/app'), '/app', LINUX, signal);
    let seen = 0;
    await saveTree(files, plan, target, signal, (bytes) => (seen = bytes));
    assert.deepEqual(readdirSync(target).sort(), ['A', 'a', 'empty', 'hard', 'readme.txt', 'run', 'sub']);
    assert.equal(readFileSync(join(target, 'hard'), 'utf8'), 'text');
    assert.equal(readFileSync(join(target, 'sub/deep/file')).length, 300_000);
    assert.equal(lstatSync(join(target, 'run')).mode & 0o7777, 0o755);
    assert.equal(lstatSync(join(target, 'run')).mtimeMs, 1_600_000_000_000);
    assert.equal(plan.skipped, 2);
    assert.equal(seen, plan.sizeInBytes);
    assert.deepEqual(left(), []);
  });

  it('never writes into what is there', async () => {
    const target = join(folder, 'taken');
    mkdirSync(target);
    writeFileSync(join(target, 'mine'), 'mine');
    const plan = await planTree(files.walk('/app'), '/app', LINUX, signal);
    await assert.rejects(saveTree(files, plan, target, signal), (error) => isCoreError(error, 'conflict'));
    assert.deepEqual(readdirSync(target), ['mine']);
    assert.deepEqual(left(), []);
  });

  it('replaces a file only by a whole one, and a link by a file', async () => {
    const target = join(folder, 'one');
    const outside = join(folder, 'outside');
    writeFileSync(outside, 'untouched');
    symlinkSync(outside, target);
    await saveFile(files, files.resolve('/app/readme.txt'), target, signal);
    assert.equal(readFileSync(target, 'utf8'), 'text');
    assert.ok(!lstatSync(target).isSymbolicLink());
    assert.equal(readFileSync(outside, 'utf8'), 'untouched');
  });

  it('leaves nothing behind when it is cancelled or fails in the middle', async () => {
    const controller = new AbortController();
    const plan = await planTree(files.walk('/'), '/', LINUX, signal);
    const saving = saveTree(files, plan, join(folder, 'cancelled'), controller.signal, () =>
      controller.abort(),
    );
    await assert.rejects(saving);
    assert.ok(!existsSync(join(folder, 'cancelled')));
    await assert.rejects(
      saveFile(files, files.resolve('/app/run'), join(folder, 'no/such/folder/x'), signal),
      (error) => isCoreError(error, 'disk'),
    );
    assert.deepEqual(left(), []);
  });

  it('says that the disk is full and removes what it had written', async () => {
    // A limit on the size of files stands for a full disk: the system refuses the write in the same way.
    const script = `
      import { saveFile } from ${JSON.stringify(new URL('../../../../src/core/image/files/saveFiles.ts', import.meta.url).href)};
      process.on('SIGXFSZ', () => {});
      const files = { async *open() { for (;;) yield Buffer.alloc(1 << 20); } };
      const file = { mode: 0o644, modifiedAtSeconds: 0 };
      await saveFile(files, file, process.argv[1], new AbortController().signal).catch(({ kind, details }) => {
        console.log(kind, details.code);
      });
    `;
    const target = join(folder, 'full');
    const node = `ulimit -f 4096; exec "${process.execPath}" --input-type=module -e "$0" "$1"`;
    const { stdout } = await promisify(execFile)('bash', ['-c', node, script, target]);
    assert.match(stdout, /^disk E(FBIG|NOSPC)/);
    assert.ok(!existsSync(target));
    assert.deepEqual(left(), []);
  });

  it('keeps names apart where the disk ignores case', async () => {
    const plan = await planTree(files.walk('/app'), '/app', nameRulesOf('darwin'), signal);
    const names = plan.files.map(({ path }) => path.toLowerCase());
    assert.equal(new Set(names).size, names.length);
    assert.ok(plan.files.some(({ path }) => path === 'a (2)'));
    assert.equal(plan.renamed, 1);
  });

  it('plans in slices, so that others have their turn and Cancel is obeyed', async () => {
    const controller = new AbortController();
    function* endless(): Generator<FileEntry> {
      const { sizeInBytes } = files.resolve('/app/readme.txt');
      for (let i = 0; ; i += 1)
        yield { path: `/app/${i}`, name: String(i), type: 'file', sizeInBytes } as FileEntry;
    }
    const plan = planTree(endless(), '/app', LINUX, controller.signal);
    setImmediate(() => controller.abort());
    await assert.rejects(plan, (error) => isCoreError(error, 'cancelled'));
  });

  it('puts files in order step by step, and stops between any two of them before it asks for a byte', async () => {
    const count = 20_000;
    const file = files.resolve('/app/readme.txt');
    let looked = 0;
    let most = 0;
    let pauses = 0;
    let last = Infinity;
    function* names(): Generator<FileEntry> {
      for (let i = 0; i < count; i += 1) {
        looked += 1;
        yield { ...file };
      }
    }
    const breathe = async (): Promise<void> => {
      most = Math.max(most, looked);
      looked = 0;
      pauses += 1;
      if (pauses === last) throw new CoreError('cancelled', 'cancelled');
    };
    const first = async (): Promise<boolean | undefined> => {
      await using opened = files.openAll(names(), signal, { breathe });
      return (await opened.next()).done;
    };
    assert.equal(await first(), false);
    assert.equal(most, 1);
    assert.ok(
      pauses > 2 * count,
      `${pauses} pauses for ${count} names, put in order and then looked for neighbours`,
    );
    const requests = source.requests.length;
    for (last of [1, count, count + 3, pauses]) {
      pauses = 0;
      await assert.rejects(first(), (error) => isCoreError(error, 'cancelled'));
    }
    assert.equal(source.requests.length, requests);
  });

  it('gives Windows only names that it takes', () => {
    for (const [name, legal] of [
      ['CON', '_CON'],
      ['con.txt', '_con.txt'],
      ['lpt9', '_lpt9'],
      ['a:b', 'a_b'],
      ['x?.txt', 'x_.txt'],
      ['dot.', 'dot_'],
      ['space ', 'space_'],
      ['back\\slash', 'back_slash'],
      ['console', 'console'],
      ['..', '_'],
      ['tab\tname', 'tab_name'],
    ] as const) {
      assert.equal(legalName(name, WINDOWS), legal);
    }
  });

  it('plans no place outside the folder and no two files in one place, whatever the names', async () => {
    const name = fc.oneof(
      fc.string({ minLength: 1, maxLength: 6 }),
      fc.constantFrom('..', '.', 'CON', 'a', 'A', 'nul.txt', '..\\..\\x', 'C:'),
    );
    const tree = fc.array(fc.tuple(fc.array(name, { minLength: 1, maxLength: 4 }), fc.boolean()), {
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(tree, fc.constantFrom(LINUX, WINDOWS, nameRulesOf('darwin')), async (paths, rules) => {
        const made = new Map<string, FileEntry>();
        for (const [parts, isFile] of paths) {
          const clean = parts.map((part) => part.replaceAll('/', '-'));
          clean.forEach((_, i) => {
            const path = `/${clean.slice(0, i + 1).join('/')}`;
            const type = i === clean.length - 1 && isFile ? 'file' : 'directory';
            if (!made.has(path)) made.set(path, { path, name: clean[i]!, type, sizeInBytes: 1 } as FileEntry);
          });
        }
        const plan = await planTree(made.values(), '/', rules, signal);
        const places = [...plan.folders, ...plan.files.map(({ path }) => path)];
        const fold = (path: string): string =>
          rules.ignoresCase ? path.normalize('NFC').toLowerCase() : path;
        assert.equal(new Set(places.map(fold)).size, places.length);
        for (const place of places) {
          assert.ok(
            place.split('/').every((part) => part !== '' && part !== '.' && part !== '..'),
            place,
          );
          if (rules.isWindows) assert.doesNotMatch(place, /[<>:"|?*\\\u0000-\u001f]|[. ](\/|$)/);
        }
      }),
    );
  });

  it('finds files by words of their path, names that begin so first', async () => {
    const find = async (text: string): Promise<string[]> => {
      let found: FileEntry[] = [];
      for await (const slice of searchFiles(files, text, { maximum: 10, signal })) found = slice;
      return found.map(({ path }) => path);
    };
    assert.deepEqual(await find('app file'), ['/app/sub/deep/file']);
    assert.deepEqual((await find('R')).slice(0, 2), ['/app/readme.txt', '/app/run']);
    assert.deepEqual(await find('nothing like it'), []);
    assert.equal((await find('')).length, 10);
  });
});
