/**
 * zot: a thousand tags with digest, size, age and platforms in one request to its search extension (GraphQL), the rest
 * by the OCI API, which zot speaks in full: delete by tag and referrers included. Builds without the extension, and
 * servers whose extension is switched off, are served by the OCI API alone.
 * Source: https://zotregistry.dev/latest/articles/graphql/ and pkg/extensions/search/schema.graphql of project-zot/zot.
 */
import { LRUCache } from 'lru-cache';
import * as v from 'valibot';
import { CoreError, isCoreError } from '../common/CoreError.ts';
import { toDisplayLine } from '../common/displayText.ts';
import type { Logger } from '../common/Logger.ts';
import { isDigest } from '../oci/digest.ts';
import { isIndexType, MediaType } from '../oci/mediaType.ts';
import { isUnknownPlatform } from '../oci/platform.ts';
import type { Platform } from '../oci/platform.ts';
import { isTag } from '../oci/reference.ts';
import type { Page } from '../registry/Page.ts';
import type { RegistryClient } from '../registry/RegistryClient.ts';
import { fullRepositoryName } from '../registry/repositoryName.ts';
import { tolerantList } from './api/tolerantList.ts';
import { kindByConfigType } from './kindByConfigType.ts';
import { OciProvider } from './OciProvider.ts';
import type { ProviderContext } from './ProviderContext.ts';
import type {
  CapabilityPermissions,
  ProviderCapabilities,
  TagDetails,
  TagSummary,
} from './RegistryProvider.ts';

const SEARCH_PATH = '/v2/_zot/ext/search';
const DISCOVER_PATH = '/v2/_oci/ext/discover';
const TAGS_PER_PAGE = 1_000;
const MAX_KEPT = 5_000;

/** `Page` tells how many there are; by name, so that pages fit together while tags are pushed. */
const IMAGE_LIST = `query tags($repo: String!, $limit: Int, $offset: Int) {
  ImageList(repo: $repo, requestedPage: {limit: $limit, offset: $offset, sortBy: ALPHABETIC_ASC}) {
    Page { TotalCount ItemCount }
    Results {
      Tag Digest MediaType Size LastUpdated IsSigned
      Manifests { Digest ArtifactType Platform { Os Arch } }
    }
  }
}`;

/** https://github.com/opencontainers/distribution-spec/tree/main/extensions#extension-discovery */
const discovery = v.object({ extensions: tolerantList(v.object({ name: v.string() })) });

const text = v.nullish(v.string(), '');
/** `ImageSummary`, `ManifestSummary` and `Platform` of the schema; nearly everything may be null there. */
const zotImage = v.object({
  Tag: v.pipe(v.string(), v.check(isTag)),
  Digest: v.pipe(v.string(), v.check(isDigest)),
  MediaType: text,
  Size: text,
  LastUpdated: text,
  IsSigned: v.nullish(v.boolean()),
  Manifests: tolerantList(
    v.object({
      Digest: text,
      ArtifactType: text,
      Platform: v.nullish(v.object({ Os: text, Arch: text }), {}),
    }),
  ),
});
type ZotImage = v.InferOutput<typeof zotImage>;

const imageListReply = v.object({
  errors: tolerantList(v.object({ message: v.string() })),
  data: v.nullish(
    v.object({
      ImageList: v.nullish(
        v.object({
          Page: v.nullish(v.object({ TotalCount: v.number() })),
          Results: tolerantList(zotImage),
        }),
      ),
    }),
  ),
});

export class ZotProvider extends OciProvider {
  override readonly kind = 'zot';
  override readonly capabilities: ProviderCapabilities = {
    listsRepositories: true,
    deletesSingleTag: 'native',
    reclaims: 'automatic',
  };
  /** Actions of a policy in its configuration. https://zotregistry.dev/latest/articles/authn-authz/#access-control */
  override readonly permissions: CapabilityPermissions = {
    catalog: 'accessControl: read',
    deleteByTag: 'accessControl: delete',
    deleteByDigest: 'accessControl: delete',
    mount: 'accessControl: create',
  };
  readonly #logger: Logger;
  /** `repository:tag`, as the last listing gave it. */
  readonly #listed = new LRUCache<string, TagDetails>({ max: MAX_KEPT });
  /** Found out by the first listing. */
  #hasSearch = true;

  /** Whether the registry says that it is a zot. */
  static async recognises(client: RegistryClient, signal: AbortSignal): Promise<boolean> {
    const request = { path: DISCOVER_PATH, operation: 'look for extensions', scopes: [], signal };
    const { value } = await client.getJsonPage(discovery, request);
    return value.extensions.some(({ name }) => name === '_zot');
  }

