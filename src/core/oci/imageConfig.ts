/** The config of an image: how it runs and how it was made. Source: OCI image-spec config.md; Docker's image.json v1.2. */
import * as v from 'valibot';
import { CoreError } from '../common/CoreError.ts';
import { informative, stringMap } from './informative.ts';
import { parseJson } from './parseJson.ts';

export interface ImageConfig {
  readonly created?: Date;
  readonly author?: string;
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: readonly EnvironmentVariable[];
  /** `user[:group]`, names or numbers; undefined: root. */
  readonly user?: string;
  readonly workingDir?: string;
  /** `80/tcp`, … in natural order. */
  readonly exposedPorts: readonly string[];
  /** Paths of mount points. */
  readonly volumes: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly stopSignal?: string;
  readonly shell: readonly string[];
  readonly healthcheck?: Healthcheck;
  /** Base first. */
  readonly history: readonly HistoryEntry[];
  /** Digests of the uncompressed layers, base first; as written, not checked. */
  readonly diffIds: readonly string[];
}

export interface EnvironmentVariable {
  readonly name: string;
  readonly value: string;
}

export interface HistoryEntry {
  readonly created?: Date;
  /** The instruction; '' where none was written. */
  readonly createdBy: string;
  readonly author?: string;
  readonly comment?: string;
  /** True where the step made no layer. */
  readonly emptyLayer: boolean;
}

/** Docker's HEALTHCHECK. Undefined durations: the engine's defaults. */
export interface Healthcheck {
  /** `['CMD', …]`, `['CMD-SHELL', command]` or `['NONE']`. */
  readonly test: readonly string[];
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
  readonly startPeriodMs?: number;
  readonly retries?: number;
}

const text = informative(v.pipe(v.string(), v.nonEmpty()));
const stringList = v.pipe(
  v.array(v.unknown()),
  v.transform((items) => items.filter((item) => typeof item === 'string')),
);
const texts = v.fallback(stringList, []);
/** Old builders wrote a lone string for a list of one. */
const command = v.fallback(
  v.union([
    stringList,
    v.pipe(
      v.string(),
      v.transform((word) => (word === '' ? [] : [word])),
    ),
  ]),
  [],
);
/** Go writes year 1 for "no time". */
const time = informative(
  v.pipe(
    v.string(),
    v.transform((iso) => new Date(iso)),
    v.check((date) => date.getTime() > Date.UTC(1, 11)),
  ),
);
/** Sets are objects with empty values. */
const setOfNames = v.fallback(
  v.pipe(
    v.record(v.string(), v.unknown()),
    v.transform((entries) => Object.keys(entries).sort(compareNaturally)),
  ),
  [],
);
/** Go durations are nanoseconds; 0 means the default. */
const duration = informative(
  v.pipe(
    v.number(),
    v.gtValue(0),
    v.transform((nanoseconds) => nanoseconds / 1e6),
  ),
);

const configSchema = v.object({
  created: time,
  author: text,
  os: v.fallback(v.string(), ''),
  architecture: v.fallback(v.string(), ''),
  variant: text,
  'os.version': text,
  config: informative(
    v.object({
      Entrypoint: command,
      Cmd: command,
      Env: texts,
      User: text,
      WorkingDir: text,
      ExposedPorts: setOfNames,
      Volumes: setOfNames,
      Labels: informative(stringMap),
      StopSignal: text,
      Shell: texts,
      Healthcheck: informative(
        v.object({
          Test: texts,
          Interval: duration,
          Timeout: duration,
          StartPeriod: duration,
          Retries: informative(v.pipe(v.number(), v.gtValue(0))),
        }),
      ),
    }),
  ),
  history: v.fallback(
    v.array(
      v.fallback(
        v.object({
          created: time,
          created_by: text,
          author: text,
          comment: text,
          empty_layer: v.fallback(v.boolean(), false),
        }),
        {
          created: undefined,
          created_by: undefined,
          author: undefined,
          comment: undefined,
          empty_layer: false,
        },
      ),
    ),
    [],
  ),
  rootfs: informative(v.object({ diff_ids: texts })),
});

/**
 * Everything that is missing or of a wrong type is simply not there: a config is shown, never executed by us.
 * @throws CoreError `protocol` with reason `notJson` or `badImageConfig` (not a JSON object).
 */
export function parseImageConfig(bytes: Uint8Array): ImageConfig {
  const json = parseJson(bytes, 'image config');
  const result = v.safeParse(configSchema, json);
  if (!result.success || Array.isArray(json)) {
    throw new CoreError('protocol', 'the image config is not a JSON object', { reason: 'badImageConfig' });
  }
  const { config, history, rootfs, created, author, variant, os, architecture, ...rest } = result.output;
  const osVersion = rest['os.version'];
  const healthcheck = config?.Healthcheck;
  return {
    ...(created && { created }),
    ...(author && { author }),
    os,
    architecture,
    ...(variant && { variant }),
    ...(osVersion && { osVersion }),
    entrypoint: config?.Entrypoint ?? [],
    cmd: config?.Cmd ?? [],
    env: (config?.Env ?? []).map(parseVariable),
    ...(config?.User && { user: config.User }),
    ...(config?.WorkingDir && { workingDir: config.WorkingDir }),
    exposedPorts: config?.ExposedPorts ?? [],
    volumes: config?.Volumes ?? [],
    labels: config?.Labels ?? {},
    ...(config?.StopSignal && { stopSignal: config.StopSignal }),
    shell: config?.Shell ?? [],
    ...(healthcheck && {
      healthcheck: {
        test: healthcheck.Test,
        ...(healthcheck.Interval && { intervalMs: healthcheck.Interval }),
        ...(healthcheck.Timeout && { timeoutMs: healthcheck.Timeout }),
        ...(healthcheck.StartPeriod && { startPeriodMs: healthcheck.StartPeriod }),
        ...(healthcheck.Retries && { retries: healthcheck.Retries }),
      },
    }),
    history: history.map((entry) => ({
      ...(entry.created && { created: entry.created }),
      createdBy: entry.created_by ?? '',
      ...(entry.author && { author: entry.author }),
      ...(entry.comment && { comment: entry.comment }),
      emptyLayer: entry.empty_layer,
    })),
    diffIds: rootfs?.diff_ids ?? [],
  };
}

function parseVariable(entry: string): EnvironmentVariable {
  const equals = entry.indexOf('=');
  return equals < 0
    ? { name: entry, value: '' }
    : { name: entry.slice(0, equals), value: entry.slice(equals + 1) };
}

function compareNaturally(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
