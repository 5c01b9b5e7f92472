/** The merge of layers, held against applying them one after the other to a folder, as `docker export` would show it. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { TarEntry } from '../../../../src/core/image/archive/TarEntry.ts';
import { MergedTree } from '../../../../src/core/image/files/MergedTree.ts';
import type { LayerIndex } from '../../../../src/core/image/layers/LayerIndex.ts';
import { LayerIndexBuilder } from '../../../../src/core/image/layers/LayerIndexBuilder.ts';

interface Change {
  readonly path: readonly string[];
  readonly kind: 'file' | 'directory' | 'symbolicLink' | 'whiteout' | 'opaque';
}

function entry(path: string, type: TarEntry['type'], size = 0): TarEntry {
  return {
    path,
    type,
    mode: 0o755,
    userId: 0,
    groupId: 0,
    userName: '',
    groupName: '',
    sizeInBytes: size,
    modifiedAtSeconds: 0,
    linkPath: type === 'symbolicLink' ? 'x' : '',
    dataOffset: 0,
    storedSizeInBytes: size,
  };
}

function tarPath({ path, kind }: Change): string {
  const parent = path.slice(0, -1);
  if (kind === 'whiteout') return [...parent, `.wh.${path.at(-1)!}`].join('/');
  if (kind === 'opaque') return [...path, '.wh..wh..opq'].join('/');
  return path.join('/');
}

/** `size` tells which layer and change a file comes from. */
function indexOf(layer: readonly Change[], base: number): LayerIndex {
  const builder = new LayerIndexBuilder();
  layer.forEach((change, i) => {
    const type =
      change.kind === 'directory' ? 'directory' : change.kind === 'symbolicLink' ? 'symbolicLink' : 'file';
    builder.add(entry(tarPath(change), type, type === 'file' ? base + i : 0), 0);
  });
  return builder.finish({
    digest: `sha256:${'0'.repeat(64)}`,
    access: { kind: 'tar' },
    uncompressedSizeInBytes: 0,
  });
}

/** Applies a layer as the specification says: what it hides of lower layers first, then what it holds. */
function apply(state: Map<string, string>, layer: readonly Change[], base: number): void {
  const below = (path: string): string[] =>
    [...state.keys()].filter((each) => each.startsWith(path === '' ? '' : `${path}/`));
  for (const { path, kind } of layer) {
    const name = path.join('/');
    if (kind === 'whiteout') for (const each of [name, ...below(name)]) state.delete(each);
    if (kind === 'opaque') for (const each of below(name)) state.delete(each);
  }
  // The layer by itself is a folder first, as overlay2 unpacks it: the later of two entries with one name counts.
  const own = new Map<string, string>();
  const setOwn = (path: readonly string[], value: string): void => {
    for (let i = 1; i < path.length; i += 1) {
      const parent = path.slice(0, i).join('/');
      if (own.get(parent) !== 'directory') own.set(parent, 'directory');
    }
    const name = path.join('/');
    if (value !== 'directory')
      for (const each of [...own.keys()]) if (each.startsWith(`${name}/`)) own.delete(each);
    own.set(name, value);
  };
  layer.forEach(({ path, kind }, i) => {
    if (kind === 'file') setOwn(path, `file ${base + i}`);
    else if (kind === 'symbolicLink') setOwn(path, 'symbolicLink');
    else if (kind === 'directory' || kind === 'opaque') setOwn(path, 'directory');
    else if (path.length > 1) setOwn(path.slice(0, -1), 'directory');
  });
  for (const [name, value] of own) {
    const isDirectory = value === 'directory';
    if (!(isDirectory && state.get(name) === 'directory'))
      for (const each of below(name)) if (!own.has(each)) state.delete(each);
    state.set(name, value);
  }
}

describe('MergedTree', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'é');
  const change: fc.Arbitrary<Change> = fc.record({
    path: fc.array(name, { minLength: 1, maxLength: 4 }),
    kind: fc.constantFrom('file', 'file', 'directory', 'symbolicLink', 'whiteout', 'opaque'),
  });
  /** No path twice, and none through a file: what writers of layers write, in any order. */
  const layer = fc.array(change, { maxLength: 10 }).map((changes) => {
    const kept: Change[] = [];
    for (const each of changes) {
      const path = each.path.join('/');
      const clashes = kept.some((other) => {
        const otherPath = other.path.join('/');
        const isLeaf = (kind: Change['kind']): boolean => kind !== 'directory' && kind !== 'opaque';
        return (
          (path === otherPath && (isLeaf(each.kind) || isLeaf(other.kind))) ||
          (path.startsWith(`${otherPath}/`) && isLeaf(other.kind)) ||
          (otherPath.startsWith(`${path}/`) && isLeaf(each.kind))
        );
      });
      if (!clashes) kept.push(each);
    }
    return kept;
  });

  it('shows what applying the layers one after the other leaves', () => {
    fc.assert(
      fc.property(fc.array(layer, { minLength: 1, maxLength: 5 }), (layers) => {
        const state = new Map<string, string>();
        layers.forEach((each, i) => apply(state, each, i * 100));
        const tree = new MergedTree(layers.map((each, i) => indexOf(each, i * 100)));
        const seen = [...tree.walk()].map(({ path, type, sizeInBytes }) => [
          path.slice(1),
          type === 'file' ? `file ${sizeInBytes}` : type,
        ]);
        assert.deepEqual(Object.fromEntries(seen), Object.fromEntries(state));
        for (const [path] of seen) assert.ok(tree.get(`/${path!}`));
      }),
      { numRuns: 1500 },
    );
  });

  it('never leads out of the root, whatever archives and links say', () => {
    const builder = new LayerIndexBuilder();
    for (const path of [
      '../../etc/passwd',
      '/abs/./file',
      'a/../../out',
      'x//y/',
      './z',
      'ok/../fine',
      '..',
    ]) {
      builder.add(entry(path, 'file', 1), 0);
    }
    const index = builder.finish({
      digest: `sha256:${'0'.repeat(64)}`,
      access: { kind: 'tar' },
      uncompressedSizeInBytes: 0,
    });
    const tree = new MergedTree([index]);
    assert.deepEqual(
      [...tree.walk()].map(({ path }) => path),
      ['/abs', '/abs/file', '/fine', '/x', '/x/y', '/z'],
    );
    assert.equal(tree.resolve('/../../abs/../abs/file').path, '/abs/file');
    assert.equal(tree.get('/../x'), undefined);
  });

  it('holds a directory of a hundred thousand files and finds each', () => {
    const builder = new LayerIndexBuilder();
    for (let i = 0; i < 100_000; i += 1) builder.add(entry(`big/file-${(i * 7919) % 100_000}`, 'file', i), 0);
    const index = builder.finish({
      digest: `sha256:${'0'.repeat(64)}`,
      access: { kind: 'tar' },
      uncompressedSizeInBytes: 0,
    });
    const tree = new MergedTree([index]);
    assert.equal(tree.readDirectory('/big').length, 100_000);
    assert.equal(tree.get('/big/file-7919')?.sizeInBytes, 1);
    assert.ok(index.sizeInMemory < 100_000 * 80);
  });
});
