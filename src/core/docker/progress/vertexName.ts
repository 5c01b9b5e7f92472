/** What BuildKit's names of steps and of their parts tell, in plain and in rawjson output alike. */
import { isDigest } from '../../oci/digest.ts';
import type { ProgressEvent } from './ProgressEvent.ts';

/** `[base 2/4] RUN x` → stage `base`, 2 of 4, `RUN x`. Names without a position stay whole. */
export function parseVertexName(text: string): {
  name: string;
  stage?: string;
  index?: number;
  total?: number;
} {
  const match = /^\[(?:(.+) )?(\d+)\/(\d+)\] (.*)$/s.exec(text);
  if (match === null) return { name: text };
  const [, stage, index, total, name] = match;
  return {
    name: name!,
    index: Number(index),
    total: Number(total),
    ...(stage === undefined ? {} : { stage }),
  };
}

/** Image id or manifest digest from a status such as `writing image sha256:…` or `pushing manifest for a/b:1@sha256:…`. */
export function parseVertexStatus(text: string): ProgressEvent[] {
  const match =
    /^(writing image|exporting manifest(?: list)?|pushing manifest for \S+@|exporting config) ?(sha256:[0-9a-f]{64})/.exec(
      text,
    );
  const digest = match?.[2];
  if (match === null || digest === undefined || !isDigest(digest)) return [];
  if (match[1] === 'writing image' || match[1] === 'exporting config') return [{ kind: 'image', id: digest }];
  const tag = /^pushing manifest for \S+:([^/:@]+)@$/.exec(match[1]!)?.[1];
  return [{ kind: 'digest', digest, ...(tag === undefined ? {} : { tag }) }];
}
