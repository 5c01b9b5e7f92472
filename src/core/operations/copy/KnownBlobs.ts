/** Which repositories of a registry are known to hold a blob, so that the next one can have it mounted. Forgets the oldest. */
import { LRUCache } from 'lru-cache';
import type { Digest } from '../../oci/digest.ts';
import type { RepositoryLocation } from './ImageStore.ts';

export class KnownBlobs {
  /** Host and digest → a repository's full name. */
  readonly #holders = new LRUCache<string, string>({ max: 20_000 });

  note({ host, name }: RepositoryLocation, digest: Digest): void {
    this.#holders.set(`${host} ${digest}`, name);
  }

  /** A repository beside `location` that has it. */
  holderFor({ host, name }: RepositoryLocation, digest: Digest): string | undefined {
    const holder = this.#holders.get(`${host} ${digest}`);
    return holder === name ? undefined : holder;
  }
}
