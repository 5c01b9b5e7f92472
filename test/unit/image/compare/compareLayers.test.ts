import assert from 'node:assert/strict';
import { compareLayers } from '../../../../src/core/image/compare/compareLayers.ts';
import type { Descriptor } from '../../../../src/core/oci/descriptor.ts';
import { MediaType } from '../../../../src/core/oci/mediaType.ts';

const layers = (letters: string): Descriptor[] =>
  Array.from(letters, (letter) => ({
    mediaType: MediaType.ociLayerGzip,
    digest: `sha256:${letter.repeat(64)}`,
    sizeInBytes: 1,
  }));

const compare = (before: string, after: string) => {
  const { shared, removed, added, commonBase } = compareLayers(layers(before), layers(after));
  const text = (list: readonly Descriptor[]) => list.map(({ digest }) => digest.at(-1)).join('');
  return [text(shared), text(removed), text(added), commonBase];
};

describe('compareLayers', () => {
  it('tells shared layers from those of one image only, and how far the bases agree', () => {
    assert.deepEqual(compare('abc', 'abd'), ['ab', 'c', 'd', 2]);
    assert.deepEqual(compare('abc', 'xbc'), ['bc', 'a', 'x', 0]);
    assert.deepEqual(compare('ab', 'abc'), ['ab', '', 'c', 2]);
    assert.deepEqual(compare('', 'a'), ['', '', 'a', 0]);
  });

  it('names a layer that stands in both twice only once', () => {
    assert.deepEqual(compare('aab', 'aab'), ['ab', '', '', 3]);
  });
});
