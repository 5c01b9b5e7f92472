/** `docker images`: what the engine holds, one entry a tag. */
import * as v from 'valibot';
import { isDigest } from '../../oci/digest.ts';
import type { DockerCommand } from '../DockerRunner.ts';
import type { LocalImage } from '../LocalImage.ts';
import { parseJsonLines } from '../parseJsonLines.ts';
import { parseSize } from '../progress/parseSize.ts';

const text = v.nullish(v.string(), '');

/** Docker gives a row a tag. Podman repeats the image for each tag, all of them in `Names`, numbers for size and time. */
const Row = v.looseObject({
  ID: text,
  Id: text,
  Repository: text,
  Tag: text,
  Names: v.nullish(v.array(v.string()), []),
  Digest: text,
  CreatedAt: v.optional(v.unknown()),
  Created: v.optional(v.unknown()),
  Size: v.optional(v.union([v.string(), v.number()])),
  VirtualSize: v.optional(v.union([v.string(), v.number()])),
});

export function imagesCommand(): DockerCommand<LocalImage[]> {
  return {
    args: ['images', '--no-trunc', '--digests', '--format', '{{json .}}'],
    parse: parseImages,
  };
}

function parseImages(stdout: string): LocalImage[] {
  const entries = new Map<string, Omit<LocalImage, 'references'>>();
  const references = new Map<string, Set<string>>();
  for (const row of parseJsonLines(stdout, Row)) {
    const id = row.ID || row.Id;
    if (id === '') continue;
    const digest = isDigest(row.Digest) ? row.Digest : undefined;
    const createdAt = parseTime(row.CreatedAt) ?? parseTime(row.Created);
    const sizeInBytes = bytes(row.VirtualSize) ?? bytes(row.Size);
    const all = references.get(id) ?? new Set();
    references.set(id, all);
    for (const { repository, tag } of namesOf(row)) {
      const suffix = tag !== undefined ? `:${tag}` : digest === undefined ? '' : `@${digest}`;
      const reference = repository === undefined || suffix === '' ? undefined : repository + suffix;
      if (reference !== undefined) all.add(reference);
      // One tag is listed once for every digest it was pushed under.
      const key = `${id} ${reference ?? ''}`;
      if (entries.has(key)) continue;
      entries.set(key, {
        id: id.includes(':') ? id : `sha256:${id}`,
        ...(repository === undefined ? {} : { repository }),
        ...(tag === undefined ? {} : { tag }),
        ...(digest === undefined ? {} : { digest }),
        ...(reference === undefined ? {} : { reference }),
        ...(createdAt === undefined ? {} : { createdAt }),
        ...(sizeInBytes === undefined ? {} : { sizeInBytes }),
        dangling: reference === undefined,
      });
    }
  }
  return [...entries].map(([key, entry]) => ({
    ...entry,
    references: [...(references.get(key.slice(0, key.indexOf(' '))) ?? [])],
  }));
}

function namesOf(
  row: v.InferOutput<typeof Row>,
): { repository?: string | undefined; tag?: string | undefined }[] {
  if (row.Names.length === 0) {
    const repository = named(row.Repository);
    return [repository === undefined ? {} : { repository, tag: named(row.Tag) }];
  }
  return row.Names.map((name) => {
    const [repository, tag] = /^(.+):([^:/]+)$/.exec(name)?.slice(1) ?? [name];
    return { repository, tag };
  });
}

function named(text: string): string | undefined {
  return text === '' || text === '<none>' ? undefined : text;
}

/** `2026-11-23 18:32:36 +0000 UTC` (docker; the zone's name varies), an ISO time, or seconds. */
function parseTime(value: unknown): Date | undefined {
  if (typeof value === 'number') return new Date(value * 1000);
  if (typeof value !== 'string') return undefined;
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)? ?(Z|[+-]\d\d:?\d\d)/.exec(value);
  if (match === null) return undefined;
  const time = new Date(`${match[1]!}T${match[2]!}${match[3]!.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')}`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

function bytes(size: string | number | undefined): number | undefined {
  return typeof size === 'number' ? size : parseSize(size ?? '');
}
