import assert from 'node:assert/strict';
import fc from 'fast-check';
import { comparePackages } from '../../../../src/core/image/packages/comparePackages.ts';
import type { InstalledPackage } from '../../../../src/core/image/packages/InstalledPackage.ts';

const dpkg = (name: string, version: string, installedSizeInBytes?: number): InstalledPackage => ({
  manager: 'dpkg',
  name,
  version,
  architecture: 'amd64',
  ...(installedSizeInBytes !== undefined && { installedSizeInBytes }),
});

describe('comparePackages', () => {
  it('tells what came, what went and which way versions moved, by name', () => {
    const changes = comparePackages(
      [dpkg('zlib', '1.3-1'), dpkg('curl', '8.1-1', 100), dpkg('same', '1-1'), dpkg('old', '2-1', 30)],
      [dpkg('zlib', '1.2-9'), dpkg('curl', '8.10-1', 150), dpkg('same', '1-1'), dpkg('new', '1-1', 20)],
    );
    assert.deepEqual(changes, [
      {
        kind: 'upgraded',
        manager: 'dpkg',
        name: 'curl',
        architecture: 'amd64',
        from: '8.1-1',
        to: '8.10-1',
        sizeChangeInBytes: 50,
      },
      {
        kind: 'added',
        manager: 'dpkg',
        name: 'new',
        architecture: 'amd64',
        to: '1-1',
        sizeChangeInBytes: 20,
      },
      {
        kind: 'removed',
        manager: 'dpkg',
        name: 'old',
        architecture: 'amd64',
        from: '2-1',
        sizeChangeInBytes: -30,
      },
      {
        kind: 'downgraded',
        manager: 'dpkg',
        name: 'zlib',
        architecture: 'amd64',
        from: '1.3-1',
        to: '1.2-9',
      },
    ]);
  });

  it('keeps several versions of one package together', () => {
    const [change] = comparePackages(
      [dpkg('kernel', '1'), dpkg('kernel', '2')],
      [dpkg('kernel', '2'), dpkg('kernel', '3')],
    );
    assert.deepEqual([change?.kind, change?.from, change?.to], ['changed', '1, 2', '2, 3']);
  });

  it('finds nothing between a list and itself in any order, and mirrors what it finds', () => {
    const list = fc.uniqueArray(
      fc.record({
        name: fc.constantFrom('a', 'b', 'c', 'd'),
        version: fc.constantFrom('1-1', '2-1', '10-1'),
      }),
      { selector: ({ name }) => name },
    );
    const toPackages = (items: { name: string; version: string }[]) =>
      items.map(({ name, version }) => dpkg(name, version));
    const mirrored = {
      added: 'removed',
      removed: 'added',
      upgraded: 'downgraded',
      downgraded: 'upgraded',
      changed: 'changed',
    };
    fc.assert(
      fc.property(list, list, (first, second) => {
        assert.deepEqual(comparePackages(toPackages(first), toPackages(first.toReversed())), []);
        assert.deepEqual(
          comparePackages(toPackages(first), toPackages(second)).map(({ name, kind }) => [
            name,
            mirrored[kind],
          ]),
          comparePackages(toPackages(second), toPackages(first)).map(({ name, kind }) => [name, kind]),
        );
      }),
    );
  });
});
