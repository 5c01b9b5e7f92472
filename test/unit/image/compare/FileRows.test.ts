import assert from 'node:assert/strict';
import type { FileDifference, FileFacts } from '../../../../src/core/image/compare/compareFiles.ts';
import type { FileQuery } from '../../../../src/core/image/compare/FileQuery.ts';
import { FileRows } from '../../../../src/core/image/compare/FileRows.ts';

const facts = (sizeInBytes: number): FileFacts => ({
  type: 'file',
  mode: 0o644,
  owner: { userId: 0, groupId: 0, userName: '', groupName: '' },
  sizeInBytes,
  layer: 0,
  layerPath: '/x',
});
const difference = (kind: FileDifference['kind'], path: string, before?: number, after?: number) => ({
  kind,
  path,
  ...(before !== undefined && { before: facts(before) }),
  ...(after !== undefined && { after: facts(after) }),
  isCertain: kind !== 'removed',
});
const rows = new FileRows([
  difference('changed', '/bin/Tool', 10, 40),
  difference('metadata', '/etc/passwd', 5, 5),
  difference('added', '/usr/lib/tool.so', undefined, 20),
  difference('removed', '/var/log', 7),
]);
const ALL: FileQuery = { text: '', kinds: [], sort: 'path', isDescending: false, view: 'list' };
const find = (query: Partial<FileQuery>): string[] =>
  rows.find({ ...ALL, ...query }).map((number) => rows.at(number)!.path);

describe('FileRows', () => {
  it('finds by words in any case and by kind', () => {
    assert.deepEqual(find({ text: 'TOOL' }), ['/bin/Tool', '/usr/lib/tool.so']);
    assert.deepEqual(find({ text: 'lib tool' }), ['/usr/lib/tool.so']);
    assert.deepEqual(find({ kinds: ['removed', 'metadata'] }), ['/etc/passwd', '/var/log']);
    assert.deepEqual(find({ text: 'nothing like it' }), []);
  });

  it('sorts by every column, both ways', () => {
    assert.deepEqual(find({ sort: 'kind' }), ['/usr/lib/tool.so', '/var/log', '/bin/Tool', '/etc/passwd']);
    assert.deepEqual(find({ sort: 'change' })[0], '/var/log');
    assert.deepEqual(find({ sort: 'change', isDescending: true })[0], '/bin/Tool');
    assert.deepEqual(find({ isDescending: true })[0], '/var/log');
    assert.deepEqual(find({ sort: 'before', isDescending: true })[0], '/bin/Tool');
  });

  it('sums up what came, went and grew', () => {
    assert.deepEqual(rows.summary(), {
      counts: { added: 1, removed: 1, changed: 1, metadata: 1 },
      addedBytes: 20,
      removedBytes: 7,
      changedBytes: 30,
      uncertain: 1,
    });
  });

  describe('as a tree', () => {
    const tree = () =>
      new FileRows([
        difference('changed', '/etc/app/conf', 10, 15),
        difference('added', '/etc/app/extra', undefined, 5),
        difference('removed', '/init', 1),
        difference('added', '/usr/share', undefined, 0),
        difference('added', '/usr/share/doc', undefined, 0),
        difference('added', '/usr/share/doc/a', undefined, 1),
        difference('added', '/usr/share/doc/b', undefined, 90),
      ]);
    const shown = async (files: FileRows, query: Partial<FileQuery> = {}): Promise<string[]> => {
      const all = await files.rows({ ...ALL, view: 'tree', ...query });
      return all.map(({ depth, label, folder, number }) => {
        const state = folder ? ` ${folder.isOpen ? 'v' : '>'} ${folder.count} ${folder.growth}` : '';
        return `${'  '.repeat(depth)}${label}${state}${number === undefined ? '' : ` #${number}`}`;
      });
    };

    it('shows folders with what is in them, one row for a folder that holds only another', async () => {
      assert.deepEqual(await shown(tree()), [
        'etc/app v 2 10',
        '  conf #0',
        '  extra #1',
        'usr/share/doc v 2 91 #4',
        '  a #5',
        '  b #6',
        'init #2',
      ]);
    });

    it('closes and opens folders, one or all, and finds in them nevertheless', async () => {
      const files = tree();
      files.toggleFolder('/etc/app');
      assert.deepEqual((await shown(files)).slice(0, 2), ['etc/app > 2 10', 'usr/share/doc v 2 91 #4']);
      files.setFolders(false);
      files.toggleFolder('/etc/app');
      assert.deepEqual(await shown(files), [
        'etc/app v 2 10',
        '  conf #0',
        '  extra #1',
        'usr/share/doc > 2 91 #4',
        'init #2',
      ]);
      assert.deepEqual(await shown(files, { text: 'extra' }), ['etc/app v 1 5', '  extra #1']);
    });

    it('sorts the rows of each folder, folders by the sum of what they hold', async () => {
      assert.deepEqual(await shown(tree(), { sort: 'change', isDescending: true }), [
        'usr/share/doc v 2 91 #4',
        '  b #6',
        '  a #5',
        'etc/app v 2 10',
        '  conf #0',
        '  extra #1',
        'init #2',
      ]);
      assert.equal((await shown(tree(), { isDescending: true }))[0], 'usr/share/doc v 2 91 #4');
    });

    it('names the row of the folder that a row is in', async () => {
      const all = await tree().rows({ ...ALL, view: 'tree' });
      assert.deepEqual(
        all.map(({ parent }) => parent ?? -1),
        [-1, 0, 0, -1, 3, 3, -1],
      );
    });

    it('lets others have their turn while it is made of a hundred thousand files', async () => {
      const many = Array.from({ length: 100_000 }, (_, index) =>
        difference('added', `/d${index % 300}/e${index % 7}/${index}`, undefined, 1),
      );
      let turns = 0;
      let isDone = false;
      const turn = (): void => {
        turns += 1;
        if (!isDone) setImmediate(turn);
      };
      setImmediate(turn);
      const all = await new FileRows(many).rows({ ...ALL, view: 'tree' });
      isDone = true;
      assert.equal(all.filter(({ number }) => number !== undefined).length, 100_000);
      assert.ok(turns > 2, `${turns} turns`);
    });
  });
});
