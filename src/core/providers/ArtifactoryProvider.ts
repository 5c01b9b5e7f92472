/**
 * JFrog Artifactory and Container Registry: tags with digest, size, age and last pull by its query language, two requests a thousand;
 * one tag deleted with its folder, which only a tag has. A connection is to one of Artifactory's repositories (its
 * address is below `/api/docker/KEY`, or a host or port stands for it) or to the host of all of them, whose keys then
 * come first in every name. Which it is, is found out once; where it cannot be, or queries are refused (to anonymous
 * users), the OCI API is left.
 * Sources: https://jfrog.com/help/r/jfrog-rest-apis/artifactory-query-language, …/get-repositories,
 * …/list-docker-repositories, …/delete-item and
 * https://jfrog.com/help/r/jfrog-artifactory-documentation/reverse-proxy-settings (the layouts).
 */
import { LRUCache } from 'lru-cache';
import * as v from 'valibot';
import { isCoreError } from '../common/CoreError.ts';
import type { Logger } from '../common/Logger.ts';
import { isDigest } from '../oci/digest.ts';
import { MediaType } from '../oci/mediaType.ts';
import { isRepositoryName, isTag } from '../oci/reference.ts';
import type { Page } from '../registry/Page.ts';
import { withKind } from '../registry/registryError.ts';
import { relativeRepositoryName } from '../registry/repositoryName.ts';
import { API_REFUSALS } from './api/apiRefusals.ts';
import type { ProviderApi } from './api/ProviderApi.ts';
import { registrySignIn } from './api/registrySignIn.ts';
import { tolerantList } from './api/tolerantList.ts';
import { OciProvider } from './OciProvider.ts';
import type { ProviderContext } from './ProviderContext.ts';
import type {
  CapabilityPermissions,
  ProviderCapabilities,
  TagDetails,
  TagSummary,
} from './RegistryProvider.ts';
import { placeOf } from './repositoryLayout.ts';
import type { RepositoryLayout, RepositoryPlace } from './repositoryLayout.ts';

const TAGS_PER_PAGE = 1_000;
const REPOSITORIES_PER_PAGE = 1_000;
const MAX_KEPT = 5_000;
/** Address of one repository's registry: what is before is Artifactory's, what is behind its key. */
const DOCKER_API = /^(.*?)\/?api\/docker\/([^/]+)\/?$/;

/** https://jfrog.com/help/r/jfrog-rest-apis/get-repositories */
const repositoryList = tolerantList(v.object({ key: v.string() }));
/** https://jfrog.com/help/r/jfrog-rest-apis/list-docker-repositories */
const catalogPage = v.object({ repositories: tolerantList(v.pipe(v.string(), v.check(isRepositoryName))) });
/** https://jfrog.com/help/r/jfrog-rest-apis/aql-execution; `sha256` is of the manifest's bytes: its digest. */
const manifestItem = v.object({
  path: v.string(),
  name: v.picklist(['manifest.json', 'list.manifest.json']),
  sha256: v.string(),
  modified: v.nullish(v.string(), ''),
  created: v.nullish(v.string(), ''),
});
/** Statistics are a domain of their own, whose fields come in a list; a file that was never downloaded has none. */
const fileItem = v.object({
  path: v.string(),
  name: v.string(),
  size: v.number(),
  stats: tolerantList(v.object({ downloaded: v.string() })),
});

/** What the files of a tag's folder tell. */
interface FolderFacts {
  /** Bytes of config and layers; NaN where one was not fetched from the other registry yet. */
  sizeInBytes: number;
  /** Absent: downloads are not counted, as far as can be seen. */
  lastPulledAt?: Date | 'never';
}

export class ArtifactoryProvider extends OciProvider {
  override readonly kind = 'artifactory';
  override readonly capabilities: ProviderCapabilities;
  /** Actions of a permission target. https://jfrog.com/help/r/jfrog-platform-administration-documentation/permissions */
  override readonly permissions: CapabilityPermissions = {
    catalog: 'Read',
    deleteByTag: 'Delete/Overwrite',
    deleteByDigest: 'Delete/Overwrite',
    mount: 'Deploy/Cache',
  };
  readonly #api: ProviderApi;
  readonly #origin: string;
  readonly #logger: Logger;
  /** `repository:tag`, as the last listing gave it. */
  readonly #listed = new LRUCache<string, TagDetails>({ max: MAX_KEPT });
  /** Null: it was looked for and is not to be known. */
  #layout: RepositoryLayout | null | undefined;
  /** What the connection's path begins with, where that is none of the repositories there are. */
  #unknownKey: string | undefined;
  #takesQueries = true;

