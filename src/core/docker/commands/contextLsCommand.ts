/** `docker context ls`, and Podman's counterpart `podman system connection list`. */
import * as v from 'valibot';
import type { DockerCommand } from '../DockerRunner.ts';
import { parseJsonLines } from '../parseJsonLines.ts';

export interface DockerContext {
  readonly name: string;
  readonly description: string;
  /** `unix:///var/run/docker.sock`, `ssh://me@host`. */
  readonly endpoint: string;
  readonly isCurrent: boolean;
  /** Why the context cannot be used, in docker's words. */
  readonly error?: string;
}

const text = v.optional(v.string(), '');

const Row = v.looseObject({
  Name: v.string(),
  Description: text,
  DockerEndpoint: text,
  URI: text,
  Current: v.optional(v.boolean(), false),
  Default: v.optional(v.boolean(), false),
  Error: text,
});

export function contextLsCommand(program: 'docker' | 'podman'): DockerCommand<DockerContext[]> {
  return {
    args:
      program === 'docker'
        ? ['context', 'ls', '--format', '{{json .}}']
        : ['system', 'connection', 'list', '--format', 'json'],
    parse: (stdout) =>
      parseJsonLines(stdout, Row).map((row) => ({
        name: row.Name,
        description: row.Description,
        endpoint: row.DockerEndpoint || row.URI,
        isCurrent: row.Current || row.Default,
        ...(row.Error === '' ? {} : { error: row.Error }),
      })),
  };
}
