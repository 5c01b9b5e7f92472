/** Puts an image's history beside its layers. Source: OCI image-spec config.md, "history". */
import type { Descriptor } from './descriptor.ts';
import type { HistoryEntry } from './imageConfig.ts';

/** A build step with the layer it made, a step without a layer, or a layer no step accounts for. */
export interface HistoryRow {
  readonly entry?: HistoryEntry;
  readonly layer?: Descriptor;
}

export interface HistoryRows {
  /** Base first; holds every history entry and every layer once, each in its order. */
  readonly rows: readonly HistoryRow[];
  /** False where the counts disagree (squashed or rewritten images): then which step made which layer is a guess. */
  readonly matches: boolean;
}

export function pairHistoryWithLayers(
  history: readonly HistoryEntry[],
  layers: readonly Descriptor[],
): HistoryRows {
  let next = 0;
  const rows: HistoryRow[] = history.map((entry) => {
    const layer = entry.emptyLayer ? undefined : layers[next++];
    return layer === undefined ? { entry } : { entry, layer };
  });
  rows.push(...layers.slice(next).map((layer) => ({ layer })));
  return { rows, matches: next === layers.length };
}
