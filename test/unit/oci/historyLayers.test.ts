import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Descriptor } from '../../../src/core/oci/descriptor.ts';
import { pairHistoryWithLayers } from '../../../src/core/oci/historyLayers.ts';
import type { HistoryEntry } from '../../../src/core/oci/imageConfig.ts';
import { MediaType } from '../../../src/core/oci/mediaType.ts';

const layer = (n: number): Descriptor => ({
  mediaType: MediaType.ociLayerGzip,
  digest: `sha256:${n}`,
  sizeInBytes: n,
});
const step = (createdBy: string, emptyLayer = false): HistoryEntry => ({ createdBy, emptyLayer });

describe('pairHistoryWithLayers', () => {
  it('gives each step that made a layer its layer', () => {
    const history = [step('ADD'), step('ENV', true), step('RUN')];
    assert.deepEqual(pairHistoryWithLayers(history, [layer(1), layer(2)]), {
      rows: [
        { entry: history[0], layer: layer(1) },
        { entry: history[1] },
        { entry: history[2], layer: layer(2) },
      ],
      matches: true,
    });
  });

  it('says that it guesses when layers are missing or left over', () => {
    const few = pairHistoryWithLayers([step('ADD'), step('RUN')], [layer(1)]);
    assert.deepEqual(few, {
      rows: [{ entry: step('ADD'), layer: layer(1) }, { entry: step('RUN') }],
      matches: false,
    });
    const many = pairHistoryWithLayers([step('ADD')], [layer(1), layer(2)]);
    assert.deepEqual(many, {
      rows: [{ entry: step('ADD'), layer: layer(1) }, { layer: layer(2) }],
      matches: false,
    });
    assert.equal(pairHistoryWithLayers([], [layer(1)]).matches, false);
    assert.equal(pairHistoryWithLayers([], []).matches, true);
  });

  it('holds every step and every layer once, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean()), fc.nat(20), (empties, count) => {
        const history = empties.map((empty, i) => step(String(i), empty));
        const layers = Array.from({ length: count }, (_, i) => layer(i));
        const { rows } = pairHistoryWithLayers(history, layers);
        assert.deepEqual(
          rows.flatMap(({ entry }) => entry ?? []),
          history,
        );
        assert.deepEqual(
          rows.flatMap((row) => row.layer ?? []),
          layers,
        );
      }),
    );
  });
});
