/** `docker ps --all`: containers, running or not. */
import * as v from 'valibot';
import { checkArgument } from '../checkArgument.ts';
import type { DockerCommand } from '../DockerRunner.ts';
import { parseJsonLines } from '../parseJsonLines.ts';

export interface ContainerSummary {
  readonly id: string;
  readonly names: readonly string[];
  readonly image: string;
  /** `running`, `exited`, `created`, `paused`. */
  readonly state: string;
}

const Row = v.looseObject({
  ID: v.optional(v.string()),
  Id: v.optional(v.string()),
  Names: v.union([v.string(), v.array(v.string())]),
  Image: v.optional(v.string(), ''),
  State: v.optional(v.string(), ''),
});

/** @param filter a `--filter`, such as `label=dev.berth.registry=true`. */
export function psCommand(filter?: string): DockerCommand<ContainerSummary[]> {
  return {
    args: [
      'ps',
      '--all',
      '--no-trunc',
      ...(filter === undefined ? [] : [`--filter=${checkArgument(filter, 'filter')}`]),
      '--format',
      '{{json .}}',
    ],
    parse: (stdout) =>
      parseJsonLines(stdout, Row).map((row) => ({
        id: row.ID ?? row.Id ?? '',
        names: typeof row.Names === 'string' ? row.Names.split(',') : row.Names,
        image: row.Image,
        state: row.State,
      })),
  };
}
