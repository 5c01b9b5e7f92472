/** A copy as it was asked for: from one repository to another, which tags, how much of each image. */
import type { CopyRequest } from '../../core/operations/copy/copyTags.ts';

export interface RepositoryPlace {
  readonly connectionId: string;
  /** Relative to the connection. */
  readonly repository: string;
}

export interface CopyOrder extends CopyRequest {
  readonly source: RepositoryPlace;
  readonly target: RepositoryPlace;
  readonly referrers: boolean;
  /** The stage of a promotion. */
  readonly stage?: string;
}