  constructor({ client, credentials, logger, openApi, settings }: ProviderContext) {
    super(client);
    const { scheme, host, apiPrefix, credentialKey } = client.endpoint;
    this.#logger = logger;
    const url = new URL(settings.apiUrl ?? `${scheme}://${host}/${apiPrefix}`);
    // The address, or the setting where the address does not tell, may name the repository.
    const [, base, key] = DOCKER_API.exec(url.pathname) ?? [];
    if (key !== undefined) this.#layout = { kind: 'one', key };
    const path = base ?? (settings.apiUrl === undefined ? '/artifactory' : url.pathname);
    this.#origin = url.origin;
    this.#api = openApi(url.origin + path, registrySignIn(credentials, credentialKey));
    const isKnown = (): boolean => this.#layout !== null;
    this.capabilities = {
      listsRepositories: true,
      get deletesSingleTag() {
        return isKnown() ? 'native' : 'probe';
      },
      recordsPulls: true,
      reclaims: 'scheduled',
    };
  }

  override async listRepositories(cursor: string | undefined, signal: AbortSignal): Promise<Page<string>> {
    const layout = await this.#locate(signal);
    if (layout?.kind !== 'byPath') {
      const key = layout?.key ?? this.#unknownKey;
      return super.listRepositories(cursor, signal).catch((error: unknown) => this.#rethrow(error, key));
    }
    const { endpoint } = this.client;
    const [prefix = ''] = endpoint.namespacePrefix.split('/');
    const keys = prefix === '' ? layout.keys : [prefix];
    const { index, next } = parseCursor(cursor);
    const key = keys[index];
    if (key === undefined) return { items: [] };
    const { value, nextLink } = await this.#api.get(catalogPage, {
      path: next ?? `/api/docker/${encodeURIComponent(key)}/v2/_catalog`,
      ...(next === undefined && { query: { n: REPOSITORIES_PER_PAGE } }),
      operation: 'list repositories',
      subject: key,
      signal,
    });
    const items = value.repositories.flatMap(
      (name) => relativeRepositoryName(endpoint, `${key}/${name}`) ?? [],
    );
    // A link to itself would lead in circles.
    if (nextLink !== undefined && nextLink !== next && value.repositories.length > 0) {
      return { items, nextCursor: `${index} ${nextLink}` };
    }
    return { items, ...(index + 1 < keys.length && { nextCursor: `${index + 1}` }) };
  }

  /** By name: a thousand in two requests, with digest, size and age. */
  override async listTags(
    repository: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<TagSummary>> {
    const isOwnCursor = cursor === undefined || /^\d{1,9}$/.test(cursor);
    if (!this.#takesQueries || !isOwnCursor) return super.listTags(repository, cursor, signal);
    const place = placeOf(this.client.endpoint, await this.#locate(signal), repository);
    if (place === undefined) return super.listTags(repository, cursor, signal);
    const offset = Number(cursor ?? 0);
    try {
      const { tags, hasMore } = await this.#queryTags(place, offset, signal);
      // Caches of other registries and views over several are stored under other keys.
      if (tags.size === 0 && offset === 0) return await super.listTags(repository, undefined, signal);
      for (const [tag, details] of tags) this.#listed.set(`${repository}:${tag}`, details);
      const items = [...tags].map(([name, details]) => ({ name, details }));
      return { items, ...(hasMore && { nextCursor: String(offset + TAGS_PER_PAGE) }) };
    } catch (error) {
      if (offset > 0 || !isCoreError(error, ...API_REFUSALS)) throw error;
      const page = await super.listTags(repository, undefined, signal);
      this.#takesQueries = false;
      this.#logger.info(`${this.client.endpoint.host} takes no queries from us: ${error.message}`);
      return page;
    }
  }

  /** As it was listed; an index is read, whose platforms and size a listing does not tell. */
  override async getTagDetails(repository: string, tag: string, signal: AbortSignal): Promise<TagDetails> {
    const listed = this.#listed.get(`${repository}:${tag}`);
    return listed?.sizeInBytes !== undefined ? listed : super.getTagDetails(repository, tag, signal);
  }

  /**
   * Every tag has a folder of its own, so its siblings stay. https://jfrog.com/help/r/jfrog-rest-apis/delete-item
   * @throws CoreError `forbidden` with reason `missingPermission`.
   */
  async deleteTag(repository: string, tag: string, signal: AbortSignal): Promise<void> {
    const place = placeOf(this.client.endpoint, await this.#locate(signal), repository);
    const subject = `${repository}:${tag}`;
    try {
      if (place === undefined) {
        await this.client.deleteManifest(repository, tag, signal);
        return;
      }
      const folder = [place.key, ...place.image.split('/'), tag].map(encodeURIComponent).join('/');
      const request = { path: `/${folder}`, operation: 'delete tag', subject, idempotent: true, signal };
      await this.#api.send('DELETE', request);
    } catch (error) {
      if (!isCoreError(error, 'forbidden')) throw error;
      throw withKind(error, 'forbidden', { reason: 'missingPermission', missing: 'Delete/Overwrite' });
    } finally {
      this.#listed.delete(subject);
    }
  }

  /** Undefined until it is known in which of Artifactory's repositories it is. */
  override readonly webUrl = (repository: string, tag?: string): string | undefined => {
    const place = this.#placeOf(repository);
    if (place === undefined) return undefined;
    const path = [place.key, place.image, ...(tag === undefined ? [] : [tag])].join('/');
    return `${this.#origin}/ui/repos/tree/General/${path}`;
  };

  /** Where even the list of a repository's images is not there, the repository is not: its key is wrong. */
  #rethrow(error: unknown, key: string | undefined): never {
    if (key === undefined || !isCoreError(error, 'unsupported') || error.details.reason !== 'noCatalog') {
      throw error;
    }
    const page = `${this.#origin}/ui/repos/tree/General`;
    throw withKind(error, 'notFound', { reason: 'repositoryKeyUnknown', missing: key, page });
  }

  #placeOf(repository: string): RepositoryPlace | undefined {
    return placeOf(this.client.endpoint, this.#layout, repository);
  }

  async #locate(signal: AbortSignal): Promise<RepositoryLayout | null> {
    if (this.#layout !== undefined) return this.#layout;
    let keys: readonly string[];
    try {
      const { value } = await this.#api.get(repositoryList, {
        path: '/api/repositories',
        query: { packageType: 'docker' },
        operation: 'look for repositories',
        signal,
      });
      keys = value.map(({ key }) => key);
    } catch (error) {
      if (!isCoreError(error, ...API_REFUSALS)) throw error;
      this.#logger.info(`${this.client.endpoint.host} does not tell its repositories: ${error.message}`);
      return (this.#layout = null);
    }
    return (this.#layout = await this.#chooseLayout(keys, signal));
  }

  /** Told by the namespace, by the first part of the host's name, or by there being a catalog without a key. */
  async #chooseLayout(keys: readonly string[], signal: AbortSignal): Promise<RepositoryLayout | null> {
    const { host, namespacePrefix } = this.client.endpoint;
    const [prefix = ''] = namespacePrefix.split('/');
    if (keys.includes(prefix)) return { kind: 'byPath', keys };
    const [label = ''] = host.split('.');
    if (keys.includes(label)) return { kind: 'one', key: label };
    try {
      await this.client.listRepositories(undefined, 1, signal);
    } catch (error) {
      if (!isCoreError(error, ...API_REFUSALS)) throw error;
      if (prefix === '' && keys.length > 0) return { kind: 'byPath', keys };
      if (keys.length > 0) this.#unknownKey = prefix;
      return null;
    }
    const [only] = keys;
    if (keys.length === 1 && only !== undefined) return { kind: 'one', key: only };
    this.#logger.info(
      `Which of ${keys.length} repositories ${host} stands for is not known: apiUrl may say it, as https://host/artifactory/api/docker/KEY`,
    );
    return null;
  }

  async #queryTags(
    { key, image }: RepositoryPlace,
    offset: number,
    signal: AbortSignal,
  ): Promise<{ readonly tags: ReadonlyMap<string, TagDetails>; readonly hasMore: boolean }> {
    const below = (...conditions: readonly unknown[]): string =>
      JSON.stringify({
        repo: key,
        $and: [
          { path: { $match: `${image}/*` } },
          // Other repositories below this one, and the images of an index, which lie beside its tags.
          { path: { $nmatch: `${image}/*/*` } },
          { path: { $nmatch: `${image}/sha256:*` } },
          ...conditions,
        ],
      });
    const manifests = await this.#query(
      manifestItem,
      `items.find(${below({ name: { $match: '*manifest.json' } })})` +
        `.include("repo","path","name","sha256","created","modified").sort({"$asc":["path"]})` +
        `.offset(${offset}).limit(${TAGS_PER_PAGE + 1})`,
      image,
      signal,
    );
    const hasMore = manifests.length > TAGS_PER_PAGE;
    const items = manifests.slice(0, TAGS_PER_PAGE).flatMap((item) => (item ? [item] : []));
    const [first, last] = [items[0]?.path, items.at(-1)?.path];
    if (first === undefined || last === undefined) return { tags: new Map(), hasMore: false };
    const files = { $or: [{ name: { $match: 'sha256__*' } }, { name: { $match: '*manifest.json' } }] };
    const range = [{ path: { $gte: first } }, { path: { $lte: last } }, files];
    // A query of its own: one for statistics can be neither sorted nor cut into pages.
    const facts = await this.#readFolders(
      `items.find(${below(...range)}).include("repo","path","name","size","stat.downloaded")`,
      image,
      signal,
    );
    const tags = new Map<string, TagDetails>();
    for (const item of items) {
      const tag = item.path.slice(image.length + 1);
      const digest = `sha256:${item.sha256}`;
      if (isTag(tag) && isDigest(digest)) tags.set(tag, toDetails(item, digest, facts.get(item.path)));
    }
    return { tags, hasMore };
  }

  /** Folder of a tag → what its files tell; nothing of any where there are too many files. */
  async #readFolders(
    query: string,
    image: string,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, FolderFacts>> {
    const folders = new Map<string, FolderFacts>();
    let areDownloadsCounted = false;
    try {
      for (const item of await this.#query(fileItem, query, image, signal)) {
        if (item === undefined) continue;
        const facts: FolderFacts = folders.get(item.path) ?? { sizeInBytes: 0, lastPulledAt: 'never' };
        folders.set(item.path, facts);
        areDownloadsCounted ||= item.stats.length > 0;
        if (item.name.endsWith('manifest.json')) facts.lastPulledAt = lastDownloadOf(item.stats);
        else facts.sizeInBytes += item.name.endsWith('.marker') ? NaN : item.size;
      }
    } catch (error) {
      if (!isCoreError(error, 'tooLarge')) throw error;
      this.#logger.info(`Sizes of the tags of ${image} are not known: ${error.message}`);
    }
    // Statistics may be switched off, or not be for this account: then nothing was "never pulled", and no rule may say so.
    if (!areDownloadsCounted) for (const facts of folders.values()) delete facts.lastPulledAt;
    return folders;
  }

  /** @returns in their order, undefined for what cannot be read. */
  async #query<Item>(
    item: v.GenericSchema<unknown, Item>,
    query: string,
    subject: string,
    signal: AbortSignal,
  ): Promise<readonly (Item | undefined)[]> {
    const results = v.object({ results: v.array(v.fallback(v.optional(item), undefined)) });
    const request = { path: '/api/search/aql', operation: 'list tags', subject, idempotent: true, signal };
    return (await this.#api.post(results, request, query)).value.results;
  }
}

