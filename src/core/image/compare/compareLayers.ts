/** Which layers two images share. What has one digest is one content: it is never downloaded to be compared. */
import type { Descriptor } from '../../oci/descriptor.ts';

/** A layer with what its content is once decompressed, where the config says so: compressed anew it is still the same. */
export interface ComparedLayer extends Descriptor {
  readonly diffId?: string;
}

export interface LayerComparison {
  /** In both, in the order of the second. */
  readonly shared: readonly ComparedLayer[];
  /** Only in the first, base first. */
  readonly removed: readonly ComparedLayer[];
  /** Only in the second, base first. */
  readonly added: readonly ComparedLayer[];
  /** How many layers from the base on are the same in both: all above them can show other files. */
  readonly commonBase: number;
}

export function compareLayers(
  before: readonly ComparedLayer[],
  after: readonly ComparedLayer[],
): LayerComparison {
  let commonBase = 0;
  while (commonBase < before.length && isSameLayer(before[commonBase]!, after[commonBase])) commonBase += 1;
  const [isBefore, isAfter] = [membership(before), membership(after)];
  return {
    shared: after.filter(
      (layer, index) => isBefore(layer) && after.findIndex((each) => isSameLayer(each, layer)) === index,
    ),
    removed: before.filter((layer) => !isAfter(layer)),
    added: after.filter((layer) => !isBefore(layer)),
    commonBase,
  };
}

/** @param diffIds of the config; they count only where it has one for every layer. */
export function withDiffIds(layers: readonly Descriptor[], diffIds: readonly string[]): ComparedLayer[] {
  return layers.map((layer, position) =>
    diffIds.length === layers.length ? { ...layer, diffId: diffIds[position]! } : layer,
  );
}

/** Whether a layer is among `layers`. */
export function membership(layers: readonly ComparedLayer[]): (layer: ComparedLayer) => boolean {
  const digests = new Set(layers.map(({ digest }) => digest));
  const diffIds = new Set(layers.map(({ diffId }) => diffId).filter((id) => id !== undefined));
  return ({ digest, diffId }) => digests.has(digest) || (diffId !== undefined && diffIds.has(diffId));
}

function isSameLayer(a: ComparedLayer, b: ComparedLayer | undefined): boolean {
  return a.digest === b?.digest || (a.diffId !== undefined && a.diffId === b?.diffId);
}
