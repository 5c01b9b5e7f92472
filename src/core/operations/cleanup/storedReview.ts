/** A plan as it is kept beside its text, so that a reload or a crash loses nothing. */
import * as v from 'valibot';
import { isDigest } from '../../oci/digest.ts';
import type { Digest } from '../../oci/digest.ts';
import type { DeleteMethod } from '../chooseDeleteMethod.ts';
import type { CleanUpPlan } from './CleanUpPlan.ts';
import { parseCleanUpRuleSet } from './CleanUpRules.ts';
import type { CleanUpRuleSet } from './CleanUpRules.ts';
import type { CleanUpReason } from './decideTags.ts';

/** Of a repository. */
export interface RepositoryReview extends Pick<
  CleanUpPlan,
  'repository' | 'rules' | 'entries' | 'relations' | 'bytesFreed'
> {
  readonly kind: 'repository';
  readonly connectionId: string;
  readonly ruleSet: CleanUpRuleSet;
  readonly deleteMethod: Exclude<DeleteMethod, 'impossible'>;
}

/** Of the images of the Docker engine. */
export interface LocalImagesReview {
  readonly kind: 'localImages';
  readonly entries: readonly LocalReviewEntry[];
}

export interface LocalReviewEntry {
  /** A reference, or the id of an image without one. */
  readonly name: string;
  readonly id: string;
  readonly action: 'keep' | 'delete';
  /** A container uses it. */
  readonly isUsed: boolean;
  readonly sizeInBytes?: number;
}

export type StoredReview = RepositoryReview | LocalImagesReview;

const digestSchema = v.custom<Digest>((value) => typeof value === 'string' && isDigest(value));
const time = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.transform((text) => new Date(text)),
);

const entrySchema = v.object({
  name: v.string(),
  isManifest: v.boolean(),
  action: v.picklist(['keep', 'delete']),
  // Made by Berth itself and only shown.
  reason: v.custom<CleanUpReason>((value) => typeof value === 'object' && value !== null && 'kind' in value),
  digest: v.exactOptional(digestSchema),
  mediaType: v.exactOptional(v.string()),
  sizeInBytes: v.exactOptional(v.number()),
  createdAt: v.exactOptional(time),
  attachedTo: v.exactOptional(v.string()),
});

const reviewSchema = v.variant('kind', [
  v.object({
    kind: v.literal('repository'),
    connectionId: v.string(),
    repository: v.string(),
    rules: v.string(),
    ruleSet: v.unknown(),
    deleteMethod: v.picklist(['native', 'dummyManifest', 'digest']),
    entries: v.array(entrySchema),
    relations: v.object({
      children: v.array(v.tuple([digestSchema, v.array(digestSchema)])),
      subjects: v.array(v.tuple([digestSchema, digestSchema])),
    }),
    bytesFreed: v.object({ sizeInBytes: v.number(), basis: v.picklist(['blobs', 'sizes', 'partly']) }),
  }),
  v.object({
    kind: v.literal('localImages'),
    entries: v.array(
      v.object({
        name: v.string(),
        id: v.string(),
        action: v.picklist(['keep', 'delete']),
        isUsed: v.boolean(),
        sizeInBytes: v.exactOptional(v.number()),
      }),
    ),
  }),
]);

export function formatStoredReview(review: StoredReview): string {
  if (review.kind === 'localImages') return JSON.stringify(review);
  const { relations, entries, ...more } = review;
  return JSON.stringify({
    ...more,
    entries: entries.map((entry) => ({ ...entry, lastPulledAt: undefined })),
    relations: { children: [...relations.children], subjects: [...relations.subjects] },
  });
}

/** Undefined for what is damaged. */
export function tryParseStoredReview(text: string): StoredReview | undefined {
  try {
    const stored = v.parse(reviewSchema, JSON.parse(text));
    if (stored.kind === 'localImages') return stored;
    return {
      ...stored,
      ruleSet: parseCleanUpRuleSet(stored.ruleSet),
      relations: {
        children: new Map(stored.relations.children),
        subjects: new Map(stored.relations.subjects),
      },
    };
  } catch {
    return undefined;
  }
}
