/** One line about a layer, as `docker push` and `docker pull` print it: `8d0f32e7306a: Mounted from team/app`. */
import { parseSize } from './parseSize.ts';
import type { LayerState, ProgressEvent } from './ProgressEvent.ts';

const STATES: readonly (readonly [pattern: RegExp, state: LayerState])[] = [
  [/^Preparing$|^Pulling fs layer$/, 'preparing'],
  [/^Waiting$/, 'waiting'],
  [/^Pushing\b/, 'pushing'],
  [/^Pushed$/, 'pushed'],
  [/^(?:Layer already exists|Already exists)$/, 'exists'],
  [/^Mounted from /, 'mounted'],
  [/^Downloading\b/, 'downloading'],
  [/^Verifying Checksum$/, 'verifying'],
  [/^Download complete$/, 'downloaded'],
  [/^Extracting\b/, 'extracting'],
  [/^Pull complete$/, 'pulled'],
  [/^Retrying in /, 'retrying'],
];

/** Undefined when the line is not about a layer. */
export function parseLayerLine(line: string): ProgressEvent | undefined {
  const match = /^([0-9a-f]{12}): (.*)$/.exec(line);
  if (match === null) return undefined;
  const text = match[2]!.trim();
  const state = STATES.find(([pattern]) => pattern.test(text))?.[1];
  if (state === undefined) return undefined;
  const [current, total] = (/([\d.]+\s*[kMGT]?i?B)(?:\/([\d.]+\s*[kMGT]?i?B))?$/.exec(text) ?? [])
    .slice(1)
    .map((size: string | undefined) => (size === undefined ? undefined : parseSize(size)));
  const from = state === 'mounted' ? text.slice('Mounted from '.length) : undefined;
  return {
    kind: 'layer',
    id: match[1]!,
    state,
    ...(current === undefined ? {} : { current }),
    ...(total === undefined ? {} : { total }),
    ...(from === undefined ? {} : { from }),
  };
}
