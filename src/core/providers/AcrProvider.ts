/**
 * Azure Container Registry: its own API beside the distribution API, with the same sign-in. Tags carry digest, time and
 * locks, manifests size and platform; both are paged by time, newest first, so that a page of tags needs about a page of
 * manifests. Source: https://learn.microsoft.com/rest/api/containerregistry/; locks:
 * https://learn.microsoft.com/azure/container-registry/container-registry-image-lock
 */
import { LRUCache } from 'lru-cache';
import { isCoreError } from '../common/CoreError.ts';
import type { Digest } from '../oci/digest.ts';
import { isUnknownPlatform } from '../oci/platform.ts';
import { isIndexType } from '../oci/mediaType.ts';
import { isRepositoryName, parseTag } from '../oci/reference.ts';
import type { Page } from '../registry/Page.ts';
import { withKind } from '../registry/registryError.ts';
import { fullRepositoryName, relativeRepositoryName } from '../registry/repositoryName.ts';
import { tryFindAzureCloud } from './azure/acrAddress.ts';
import {
  locksOf,
  lockedThing,
  manifestReply,
  manifestsReply,
  repositoriesReply,
  tagReply,
  tagsReply,
  toTagDetails,
  type AcrManifest,
  type AcrTag,
} from './azure/acrReplies.ts';
import { firstFilledPage } from './firstFilledPage.ts';
import { OciProvider } from './OciProvider.ts';
import { throwIfTagged } from './stillUntagged.ts';
import type { ProviderContext } from './ProviderContext.ts';
import type {
  CapabilityPermissions,
  ProviderCapabilities,
  TagDetails,
  TagSummary,
  UntaggedManifest,
} from './RegistryProvider.ts';

/** As many as the Azure CLI asks for; the registry gives no more. */
const PAGE_SIZE = 100;
/** Pages of manifests read for one page of tags: indexes bring those of their platforms along. */
const MANIFEST_PAGES_PER_PAGE = 4;
const MAX_KEPT = 5_000;

/** The roles that the parts of the API take. https://learn.microsoft.com/azure/container-registry/container-registry-roles */
type AcrRole = 'AcrPull' | 'AcrDelete';

/** What a locked thing answers, whatever is asked of it. */
const LOCKED_CODE = 'REGISTRY_DISALLOWED_OPERATION';

/** How far the manifests of a repository are read, newest first. */
interface ManifestWalk {
  started: boolean;
  cursor: string | undefined;
}

export class AcrProvider extends OciProvider {
  override readonly kind = 'acr';
  override readonly capabilities: ProviderCapabilities = {
    listsRepositories: true,
    deletesSingleTag: 'native',
    // What is untagged stays, until a retention policy or `acr purge` takes it.
    reclaims: 'scheduled',
  };
  override readonly permissions: CapabilityPermissions = {
    catalog: 'AcrPull',
    deleteByTag: 'AcrDelete',
    deleteByDigest: 'AcrDelete',
    mount: 'AcrPush',
  };
  readonly #resourceId: string | undefined;
  readonly #walks = new LRUCache<string, ManifestWalk>({ max: 100 });
  /** `repository@digest` */
  readonly #manifests = new LRUCache<string, AcrManifest>({ max: MAX_KEPT });
  /** `repository:tag`, as listed and not yet used: what is asked for again is read again. */
  readonly #listed = new LRUCache<string, AcrTag>({ max: MAX_KEPT });

  constructor({ client, settings }: ProviderContext) {
    super(client);
    this.#resourceId = settings.resourceId;
  }

