/** What the journal stores of one operation, as JSON on disk. Version 2 added copies and clean-ups; version 1 is read as it is. */
import * as v from 'valibot';
import { isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';

const digestSchema = v.custom<Digest>((value) => typeof value === 'string' && isDigest(value));

const itemSchema = v.object({
  /** Names the item within its operation: a tag, or the digest of a manifest that has none. */
  tag: v.string(),
  /** Delete, clean-up: what the tag pointed at. Retag, copy: what it points at once it is done. */
  digest: digestSchema,
  mediaType: v.string(),
  /** Retag or copy over an existing tag: what it pointed at before; its bytes are kept. */
  previousDigest: v.exactOptional(digestSchema),
  previousMediaType: v.exactOptional(v.string()),
  /** Delete by dummy manifest: the throw-away digest the tag may be on if the process died half-way. */
  dummyDigest: v.exactOptional(digestSchema),
  /** Copy of some platforms only: the index they are taken from; `digest` is the one that is made of them. */
  sourceDigest: v.exactOptional(digestSchema),
  /** `kept`: not carried out, the tag is as it was. `unknown`: the registry could not be asked any more. */
  state: v.picklist(['pending', 'done', 'kept', 'unknown', 'undone']),
});

/** What a copy needs to go on in another process. */
const copySchema = v.object({
  source: v.object({
    connectionId: v.string(),
    /** Host of the registry as references write it, for display. */
    registry: v.string(),
    repository: v.string(),
  }),
  /** As `formatPlatform` writes them. Absent: all. */
  platforms: v.exactOptional(v.array(v.string())),
  referrers: v.boolean(),
  /** The stage of the promotion this was. */
  stage: v.exactOptional(v.string()),
});

export const operationSchema = v.object({
  version: v.picklist([1, 2]),
  id: v.string(),
  kind: v.picklist(['delete', 'retag', 'copy', 'cleanUp']),
  /** ISO 8601. */
  startedAt: v.pipe(v.string(), v.isoTimestamp()),
  finishedAt: v.exactOptional(v.pipe(v.string(), v.isoTimestamp())),
  /** When a process took it up again. */
  resumedAt: v.exactOptional(v.pipe(v.string(), v.isoTimestamp())),
  /** `undone`: every item that was done has been put back. */
  state: v.picklist(['running', 'finished', 'undone']),
  connectionId: v.string(),
  /** Host of the registry as references write it, for display. */
  registry: v.string(),
  repository: v.string(),
  ownerPid: v.number(),
  items: v.array(itemSchema),
  copy: v.exactOptional(copySchema),
  /** The name of the rules a clean-up followed. */
  rules: v.exactOptional(v.string()),
});

/** One line of the log beside an operation: what changed since its file was written. */
export const itemChangeSchema = v.object({
  tag: v.string(),
  state: v.exactOptional(itemSchema.entries.state),
  dummyDigest: v.exactOptional(digestSchema),
});

export type JournalItem = Readonly<v.InferOutput<typeof itemSchema>>;
export type JournalCopy = Readonly<v.InferOutput<typeof copySchema>>;
export type ItemChange = Partial<Pick<JournalItem, 'state' | 'dummyDigest'>>;
export type StoredOperation = v.InferOutput<typeof operationSchema>;
