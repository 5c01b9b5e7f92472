/**
 * Progress of buildx with `--progress=rawjson`: one JSON object a line with `vertexes`, `statuses` and `logs`
 * (BuildKit's client.SolveStatus). Lines that are something else are logs.
 */
import { StringDecoder } from 'node:string_decoder';
import * as v from 'valibot';
import { toDisplayText } from '../../common/displayText.ts';
import { LineParser } from './LineParser.ts';
import type { ProgressEvent, StepState } from './ProgressEvent.ts';
import { parseVertexName, parseVertexStatus } from './vertexName.ts';

const list = <Schema extends v.GenericSchema>(item: Schema) => v.nullish(v.array(item), []);
const text = v.nullish(v.string(), '');

const SolveStatus = v.object({
  vertexes: list(
    v.object({
      digest: v.string(),
      name: text,
      started: text,
      completed: text,
      cached: v.optional(v.boolean(), false),
      error: text,
    }),
  ),
  statuses: list(
    v.object({
      id: text,
      vertex: text,
      current: v.optional(v.number()),
      total: v.optional(v.number()),
      completed: text,
    }),
  ),
  logs: list(v.object({ vertex: text, data: text })),
});

type Vertex = v.InferOutput<typeof SolveStatus>['vertexes'][number];
type Status = v.InferOutput<typeof SolveStatus>['statuses'][number];

export class RawJsonProgress extends LineParser {
  /** Vertex digest → the short id of its step, numbered as `plain` numbers them. */
  readonly #ids = new Map<string, string>();
  readonly #states = new Map<string, StepState>();
  readonly #decoders = new Map<string, StringDecoder>();
  readonly #seenStatuses = new Set<string>();

  protected override parseLine(line: string): ProgressEvent[] {
    const parsed = v.safeParse(SolveStatus, tryParseJson(line));
    if (!parsed.success) return line === '' ? [] : [{ kind: 'log', text: `${line}\n` }];
    const { vertexes, statuses, logs } = parsed.output;
    return [
      ...vertexes.flatMap((vertex) => this.#vertex(vertex)),
      ...statuses.flatMap((status) => this.#status(status)),
      ...logs.flatMap((log) => this.#log(log.vertex, log.data)),
    ];
  }

  #id(digest: string): string {
    const known = this.#ids.get(digest);
    if (known !== undefined) return known;
    const id = String(this.#ids.size + 1);
    this.#ids.set(digest, id);
    return id;
  }

  /** A vertex is announced, started, completed, and sometimes started again: only changes are events. */
  #vertex(vertex: Vertex): ProgressEvent[] {
    if (vertex.started === '' && vertex.error === '' && !vertex.cached) return [];
    const state: StepState =
      vertex.error !== '' ? 'error' : vertex.cached ? 'cached' : vertex.completed === '' ? 'running' : 'done';
    const id = this.#id(vertex.digest);
    if (this.#states.get(id) === state) return [];
    this.#states.set(id, state);
    const durationMs = Date.parse(vertex.completed) - Date.parse(vertex.started);
    return [
      {
        kind: 'step',
        id,
        ...parseVertexName(toDisplayText(vertex.name)),
        state,
        ...(Number.isFinite(durationMs) ? { durationMs } : {}),
        ...(vertex.error === '' ? {} : { error: toDisplayText(vertex.error) }),
      },
    ];
  }

  #status(status: Status): ProgressEvent[] {
    const layer = /^(extracting )?sha256:([0-9a-f]{12})/.exec(status.id);
    if (layer !== null) {
      const finished = status.completed !== '';
      return [
        {
          kind: 'layer',
          id: layer[2]!,
          state:
            layer[1] === undefined
              ? finished
                ? 'downloaded'
                : 'downloading'
              : finished
                ? 'pulled'
                : 'extracting',
          ...(status.current === undefined ? {} : { current: status.current }),
          ...(status.total === undefined || status.total === 0 ? {} : { total: status.total }),
        },
      ];
    }
    const key = `${status.vertex} ${status.id}`;
    if (status.completed === '' || this.#seenStatuses.has(key)) return [];
    this.#seenStatuses.add(key);
    const line = `${toDisplayText(status.id)}\n`;
    return [...parseVertexStatus(status.id), { kind: 'log', text: line, stepId: this.#id(status.vertex) }];
  }

  #log(vertex: string, base64: string): ProgressEvent[] {
    let decoder = this.#decoders.get(vertex);
    if (decoder === undefined) this.#decoders.set(vertex, (decoder = new StringDecoder('utf8')));
    const text = toDisplayText(decoder.write(Buffer.from(base64, 'base64')));
    return text === '' ? [] : [{ kind: 'log', text, stepId: this.#id(vertex) }];
  }
}

function tryParseJson(line: string): unknown {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