  override async listRepositories(cursor: string | undefined, signal: AbortSignal): Promise<Page<string>> {
    const request = {
      path: `/acr/v1/_catalog?n=${PAGE_SIZE}`,
      operation: 'list repositories',
      scopes: ['registry:catalog:*'],
      signal,
    };
    return this.#withRole('AcrPull', signal, () =>
      firstFilledPage(cursor, async (next) => {
        const { value, nextCursor } = await this.client.getJsonPage(repositoriesReply, request, next);
        const items = value.repositories
          .filter(isRepositoryName)
          .flatMap((name) => relativeRepositoryName(this.client.endpoint, name) ?? []);
        return { items, nextCursor };
      }),
    );
  }

  override async listTags(
    repository: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<TagSummary>> {
    const name = fullRepositoryName(this.client.endpoint, repository);
    if (cursor === undefined) this.#walks.set(name, { started: false, cursor: undefined });
    const request = {
      path: `/acr/v1/${name}/_tags?n=${PAGE_SIZE}&orderby=timedesc`,
      operation: 'list tags',
      subject: name,
      scopes: metadataScopes(name),
      signal,
    };
    return this.#withRole('AcrPull', signal, async () => {
      const [{ value, ...next }] = await Promise.all([
        this.client.getJsonPage(tagsReply, request, cursor),
        // The first page of manifests is needed whatever the tags are.
        cursor === undefined && this.#readManifests(name, signal),
      ]);
      const { tags } = value;
      for (const tag of tags) this.#listed.set(`${name}:${tag.name}`, tag);
      await this.#readManifestsOf(name, tags, cursor === undefined ? 1 : 0, signal);
      const items = tags.map((tag) => ({
        name: tag.name,
        details: toTagDetails(tag, this.#manifests.get(keyOf(name, tag.digest))),
      }));
      return { items, ...next };
    });
  }

  /** Newest first; a locked one is left out, as nobody could delete it. */
  async listUntagged(
    repository: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<UntaggedManifest>> {
    const name = fullRepositoryName(this.client.endpoint, repository);
    const request = { ...manifestsRequest(name, signal), operation: 'list manifests without a tag' };
    return this.#withRole('AcrPull', signal, async () => {
      const { value, ...next } = await this.client.getJsonPage(manifestsReply, request, cursor);
      const items = value.manifests
        .filter((manifest) => manifest.tags.length === 0 && locksOf(manifest).length === 0)
        .map(({ digest, imageSize, createdTime, mediaType }) => ({
          digest,
          ...(imageSize !== undefined && !isIndexType(mediaType) && { sizeInBytes: imageSize }),
          ...(createdTime && { createdAt: createdTime }),
          ...(mediaType !== '' && { mediaType }),
        }));
      return { items, ...next };
    });
  }

  /** One request for a tag that a listing knew, and one more where it has to be looked up first. */
  override async getTagDetails(repository: string, tag: string, signal: AbortSignal): Promise<TagDetails> {
    const name = fullRepositoryName(this.client.endpoint, repository);
    const key = `${name}:${parseTag(tag)}`;
    const listed = this.#listed.get(key);
    this.#listed.delete(key);
    return this.#withRole('AcrPull', signal, async () => {
      const entry = listed ?? (await this.#readTag(name, tag, signal));
      const manifest =
        this.#manifests.get(keyOf(name, entry.digest)) ??
        (await this.#readManifest(name, entry.digest, signal));
      // Of a manifest that is known only an index leaves something open.
      const { isPartial, ...details } = toTagDetails(entry, manifest);
      return isPartial
        ? { ...details, ...(await this.#describeIndex(repository, name, entry.digest, signal)) }
        : details;
    });
  }

  /**
   * Untags: the image and its other tags stay.
   * @throws CoreError `forbidden` with reason `tagLocked`, `imageLocked` or `repositoryLocked`; `missingRole`.
   */
  async deleteTag(repository: string, tag: string, signal: AbortSignal): Promise<void> {
    const name = fullRepositoryName(this.client.endpoint, repository);
    const request = {
      path: `/acr/v1/${name}/_tags/${parseTag(tag)}`,
      operation: 'delete the tag',
      subject: `${name}:${tag}`,
      scopes: [`repository:${name}:delete`],
      signal,
    };
    try {
      await this.#withRole('AcrDelete', signal, () => this.client.deleteResource(request));
      this.#listed.delete(`${name}:${tag}`);
    } catch (error) {
      // What is locked answers 405 REGISTRY_DISALLOWED_OPERATION, and not what it is that is locked.
      if (!isCoreError(error, 'unsupported', 'forbidden', 'conflict') || error.details.reason) throw error;
      const reason = await this.#findLock(name, tag, signal).catch(() => undefined);
      throw reason === undefined ? error : withKind(error, 'forbidden', { reason });
    }
  }

  /** @throws CoreError `forbidden` with reason `imageLocked` or `repositoryLocked`; `missingRole`. */
  async deleteUntagged(repository: string, digest: Digest, signal: AbortSignal): Promise<void> {
    const name = fullRepositoryName(this.client.endpoint, repository);
    const manifest = await this.#withRole('AcrPull', signal, () => this.#readManifest(name, digest, signal));
    throwIfTagged(manifest.tags, this.client.endpoint.host, `${name}@${digest}`);
    try {
      await this.#withRole('AcrDelete', signal, () => this.client.deleteManifest(repository, digest, signal));
      this.#manifests.delete(keyOf(name, digest));
    } catch (error) {
      if (!isCoreError(error, 'unsupported') || error.details.code !== LOCKED_CODE) throw error;
      const reason = locksOf(manifest).length > 0 ? 'imageLocked' : 'repositoryLocked';
      throw withKind(error, 'forbidden', { reason });
    }
  }

  /** The portal's page, which is known by the registry's id in Resource Manager only. */
  override readonly webUrl = (repository: string, tag?: string): string | undefined => {
    const { host } = this.client.endpoint;
    const cloud = tryFindAzureCloud(host);
    const registry = this.#resourceId?.split('/').at(-1)?.toLowerCase();
    // The setting may be of the registry that the connection had before.
    if (this.#resourceId === undefined || !registry || !cloud || !host.startsWith(registry)) return undefined;
    const blade = tag === undefined ? 'RepositoryBlade' : 'TagMetadataBlade';
    const name = encodeURIComponent(fullRepositoryName(this.client.endpoint, repository));
    const ofTag = tag === undefined ? '' : `/tag/${encodeURIComponent(tag)}/loginServer/${host}`;
    return `${cloud.portalUrl}/#view/Microsoft_Azure_ContainerRegistries/${blade}/id/${encodeURIComponent(this.#resourceId)}/repository/${name}${ofTag}`;
  };

  /** Reads on until nearly all of `tags` have their manifest; what is missing then is read when it is looked at. */
  async #readManifestsOf(
    name: string,
    tags: readonly AcrTag[],
    pagesRead: number,
    signal: AbortSignal,
  ): Promise<void> {
    const isMissing = ({ digest }: AcrTag) => !this.#manifests.has(keyOf(name, digest));
    for (let page = pagesRead; page < MANIFEST_PAGES_PER_PAGE; page += 1) {
      // One alone costs a request either way.
      if (tags.filter(isMissing).length < 2 || !(await this.#readManifests(name, signal))) return;
    }
  }

  /** The next page of a repository's manifests; false where there is none. */
  async #readManifests(name: string, signal: AbortSignal): Promise<boolean> {
    const walk = this.#walks.get(name);
    if (walk === undefined || (walk.started && walk.cursor === undefined)) return false;
    const request = manifestsRequest(name, signal);
    const { value, nextCursor } = await this.client.getJsonPage(manifestsReply, request, walk.cursor);
    walk.started = true;
    walk.cursor = nextCursor;
    for (const manifest of value.manifests) this.#manifests.set(keyOf(name, manifest.digest), manifest);
    return true;
  }

  async #readTag(name: string, tag: string, signal: AbortSignal): Promise<AcrTag> {
    const request = {
      path: `/acr/v1/${name}/_tags/${parseTag(tag)}`,
      operation: 'look up tag',
      subject: `${name}:${tag}`,
      scopes: metadataScopes(name),
      signal,
    };
    return (await this.client.getJsonPage(tagReply, request)).value.tag;
  }

  async #readManifest(name: string, digest: Digest, signal: AbortSignal): Promise<AcrManifest> {
    const request = {
      path: `/acr/v1/${name}/_manifests/${digest}`,
      operation: 'look up manifest',
      subject: `${name}@${digest}`,
      scopes: metadataScopes(name),
      signal,
    };
    const { manifest } = (await this.client.getJsonPage(manifestReply, request)).value;
    this.#manifests.set(keyOf(name, digest), manifest);
    return manifest;
  }

  /** The platforms from the index itself; their sizes from the listing where it had them all, else from their manifests. */
  async #describeIndex(
    repository: string,
    name: string,
    digest: Digest,
    signal: AbortSignal,
  ): Promise<Pick<TagDetails, 'sizeInBytes' | 'platforms'>> {
    const known = this.details.peek(digest);
    const index = known ? undefined : await this.client.getManifest(repository, digest, signal);
    if (index?.kind === 'index') {
      const entries = index.manifests.filter(({ platform }) => !isUnknownPlatform(platform));
      const sizes = entries.map((entry) => this.#manifests.get(keyOf(name, entry.digest))?.imageSize);
      const platforms = entries.flatMap(({ platform }) => platform ?? []);
      if (sizes.every((size) => size !== undefined)) {
        return { platforms, sizeInBytes: sizes.reduce((sum, size) => sum + size, 0) };
      }
    }
    const { sizeInBytes, platforms } = known ?? (await this.details.read(repository, digest, signal));
    return { ...(sizeInBytes !== undefined && { sizeInBytes }), ...(platforms && { platforms }) };
  }

  /** Which lock keeps a tag; the outermost, that has to be opened first. */
  async #findLock(name: string, tag: string, signal: AbortSignal): Promise<string | undefined> {
    const request = {
      path: `/acr/v1/${name}`,
      operation: 'look up tag',
      scopes: metadataScopes(name),
      signal,
    };
    const { value: repository } = await this.client.getJsonPage(lockedThing, request);
    if (locksOf(repository).length > 0) return 'repositoryLocked';
    const entry = await this.#readTag(name, tag, signal);
    if (locksOf(entry).length > 0) return 'tagLocked';
    const manifest = await this.#readManifest(name, entry.digest, signal);
    return locksOf(manifest).length > 0 ? 'imageLocked' : undefined;
  }

  /** Azure answers 401 to who is signed in and lacks a role, as to who is not: at the registry, or when asked for the token. */
  async #withRole<Result>(role: AcrRole, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (!isCoreError(error, 'unauthorized') || error.details.reason !== 'credentialsRefused') throw error;
      const lacksRole = error.details.operation !== 'get a token' || (await this.#isSignedIn(signal));
      throw lacksRole ? withKind(error, 'forbidden', { reason: 'missingRole', missing: role }) : error;
    }
  }

  /** Whether the sign-in is good for a token that opens nothing. */
  async #isSignedIn(signal: AbortSignal): Promise<boolean> {
    return this.client.ping(signal).then(
      () => true,
      () => false,
    );
  }
}

function keyOf(name: string, digest: Digest): string {
  return `${name}@${digest}`;
}

function manifestsRequest(name: string, signal: AbortSignal) {
  return {
    path: `/acr/v1/${name}/_manifests?n=${PAGE_SIZE}&orderby=timedesc`,
    operation: 'list tags',
    subject: name,
    scopes: metadataScopes(name),
    signal,
  };
}

/** What the Azure CLI asks for to look at a repository. */
function metadataScopes(name: string): string[] {
  return [`repository:${name}:metadata_read`];
}