  constructor({ client, logger }: ProviderContext) {
    super(client);
    this.#logger = logger;
  }

  /** A thousand in one request, by name, details and all. */
  override async listTags(
    repository: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<TagSummary>> {
    // The cursors of the two ways differ: a listing goes on the way it began.
    const isOwnCursor = cursor === undefined || /^\d{1,9}$/.test(cursor);
    if (!this.#hasSearch || !isOwnCursor) return super.listTags(repository, cursor, signal);
    const offset = Number(cursor ?? 0);
    try {
      return await this.#searchTags(repository, offset, signal);
    } catch (error) {
      if (
        offset > 0 ||
        !isCoreError(error, 'notFound', 'unsupported', 'protocol', 'unauthorized', 'forbidden')
      )
        throw error;
      const page = await super.listTags(repository, undefined, signal);
      // The listing is there and the search is not; a missing repository would have failed twice.
      this.#hasSearch = false;
      this.#logger.info(`${this.client.endpoint.host} has no search for us: ${error.message}`);
      return page;
    }
  }

  override async getTagDetails(repository: string, tag: string, signal: AbortSignal): Promise<TagDetails> {
    return this.#listed.get(`${repository}:${tag}`) ?? super.getTagDetails(repository, tag, signal);
  }

  async #searchTags(repository: string, offset: number, signal: AbortSignal): Promise<Page<TagSummary>> {
    const repo = fullRepositoryName(this.client.endpoint, repository);
    const variables = JSON.stringify({ repo, limit: TAGS_PER_PAGE, offset });
    const query = new URLSearchParams({ query: IMAGE_LIST, variables });
    const request = {
      path: `${SEARCH_PATH}?${query.toString()}`,
      operation: 'list tags',
      subject: repository,
      scopes: [],
      signal,
    };
    const { value } = await this.client.getJsonPage(imageListReply, request);
    const list = value.data?.ImageList;
    if (!list) {
      throw new CoreError('unsupported', 'the search of zot failed', {
        host: this.client.endpoint.host,
        operation: request.operation,
        subject: repository,
        reason: 'searchFailed',
        registryMessage: toDisplayLine(value.errors[0]?.message ?? '', 500),
      });
    }
    const tags = new Map(list.Results.map((image) => [image.Tag, toDetails(image)]));
    for (const [tag, details] of tags) this.#listed.set(`${repository}:${tag}`, details);
    const items = [...tags].map(([name, details]) => ({ name, details }));
    const end = offset + TAGS_PER_PAGE;
    const hasMore = items.length > 0 && end < (list.Page?.TotalCount ?? 0);
    return { items, ...(hasMore && { nextCursor: String(end) }) };
  }
}

function toDetails(image: ZotImage): TagDetails {
  const { Digest, MediaType: given, Size, LastUpdated, Manifests, IsSigned } = image;
  const isIndex = isIndexType(given) || Manifests.length > 1;
  const mediaType = given || (isIndex ? MediaType.ociIndex : MediaType.ociManifest);
  const artifactType = isIndex ? '' : (Manifests[0]?.ArtifactType ?? '');
  const kind = kindByConfigType(mediaType, artifactType);
  const createdAt = new Date(LastUpdated || NaN);
  const children = Manifests.map((manifest) => manifest.Digest).filter(isDigest);
  const platforms = Manifests.flatMap(({ Platform }) => toPlatform(Platform) ?? []);
  return {
    digest: Digest as TagDetails['digest'],
    mediaType,
    kind,
    ...(/^\d{1,15}$/.test(Size) && { sizeInBytes: Number(Size) }),
    // Go's zero time stands for "not known".
    ...(createdAt.getTime() > 0 && { createdAt }),
    ...(platforms.length > 0 && { platforms }),
    ...(typeof IsSigned === 'boolean' && { isSigned: IsSigned }),
    ...(isIndex && children.length === Manifests.length && { children }),
    ...((kind === 'artifact' || kind === 'helm') && { artifactType }),
  };
}

/** The variant is told behind the architecture: `arm64/v8`. */
function toPlatform({ Os = '', Arch = '' }: { Os?: string; Arch?: string }): Platform | undefined {
  const [architecture = '', variant] = Arch.split('/');
  const platform = { os: Os, architecture, ...(variant && { variant }) };
  return Os === '' || architecture === '' || isUnknownPlatform(platform) ? undefined : platform;
}
