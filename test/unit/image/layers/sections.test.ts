import assert from 'node:assert/strict';
import fc from 'fast-check';
import { packSections, tryUnpackSections } from '../../../../src/core/image/layers/sections.ts';

describe('Sections', () => {
  const meta = { name: 'übung', list: [1, 2] };
  /** Packing takes them. */
  const arrays = () => ({
    bytes: Uint8Array.of(1, 2, 3),
    none: new Uint8Array(),
    modes: Uint16Array.of(0o755, 0o644, 65_535),
    small: Float64Array.of(0, 4_294_967_295),
    wide: Float64Array.of(4_294_967_296, 1),
    fractions: Float64Array.of(0.5, -1),
  });
  const pack = () => packSections({ meta, arrays: arrays() });

  it('come out of a file as they went in, in half the space where numbers are small', async () => {
    const unpacked = await tryUnpackSections<typeof meta>(pack());
    assert.deepEqual(unpacked?.meta, meta);
    for (const [name, array] of Object.entries(arrays()))
      assert.deepEqual([...unpacked.arrays[name]!], [...array], name);
    const { small, wide, fractions } = unpacked.arrays;
    assert.deepEqual(
      [small, wide, fractions].map((array) => array?.BYTES_PER_ELEMENT),
      [4, 8, 8],
    );
  });

  it('are views of the file, which is not copied', async () => {
    const packed = pack();
    const unpacked = await tryUnpackSections(packed);
    for (const array of Object.values(unpacked!.arrays)) assert.equal(array.buffer, packed.buffer);
  });

  it('are refused when any bit of the file has changed, or its end is missing', async () => {
    const packed = pack();
    const damage = fc.oneof(
      fc.nat(packed.length * 8 - 1).map((bit) => {
        const copy = packed.slice();
        copy[bit >> 3]! ^= 1 << (bit & 7);
        return copy;
      }),
      fc.nat(packed.length - 1).map((length) => packed.slice(0, length)),
    );
    await fc.assert(
      fc.asyncProperty(damage, async (damaged) => {
        assert.equal(await tryUnpackSections(damaged), undefined);
      }),
    );
  });
});
