import assert from 'node:assert/strict';
import fc from 'fast-check';
import { URI, Utils } from 'vscode-uri';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import {
  formatImageFile,
  imageKeyOf,
  nameInUri,
  parseImageFile,
  type ImageFileAddress,
} from '../../../src/platform/imageFileAddress.ts';

const digest = `sha256:${'ab'.repeat(32)}` as const;
const image = {
  kind: 'registry',
  connectionId: 'https://Example.com/Path',
  repository: 'team/app',
  digest,
} as const;
/** There and back through the text of a URI, as VS Code sends it. */
const through = (address: ImageFileAddress): ImageFileAddress =>
  parseImageFile(URI.parse(URI.from(formatImageFile(address)).toString()));

describe('The address of a file in an image', () => {
  it('comes back from its URI, whatever the connection and the path are', () => {
    const path = fc.array(
      fc.string({ minLength: 1 }).map((part) => part.replaceAll(/[/\0]/g, 'x')),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        path,
        fc.option(fc.nat(500), { nil: undefined }),
        (id, parts, layer) => {
          const address = {
            image: { ...image, connectionId: id },
            ...(layer !== undefined && { layer }),
            path: `/${parts.join('/')}`,
          };
          assert.deepEqual(through(address), address);
        },
      ),
    );
  });

  for (const path of ['/C:', '/C:/x', '/Z:y', '/%43:', '/%2543:', '/%:', '/%4:', '/c:', '/CC:', '/x/C:']) {
    it(`comes back for ${path}, though VS Code writes drives in lower case`, () => {
      assert.equal(through({ image, path }).path, path);
    });
  }

  it('is the one that VS Code makes of a folder and a name that was listed there', () => {
    const root = URI.from(formatImageFile({ image, path: '/' }));
    const listed = Utils.joinPath(root, nameInUri('/', 'C:'), nameInUri('/C:', 'D:'));
    assert.equal(parseImageFile(URI.parse(listed.toString())).path, '/C:/D:');
  });

  it('keeps the root and an image of the engine apart from everything else', () => {
    const local: ImageFileAddress = { image: { kind: 'docker', imageId: digest }, layer: 2, path: '/' };
    assert.deepEqual(through(local), local);
    assert.notEqual(imageKeyOf(local.image), imageKeyOf(image));
  });

  it('shows the path in the image and nothing else', () => {
    assert.equal(formatImageFile({ image, path: '/etc/passwd' }).path, '/etc/passwd');
  });

  for (const [name, authority] of [
    ['an authority that is no hexadecimal', 'registry'],
    ['a repository that is none', hex(['registry', 'c', '../x', digest])],
    ['a digest that is none', hex(['registry', 'c', 'team/app', 'latest'])],
    ['a layer that cannot be', hex(['docker', digest, -1])],
    ['parts that do not belong there', hex(['docker', digest, 1, 2])],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => parseImageFile({ scheme: 'berth-image', authority, path: '/x' }),
        (error) => isCoreError(error, 'invalidInput') && error.details.reason === 'imageUri',
      );
    });
  }
});

function hex(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('hex');
}
