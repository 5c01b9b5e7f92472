/**
 * What refers to a manifest (signatures, SBOMs, provenance): the referrers API where there is one, else the fallback
 * tag that clients keep. Source: OCI distribution-spec 1.1, "Listing Referrers", "Referrers Tag Schema".
 */
import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';
import { isCoreError } from '../common/CoreError.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { Manifest } from '../oci/manifest.ts';
import { MediaType } from '../oci/mediaType.ts';
import { MAX_MANIFEST_BYTES, parseManifest } from '../oci/parseManifest.ts';
import { nextLinkOf } from './linkHeader.ts';
import type { Manifests } from './Manifests.ts';
import { followPage, parsePageCursor } from './pageCursor.ts';
import type { PageCursor } from './pageCursor.ts';
import type { RegistryRequests } from './RegistryRequests.ts';
import { discard, headerOf } from './RegistryRequests.ts';
import { isHtmlResponse } from './transport/isHtmlResponse.ts';

export interface ReferrerList {
  readonly referrers: readonly Descriptor[];
  /** Where they were found: the referrers API, or the fallback tag `sha256-<hex>`. */
  readonly source: 'api' | 'fallbackTag';
  /** True when the registry's paging was broken and there may be more. */
  readonly truncated?: boolean;
}

/** Replies that mean the registry does not know the API. */
const UNSUPPORTED_STATUSES: readonly number[] = [400, 404, 405, 406];
const MAX_PAGES = 100;

export class Referrers {
  readonly #requests: RegistryRequests;
  readonly #manifests: Manifests;
  /** Repositories without the API. */
  readonly #unsupported = new LRUCache<string, true>({ max: 1_000 });
  /** Fallback tags are read, changed and written: two pushes at once would lose one entry. */
  readonly #oneAtATime = pLimit(1);

  constructor(requests: RegistryRequests, manifests: Manifests) {
    this.#requests = requests;
    this.#manifests = manifests;
  }

  async list(
    name: string,
    subject: Digest,
    artifactType: string | undefined,
    signal: AbortSignal,
  ): Promise<ReferrerList> {
    const isWanted = (referrer: Descriptor): boolean =>
      artifactType === undefined || referrer.artifactType === artifactType;
    if (!this.#unsupported.has(name)) {
      const list = await this.#listByApi(name, subject, artifactType, signal);
      if (list) return { ...list, referrers: unique(list.referrers.filter(isWanted)) };
    }
    const index = await this.#fallbackIndex(name, subject, signal);
    return { referrers: unique(index?.manifests ?? []).filter(isWanted), source: 'fallbackTag' };
  }

  /** Enters `manifest` into the fallback tag of its subject, as a client must where the registry does not. */
  async addToFallbackTag(
    name: string,
    manifest: Manifest,
    subject: Digest,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#oneAtATime(async () => {
      const index = await this.#fallbackIndex(name, subject, signal);
      if (index?.manifests.some(({ digest }) => digest === manifest.digest)) return;
      const entries: unknown[] = index ? rawEntriesOf(index.bytes) : [];
      const artifactType =
        manifest.artifactType ?? (manifest.kind === 'manifest' ? manifest.config.mediaType : undefined);
      const entry = {
        mediaType: manifest.mediaType,
        digest: manifest.digest,
        size: manifest.bytes.byteLength,
        ...(artifactType !== undefined && { artifactType }),
        ...(Object.keys(manifest.annotations).length > 0 && { annotations: manifest.annotations }),
      };
      const document = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [...entries, entry] };
      const bytes = new TextEncoder().encode(JSON.stringify(document));
      await this.#manifests.put(name, fallbackTagOf(subject), MediaType.ociIndex, bytes, signal);
    });
  }

  /** Undefined where the API is not there. */
  async #listByApi(
    name: string,
    subject: Digest,
    artifactType: string | undefined,
    signal: AbortSignal,
  ): Promise<ReferrerList | undefined> {
    const query = artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(artifactType)}`;
    const referrers: Descriptor[] = [];
    let page: PageCursor = { path: `/v2/${name}/referrers/${subject}${query}`, seen: [] };
    for (let count = 0; count < MAX_PAGES; count += 1) {
      const response = await this.#requests.request({
        method: 'GET',
        path: page.path,
        operation: 'list referrers',
        subject: `${name}@${subject}`,
        scopes: [`repository:${name}:pull`],
        headers: { accept: MediaType.ociIndex },
        accept: UNSUPPORTED_STATUSES,
        signal,
      });
      if (UNSUPPORTED_STATUSES.includes(response.status) || isHtmlResponse(response)) {
        await discard(response);
        if (count > 0) return { referrers, source: 'api', truncated: true };
        this.#unsupported.set(name, true);
        return undefined;
      }
      const bytes = await response.bytes(MAX_MANIFEST_BYTES);
      const index = parseManifest(bytes, headerOf(response, 'content-type'), digestOf(bytes));
      if (index.kind !== 'index')
        throw this.#requests.protocolError('referrersNotIndex', { operation: 'list referrers' });
      const next = followPage(
        this.#requests.endpoint,
        page,
        index.manifests,
        nextLinkOf(response.headers['link']),
      );
      referrers.push(...index.manifests);
      if (next.nextCursor === undefined) {
        return { referrers, source: 'api', ...(next.truncated === true && { truncated: true }) };
      }
      page = parsePageCursor(next.nextCursor);
    }
    return { referrers, source: 'api', truncated: true };
  }

  async #fallbackIndex(name: string, subject: Digest, signal: AbortSignal) {
    try {
      const manifest = await this.#manifests.get(name, fallbackTagOf(subject), signal);
      if (manifest.kind === 'index') return manifest;
    } catch (error) {
      if (isCoreError(error, 'notFound')) return undefined;
      throw error;
    }
    throw this.#requests.protocolError('fallbackTagNotIndex', {
      operation: 'list referrers',
      subject: `${name}:${fallbackTagOf(subject)}`,
    });
  }
}

/** `sha256-<hex>`, cut to what a tag may hold. */
function fallbackTagOf(digest: Digest): string {
  const [algorithm = '', hex = ''] = digest.split(':');
  return `${algorithm.slice(0, 32)}-${hex.slice(0, 64)}`;
}

/** Entries as they were written, with the fields we do not know. The index was parsed before. */
function rawEntriesOf(bytes: Uint8Array): unknown[] {
  return (JSON.parse(new TextDecoder().decode(bytes)) as { manifests?: unknown[] | null }).manifests ?? [];
}

function unique(referrers: readonly Descriptor[]): Descriptor[] {
  return [...new Map(referrers.map((referrer) => [referrer.digest, referrer])).values()];
}