/** `index of the key`, and behind a space the address of its next page. */
function parseCursor(cursor = '0'): { readonly index: number; readonly next: string | undefined } {
  const [index, next] = cursor.split(' ');
  return { index: Number(index), next };
}

function toDetails(
  { name, modified, created }: v.InferOutput<typeof manifestItem>,
  digest: TagDetails['digest'],
  facts: FolderFacts | undefined,
): TagDetails {
  const { sizeInBytes = NaN, lastPulledAt } = facts ?? {};
  const isIndex = name === 'list.manifest.json';
  const pushedAt = new Date(modified || created || NaN);
  return {
    digest,
    // The name of the file tells only indexes from the rest.
    mediaType: isIndex ? MediaType.ociIndex : MediaType.ociManifest,
    kind: isIndex ? 'index' : 'image',
    ...(pushedAt.getTime() > 0 && { createdAt: pushedAt }),
    ...(lastPulledAt !== undefined && { lastPulledAt }),
    ...(!isIndex && sizeInBytes > 0 ? { sizeInBytes } : { isPartial: true }),
  };
}

function lastDownloadOf(stats: readonly { readonly downloaded: string }[]): Date | 'never' {
  const times = stats.map(({ downloaded }) => Date.parse(downloaded)).filter((time) => time > 0);
  return times.length === 0 ? 'never' : new Date(Math.max(...times));
}
