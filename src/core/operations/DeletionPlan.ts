/** What a deletion will take, as plain data: shown to the person, then given to `deleteTags`. */
import type { Digest } from '../oci/digest.ts';
import type { DeleteMethod, DeleteRefusal } from './chooseDeleteMethod.ts';

export interface DeletionPlan {
  readonly repository: string;
  /** The tags asked for, in that order, each once. */
  readonly tags: readonly PlannedTag[];
  /** Tags nobody asked for that go as well; only by method `digest`. */
  readonly alsoDeleted: readonly string[];
  /** Indexes under remaining tags that list a deleted digest. Method `digest` breaks them; the others leave them whole. */
  readonly holdingIndexes: readonly HoldingIndex[];
  /** Signatures, SBOMs and the like whose image loses its last tag. */
  readonly orphanedReferrers: readonly OrphanedReferrer[];
  /**
   * Bytes of blobs that nothing examined in this repository needs any more, freed when the registry collects its
   * garbage. Undefined: not known. Blobs may be shared with other repositories, which nobody can see from here.
   */
  readonly bytesFreed?: number;
  /** Images that lose their last tag where the registry then deletes them at once. */
  readonly deletedImages?: readonly Digest[];
  readonly knowledge: PlanKnowledge;
}

export type PlannedTag =
  | {
      readonly tag: string;
      readonly method: Exclude<DeleteMethod, 'impossible'>;
      readonly digest: Digest;
      readonly mediaType: string;
      /** Other examined tags on the same digest. They stay, except by method `digest`. */
      readonly siblings: readonly string[];
    }
  | {
      readonly tag: string;
      readonly method: 'impossible';
      /** `siblingsUnknown`: only delete by digest exists here, and not every tag that would go could be found. */
      readonly reason: DeleteRefusal | 'notFound' | 'siblingsUnknown';
      readonly digest?: Digest;
      readonly mediaType?: string;
      readonly siblings: readonly string[];
    };

export interface HoldingIndex {
  readonly digest: Digest;
  readonly tags: readonly string[];
  /** The deleted digest it lists. */
  readonly holds: Digest;
}

export interface OrphanedReferrer {
  readonly digest: Digest;
  /** Artifact type, else media type. */
  readonly artifactType: string;
  /** The manifest it speaks about. */
  readonly subject: Digest;
  /** Cosign's way: the tag it hangs on, `sha256-<hex>.sig`. */
  readonly tag?: string;
}

/** How much the plan rests on. Siblings, indexes and bytes are complete where examined equals total. */
export interface PlanKnowledge {
  readonly tagsExamined: number;
  /** Tags in the repository, or at least that many where `listingComplete` is false. */
  readonly tagsTotal: number;
  readonly listingComplete: boolean;
  /** Distinct remaining manifests read to find shared layers and holding indexes, of those known. */
  readonly manifestsRead: number;
  readonly manifestsTotal: number;
  /** False where the registry would not say which referrers there are. */
  readonly referrersKnown: boolean;
  /** True where something unexamined may share the blobs counted in `bytesFreed`. */
  readonly bytesFreedIsUpperBound: boolean;
}
