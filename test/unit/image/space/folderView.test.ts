import assert from 'node:assert/strict';
import { folderView } from '../../../../src/core/image/space/folderView.ts';
import type { SizeNode } from '../../../../src/core/image/space/ImageSpace.ts';

const file = (name: string, sizeInBytes: number): SizeNode => ({ name, sizeInBytes });
const folder = (name: string, children: SizeNode[], rest?: SizeNode['rest']): SizeNode => ({
  name,
  sizeInBytes: children.reduce((sum, child) => sum + child.sizeInBytes, rest?.sizeInBytes ?? 0),
  children,
  ...(rest && { rest }),
});

describe('folderView', () => {
  const root = folder('', [
    folder('usr', [folder('lib', [file('big', 60), file('small', 5)]), file('doc', 10)]),
    file('app', 20),
    file('tiny', 1),
  ]);

  it('shows the largest first and the others as a number', () => {
    const view = folderView(root, '/', 5)!;
    assert.deepEqual(view.node, {
      name: '',
      sizeInBytes: 96,
      children: [
        {
          name: 'usr',
          sizeInBytes: 75,
          children: [
            {
              name: 'lib',
              sizeInBytes: 65,
              children: [file('big', 60)],
              rest: { fileCount: 1, sizeInBytes: 5 },
            },
          ],
          rest: { fileCount: 1, sizeInBytes: 10 },
        },
        file('app', 20),
      ],
      rest: { fileCount: 1, sizeInBytes: 1 },
    });
  });

  it('shows a folder by its path', () => {
    const view = folderView(root, '/usr/lib')!;
    assert.equal(view.path, '/usr/lib');
    assert.deepEqual(
      view.node.children?.map(({ name }) => name),
      ['big', 'small'],
    );
  });

  it('knows no folder where there is a file or nothing', () => {
    assert.equal(folderView(root, '/app'), undefined);
    assert.equal(folderView(root, '/usr/never/x'), undefined);
  });

  it('keeps to its bound where a folder holds tens of thousands of files', () => {
    const many = Array.from({ length: 20_000 }, (_, index) => file(`f${index}`, 20_000 - index));
    const { node } = folderView(folder('', [folder('huge', many)]), '/')!;
    const [huge] = node.children!;
    assert.equal(huge!.children!.length, 238);
    assert.equal(huge!.rest!.fileCount, 20_000 - 238);
  });
});
