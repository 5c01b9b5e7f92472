/** Adds progress events up to what a person is shown: "3 of 7 layers pushed", "step 4 of 9: RUN …". */
import type { Digest } from '../../oci/digest.ts';
import type { LayerState, ProgressEvent } from './ProgressEvent.ts';

export interface StepTotals {
  readonly done: number;
  /** Steps the builder has named so far, or the Dockerfile's (classic). */
  readonly total: number;
  readonly cached: number;
  /** Name of the step that started last and still runs; with its position where it has one. */
  readonly current?: {
    readonly name: string;
    readonly stage?: string;
    readonly index?: number;
    readonly total?: number;
  };
  readonly failed?: { readonly name: string; readonly error: string };
}

export interface LayerTotals {
  readonly done: number;
  readonly total: number;
  /** Layers that needed no transfer: there already, or mounted from another repository. */
  readonly reused: number;
  /** Bytes, known only where the client prints them. */
  readonly currentBytes?: number;
  readonly totalBytes?: number;
}

export interface ProgressState {
  readonly steps?: StepTotals;
  readonly layers?: LayerTotals;
  /** 0 to 1, never falling; undefined while nothing is known. */
  readonly fraction?: number;
  readonly digest?: Digest;
  readonly sizeInBytes?: number;
  readonly imageId?: string;
}

type StepEvent = Extract<ProgressEvent, { kind: 'step' }>;
type LayerEvent = Extract<ProgressEvent, { kind: 'layer' }>;

const FINAL: ReadonlySet<LayerState> = new Set(['pushed', 'exists', 'mounted', 'pulled']);

export class ProgressSummary {
  readonly #steps = new Map<string, StepEvent>();
  readonly #layers = new Map<string, LayerEvent>();
  #fraction: number | undefined;
  #result: Pick<ProgressState, 'digest' | 'sizeInBytes' | 'imageId'> = {};

  /** Takes the events in; tells whether what a person is shown may have changed (logs change nothing). */
  push(events: readonly ProgressEvent[]): boolean {
    for (const event of events) this.#take(event);
    return events.some((event) => event.kind !== 'log');
  }

  summarize(): ProgressState {
    const steps = this.#stepTotals();
    const layers = this.#layerTotals();
    // A builder names its own small steps first and the export last: neither may fill the bar too early.
    const numbered = [...this.#steps.values()].some((step) => step.total !== undefined);
    if (steps !== undefined && numbered) this.#advance(steps.done / (steps.total + 1));
    if (steps === undefined && layers !== undefined) this.#advance(layers.done / layers.total);
    return {
      ...this.#result,
      ...(steps === undefined ? {} : { steps }),
      ...(layers === undefined ? {} : { layers }),
      ...(this.#fraction === undefined ? {} : { fraction: this.#fraction }),
    };
  }

  #advance(fraction: number): void {
    this.#fraction = Math.max(this.#fraction ?? 0, fraction);
  }

  #take(event: ProgressEvent): void {
    switch (event.kind) {
      case 'step':
        // Deleted first, so that the step that started last stands last.
        if (event.state === 'running') this.#steps.delete(event.id);
        this.#steps.set(event.id, event);
        break;
      case 'layer':
        this.#layers.set(event.id, { ...this.#layers.get(event.id), ...event });
        break;
      case 'digest':
        this.#result = {
          ...this.#result,
          digest: event.digest,
          ...(event.sizeInBytes === undefined ? {} : { sizeInBytes: event.sizeInBytes }),
        };
        break;
      case 'image':
        this.#result = { ...this.#result, imageId: event.id };
        break;
      case 'log':
        break;
    }
  }

  #stepTotals(): StepTotals | undefined {
    if (this.#steps.size === 0) return undefined;
    const steps = [...this.#steps.values()];
    const ended = steps.filter((step) => step.state !== 'running');
    const current = steps.findLast((step) => step.state === 'running');
    const failed = steps.find((step) => step.state === 'error');
    // The classic builder counts all steps together; BuildKit within a stage, so there every total adds up.
    const totals = new Map(steps.map((step) => [step.stage ?? '', step.total ?? 0]));
    const named = [...totals.values()].reduce((sum, total) => sum + total, 0);
    const unnumbered = steps.filter((step) => step.index === undefined).length;
    return {
      done: ended.length,
      total: Math.max(steps.length, named + unnumbered),
      cached: steps.filter((step) => step.state === 'cached').length,
      ...(current === undefined ? {} : { current: position(current) }),
      ...(failed === undefined ? {} : { failed: { name: failed.name, error: failed.error ?? '' } }),
    };
  }

  #layerTotals(): LayerTotals | undefined {
    if (this.#layers.size === 0) return undefined;
    const layers = [...this.#layers.values()];
    const sum = (pick: (layer: LayerEvent) => number | undefined) =>
      layers.reduce((total, layer) => total + (pick(layer) ?? 0), 0);
    const totalBytes = sum((layer) => layer.total);
    return {
      done: layers.filter((layer) => FINAL.has(layer.state)).length,
      total: layers.length,
      reused: layers.filter((layer) => layer.state === 'exists' || layer.state === 'mounted').length,
      ...(totalBytes === 0
        ? {}
        : {
            totalBytes,
            currentBytes: sum((layer) => (FINAL.has(layer.state) ? layer.total : layer.current)),
          }),
    };
  }
}

function position(step: StepEvent): NonNullable<StepTotals['current']> {
  return {
    name: step.name,
    ...(step.stage === undefined ? {} : { stage: step.stage }),
    ...(step.index === undefined ? {} : { index: step.index }),
    ...(step.total === undefined ? {} : { total: step.total }),
  };
}
