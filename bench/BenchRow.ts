/** One line of the table: a figure of ours, the peer's where there is one, and the bar. Less is better in every row. */

/** The parts of the product that have bars; each row group belongs to one. */
export const AREAS = ['browse', 'providers', 'inside', 'move'] as const;
export type Area = (typeof AREAS)[number];

export interface BenchRow {
  readonly area: Area;
  readonly name: string;
  /** Of `ours` and `peer`: `ms`, `requests`, `MB`, `KB`. */
  readonly unit: string;
  readonly ours: number;
  /** Null where the bar is absolute. */
  readonly peer: number | null;
  readonly peerName: string | null;
  /** `ours / peer`. */
  readonly ratio: number | null;
  /** The most that `ratio`, or without a peer `ours`, may be. */
  readonly bar: number;
  readonly holds: boolean;
}

/** Rows that are measured together, on the same servers. One file a group, one line a group in `groups.ts`. */
export interface BenchGroup {
  readonly area: Area;
  readonly title: string;
  /** @param note prints what the rows cannot say: the noise of the run, what was left out. */
  run(note: (text: string) => void): Promise<BenchRow[]>;
}

type RowBase = Pick<BenchRow, 'area' | 'name' | 'unit' | 'ours' | 'bar'>;

/** A row against a bar that stands by itself: a count, a size. */
export function absoluteRow(row: RowBase): BenchRow {
  return { ...row, peer: null, peerName: null, ratio: null, holds: row.ours <= row.bar };
}

/** A row against a peer of the same run. */
export function comparedRow(row: RowBase & { readonly peer: number; readonly peerName: string }): BenchRow {
  const ratio = row.ours / row.peer;
  return { ...row, ratio, holds: ratio <= row.bar };
}
