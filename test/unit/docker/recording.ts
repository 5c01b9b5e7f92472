/** Recorded output of real docker clients, and parsing it in pieces. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { ProgressEvent, ProgressParser } from '../../../src/core/docker/progress/ProgressEvent.ts';

const folder = new URL('../../support/recorded/docker/', import.meta.url);

export function readRecording(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8');
}

/** All events of `text`, fed to a parser in the pieces `cuts` makes of it. */
export function parseAll(
  parser: ProgressParser,
  text: string,
  cuts: readonly number[] = [],
): ProgressEvent[] {
  const positions = [0, ...[...cuts].sort((a, b) => a - b), text.length];
  const pieces = positions.slice(1).map((end, i) => text.slice(positions[i], end));
  return [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()];
}

/** Positions at which a recording may be cut: anywhere. */
export function cutsOf(text: string): fc.Arbitrary<number[]> {
  return fc.array(fc.nat(text.length), { maxLength: 60 });
}

/** The steps of a build that ended, in order: `name: state`. */
export function endedSteps(events: readonly ProgressEvent[]): string[] {
  return events.flatMap((event) =>
    event.kind === 'step' && event.state !== 'running' ? [`${event.name}: ${event.state}`] : [],
  );
}
