/** One page of a listing. */
import type { CoreError } from '../common/CoreError.ts';

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; pass it back for the next page. Undefined when the listing is complete. */
  readonly nextCursor?: string;
  /** True when the registry's paging was broken (endless, repeated or foreign Link) and the listing stops early. */
  readonly truncated?: boolean;
  /** Why parts of the listing are not in it (an organization that hides its packages), where the others are. */
  readonly refusals?: readonly CoreError[];
}
