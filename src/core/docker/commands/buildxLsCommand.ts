/** `docker buildx ls`: builders and their nodes, as JSON (0.13 and later) or as the table of older versions. */
import * as v from 'valibot';
import type { DockerCommand } from '../DockerRunner.ts';
import { parseJsonLines } from '../parseJsonLines.ts';

export interface BuilderNode {
  readonly name: string;
  readonly endpoint: string;
  /** `running`, `inactive`, `stopped`; '' when unknown. */
  readonly status: string;
  readonly platforms: readonly string[];
}

export interface Builder {
  readonly name: string;
  /** `docker`, `docker-container`, `kubernetes`, `remote`. */
  readonly driver: string;
  readonly isCurrent: boolean;
  readonly nodes: readonly BuilderNode[];
}

const text = v.optional(v.string(), '');

const Row = v.looseObject({
  Name: v.string(),
  Driver: text,
  Current: v.optional(v.boolean(), false),
  Nodes: v.nullish(
    v.array(
      v.looseObject({ Name: text, Endpoint: text, Status: text, Platforms: v.nullish(v.array(v.string())) }),
    ),
  ),
});

/** @param format `json` fails on a buildx before 0.13: unknown flag. */
export function buildxLsCommand(format: 'json' | 'table'): DockerCommand<Builder[]> {
  return format === 'json'
    ? { args: ['buildx', 'ls', '--format', '{{json .}}'], parse: parseRows }
    : { args: ['buildx', 'ls'], parse: parseTable };
}

function parseRows(stdout: string): Builder[] {
  const builders = parseJsonLines(stdout, Row).map((row) => ({
    name: row.Name,
    driver: row.Driver,
    isCurrent: row.Current,
    nodes: (row.Nodes ?? []).map((node) => ({
      name: node.Name,
      endpoint: node.Endpoint,
      status: node.Status,
      platforms: node.Platforms ?? [],
    })),
  }));
  // The builder of the context is listed twice when DOCKER_HOST names the engine.
  return [...new Map(builders.map((builder) => [builder.name, builder])).values()];
}

/** A line a builder (`default*  docker`), below it an indented line a node; newer tables draw `\_` before its name and endpoint. */
function parseTable(stdout: string): Builder[] {
  const builders: (Builder & { nodes: BuilderNode[] })[] = [];
  for (const line of stdout.split('\n').slice(1)) {
    const node = /^ +(\S+)\s+(.*)$/.exec(line.replaceAll('\\_', '  '));
    if (node === null) {
      const builder = /^(\S+?)( ?\*)?\s+(\S+)/.exec(line);
      if (builder === null) continue;
      const [, name, star, driver] = builder;
      builders.push({ name: name!, driver: driver!, isCurrent: star !== undefined, nodes: [] });
    } else {
      const [endpoint = '', status = ''] = node[2]!.split(/\s+/);
      const platforms = /\S+\/\S+(?:, \S+\/\S+)*\s*$/.exec(node[2]!.slice(endpoint.length))?.[0] ?? '';
      builders.at(-1)?.nodes.push({
        name: node[1]!,
        endpoint,
        status,
        platforms: platforms
          .split(',')
          .map((platform) => platform.trim().replace(/\*$/, ''))
          .filter(Boolean),
      });
    }
  }
  return builders;
}
