/** Podman's lines about blobs; outside a terminal it prints only that a copy starts, and at the end that all are there. */
import type { LayerState, ProgressEvent } from './ProgressEvent.ts';

export class PodmanBlobs {
  readonly #finalState: LayerState;
  readonly #runningState: LayerState;
  readonly #running = new Set<string>();

  constructor(direction: 'push' | 'pull') {
    this.#runningState = direction === 'push' ? 'pushing' : 'downloading';
    this.#finalState = direction === 'push' ? 'pushed' : 'pulled';
  }

  /** Undefined when the line is about something else. */
  parseLine(line: string): ProgressEvent[] | undefined {
    if (line.startsWith('Writing manifest to image destination')) {
      const ended = [...this.#running].map((id) => ({ kind: 'layer', id, state: this.#finalState }) as const);
      this.#running.clear();
      return ended;
    }
    const match = /^Copying (?:blob|config) (?:sha256:)?([0-9a-f]{10,64})\b(.*)$/.exec(line);
    if (match === null) return undefined;
    const id = match[1]!.slice(0, 12);
    const rest = match[2]!;
    const state = /already exists|skipped/.test(rest)
      ? 'exists'
      : /\bdone\b/.test(rest)
        ? this.#finalState
        : this.#runningState;
    if (state === this.#runningState) this.#running.add(id);
    else this.#running.delete(id);
    return [{ kind: 'layer', id, state }];
  }
}
