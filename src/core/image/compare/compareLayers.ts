/** Which layers two images share. What has one digest is one content: it is never downloaded to be compared. */
import type { Descriptor } from '../../oci/descriptor.ts';

export interface LayerComparison {
  /** In both, in the order of the second. */
  readonly shared: readonly Descriptor[];
  /** Only in the first, base first. */
  readonly removed: readonly Descriptor[];
  /** Only in the second, base first. */
  readonly added: readonly Descriptor[];
  /** How many layers from the base on are the same in both: all above them can show other files. */
  readonly commonBase: number;
}

export function compareLayers(before: readonly Descriptor[], after: readonly Descriptor[]): LayerComparison {
  const [left, right] = [digestsOf(before), digestsOf(after)];
  let commonBase = 0;
  while (commonBase < before.length && before[commonBase]!.digest === after[commonBase]?.digest)
    commonBase += 1;
  return {
    shared: after.filter(
      ({ digest }, index) => left.has(digest) && after.findIndex((each) => each.digest === digest) === index,
    ),
    removed: before.filter(({ digest }) => !right.has(digest)),
    added: after.filter(({ digest }) => !left.has(digest)),
    commonBase,
  };
}

function digestsOf(layers: readonly Descriptor[]): ReadonlySet<string> {
  return new Set(layers.map(({ digest }) => digest));
}
