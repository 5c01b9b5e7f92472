/**
 * Progress of the classic builder: `Step 3/7 : RUN …`, `---> Using cache`, `Successfully built 49f4e4125a83`; and of
 * Podman: `STEP 3/7: RUN …`, `--> Using cache …`, `COMMIT name`, the id alone on the last line.
 */
import { LineParser } from './LineParser.ts';
import type { ProgressEvent, StepState } from './ProgressEvent.ts';

interface Step {
  readonly id: string;
  readonly index: number;
  readonly total: number;
  readonly name: string;
  state: StepState;
}

export class ClassicBuildProgress extends LineParser {
  #step: Step | undefined;

  protected override parseLine(line: string): ProgressEvent[] {
    const step = /^(?:Step|STEP) (\d+)\/(\d+) ?: ?(.*)$/.exec(line);
    if (step !== null) {
      const finished = this.#finish();
      const [, index, total, name] = step as unknown as [string, string, string, string];
      this.#step = { id: index, index: Number(index), total: Number(total), name, state: 'running' };
      return [...finished, { kind: 'step', ...this.#step }];
    }
    if (/^ ?---> Using cache$|^--> Using cache /.test(line)) {
      if (this.#step !== undefined) this.#step.state = 'cached';
      return [];
    }
    if (/^COMMIT\b/.test(line)) return this.#finish();
    const built = /^(?:Successfully built )?([0-9a-f]{12}|[0-9a-f]{64})$/.exec(line);
    if (built !== null && (this.#step === undefined || line !== built[1])) {
      return [...this.#finish(), { kind: 'image', id: imageId(built[1]!) }];
    }
    if (
      /^The command .* returned a non-zero code: \d+$|^(?:COPY|ADD) failed: |^Error: building at STEP /.test(
        line,
      )
    ) {
      return this.#finish('error', line);
    }
    if (
      line === '' ||
      /^ ---> |^--> |^(?:Removing intermediate container|Removed intermediate container) /.test(line)
    )
      return [];
    return [
      { kind: 'log', text: `${line}\n`, ...(this.#step === undefined ? {} : { stepId: this.#step.id }) },
    ];
  }

  /** Reports how the running step ended, once. */
  #finish(state?: StepState, error?: string): ProgressEvent[] {
    const step = this.#step;
    if (step === undefined) return [];
    this.#step = undefined;
    const ended = state ?? (step.state === 'cached' ? 'cached' : 'done');
    return [{ kind: 'step', ...step, state: ended, ...(error === undefined ? {} : { error }) }];
  }
}

/** Podman prints whole ids without their algorithm; the classic builder short ones. */
function imageId(hex: string): string {
  return hex.length === 64 ? `sha256:${hex}` : hex;
}
