/** An image in the engine, as *Local Images* shows it. */
import type { Digest } from '../oci/digest.ts';

export interface LocalImage {
  /** `sha256:…`, whole. */
  readonly id: string;
  /** As docker shows it: `alpine`, `localhost:5000/team/app`. Undefined for a dangling image. */
  readonly repository?: string;
  /** Undefined for a dangling image and for one pulled by digest. */
  readonly tag?: string;
  /** Digest of the manifest it was pushed or pulled as. */
  readonly digest?: Digest;
  /** What this entry is called: `repo:tag`, or `repo@digest`; undefined for a dangling image, which has only its id. */
  readonly reference?: string;
  /** Every reference of the same image id, this one included. */
  readonly references: readonly string[];
  readonly createdAt?: Date;
  /** Unpacked, rounded to about three digits. */
  readonly sizeInBytes?: number;
  /** No name leads to it: what *Prune* removes. */
  readonly dangling: boolean;
}
