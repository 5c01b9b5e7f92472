/** One page of a listing. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; pass it back for the next page. Undefined when the listing is complete. */
  readonly nextCursor?: string;
  /** True when the registry's paging was broken (endless, repeated or foreign Link) and the listing stops early. */
  readonly truncated?: boolean;
}
