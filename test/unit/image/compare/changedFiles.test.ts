import assert from 'node:assert/strict';
import { changedFiles, MAX_SHOWN_FILES } from '../../../../src/core/image/compare/changedFiles.ts';
import type { FileDifference, FileFacts } from '../../../../src/core/image/compare/compareFiles.ts';

const factsOf = (path: string, type: FileFacts['type'] = 'file'): FileFacts => ({
  type,
  mode: 0o644,
  owner: { userId: 0, groupId: 0, userName: '', groupName: '' },
  sizeInBytes: 1,
  layer: 0,
  layerPath: path,
});
const changed = (path: string): FileDifference => ({
  kind: 'changed',
  path,
  before: factsOf(path),
  after: factsOf(path),
  isCertain: true,
});

describe('The files that Open All Changes shows', () => {
  it('are those with other content in both images: nothing added or removed, no link, no other mode', () => {
    const { shown, total } = changedFiles([
      { kind: 'added', path: '/added', after: factsOf('/added'), isCertain: true },
      { kind: 'removed', path: '/removed', before: factsOf('/removed'), isCertain: true },
      { ...changed('/mode'), kind: 'metadata' },
      { ...changed('/link'), before: factsOf('/link', 'symbolicLink') },
      { ...changed('/directory'), after: factsOf('/directory', 'directory') },
      changed('/text'),
    ]);
    assert.deepEqual([shown.map(({ after }) => after.layerPath), total], [['/text'], 1]);
  });

  it('are the first hundred in the order of the list, and it is said how many there are', () => {
    const paths = Array.from({ length: MAX_SHOWN_FILES + 20 }, (_, i) => `/file-${i * 7}`);
    const { shown, total } = changedFiles(paths.map(changed));
    assert.deepEqual(
      shown.map(({ before }) => before.layerPath),
      paths.slice(0, 100),
    );
    assert.equal(total, 120);
    assert.equal(changedFiles(paths.slice(0, 100).map(changed)).total, 100);
  });
});
