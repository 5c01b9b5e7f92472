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
const find = (query: Partial<FileQuery>): string[] =>
  rows
    .find({ text: '', kinds: [], sort: 'path', isDescending: false, ...query })
    .map((number) => rows.at(number)!.path);

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
});
