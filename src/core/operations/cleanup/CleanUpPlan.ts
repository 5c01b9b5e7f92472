/** What a clean-up would do, as plain data: shown for review, perhaps edited, then given to `runCleanUp`. */
import type { Digest } from '../../oci/digest.ts';
import type { DeleteMethodChoice } from '../chooseDeleteMethod.ts';
import type { CleanUpDecision } from './decideTags.ts';

/** A tag, or a manifest without one. */
export interface CleanUpEntry extends CleanUpDecision {
  /** The tag; of a manifest without one its digest. Each once in a plan. */
  readonly name: string;
  readonly isManifest: boolean;
  /** Undefined where it could not be read; then it stays. */
  readonly digest?: Digest;
  readonly mediaType?: string;
  readonly sizeInBytes?: number;
  readonly createdAt?: Date;
  readonly lastPulledAt?: Date | 'never';
  /** Of cosign's tags and the like: the digest it hangs on. */
  readonly attachedTo?: string;
}

/** What manifests say of each other, as far as it was read. */
export interface ManifestGraph {
  /** Index → what it lists. */
  readonly children: ReadonlyMap<Digest, readonly Digest[]>;
  /** Manifest → what it refers to (`subject`). */
  readonly subjects: ReadonlyMap<Digest, Digest>;
}

export interface CleanUpPlan {
  readonly repository: string;
  /** Name of the rules. */
  readonly rules: string;
  readonly method: DeleteMethodChoice;
  /** Tags in the order they are shown, then manifests without a tag. */
  readonly entries: readonly CleanUpEntry[];
  /** What entries need of each other, for when the person decides otherwise. */
  readonly relations: ManifestGraph;
  readonly bytesFreed: BytesFreed;
  readonly knowledge: CleanUpKnowledge;
}

/** Bytes that nothing kept needs, each blob counted once, as far as is known. */
export interface BytesFreed {
  readonly sizeInBytes: number;
  /**
   * `blobs`: every manifest that goes or stays was read, and what other repositories share is the only doubt.
   * `sizes`: sums of whole images, so at most this. `partly`: the sizes of some are not known, so this is no bound.
   */
  readonly basis: 'blobs' | 'sizes' | 'partly';
}

export interface CleanUpKnowledge {
  /** False where the registry ended its listing early: what was not listed stays. */
  readonly listingComplete: boolean;
  /** Rules ask when tags were last pulled, and this registry does not say it of any: they fit nothing. */
  readonly pullsUnknown: boolean;
  /** Rules ask for manifests without a tag, and this registry does not list them. */
  readonly untaggedUnlisted: boolean;
}
