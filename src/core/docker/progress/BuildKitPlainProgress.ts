/** Progress of BuildKit with `--progress=plain`: `#5 [2/4] RUN …`, `#5 0.35 output`, `#5 DONE 0.3s`. */
import { LineParser } from './LineParser.ts';
import { parseSize } from './parseSize.ts';
import type { ProgressEvent } from './ProgressEvent.ts';
import { parseVertexName, parseVertexStatus } from './vertexName.ts';

export class BuildKitPlainProgress extends LineParser {
  /** Vertex number → its name, from the first line that names it. */
  readonly #names = new Map<string, string>();

  protected override parseLine(line: string): ProgressEvent[] {
    const match = /^#(\d+) (.*)$/.exec(line);
    if (match === null) return line === '' ? [] : [{ kind: 'log', text: `${line}\n` }];
    const id = match[1]!;
    const rest = match[2]!;
    const name = this.#names.get(id);
    if (name === undefined) {
      this.#names.set(id, rest);
      return [{ kind: 'step', id, ...parseVertexName(rest), state: 'running' }];
    }
    const step = { kind: 'step', id, ...parseVertexName(name) } as const;
    // Output of several steps is interleaved: a step is announced again, and cut by `...`.
    if (rest === name || rest === '...' || /^sha256:[0-9a-f]{64}$/.test(rest)) return [];
    const done = /^DONE (\d+(?:\.\d+)?)s$/.exec(rest);
    if (done !== null) return [{ ...step, state: 'done', durationMs: Math.round(Number(done[1]) * 1000) }];
    if (rest === 'CACHED') return [{ ...step, state: 'cached' }];
    if (rest === 'CANCELED') return [{ ...step, state: 'error', error: 'canceled' }];
    if (rest.startsWith('ERROR: ')) return [{ ...step, state: 'error', error: rest.slice(7) }];
    const layer = /^(extracting )?sha256:([0-9a-f]{12})[0-9a-f]*(?: (\S+) \/ (\S+))?/.exec(rest);
    if (layer !== null) return [layerEvent(layer, rest.endsWith(' done'))];
    const output = /^\d+\.\d+ (.*)$/.exec(rest);
    if (output !== null) return [{ kind: 'log', text: `${output[1]!}\n`, stepId: id }];
    return [...parseVertexStatus(rest), { kind: 'log', text: `${rest}\n`, stepId: id }];
  }
}

function layerEvent([, extracting, id, current, total]: RegExpExecArray, done: boolean): ProgressEvent {
  const bytes = { current: parseSize(current ?? ''), total: parseSize(total ?? '') };
  const [running, finished] =
    extracting === undefined ? (['downloading', 'downloaded'] as const) : (['extracting', 'pulled'] as const);
  return {
    kind: 'layer',
    id: id!,
    state: done ? finished : running,
    ...(bytes.current === undefined ? {} : { current: bytes.current }),
    ...(bytes.total === undefined ? {} : { total: bytes.total }),
  };
}
