/**
 * Sonatype Nexus Repository: tags by the OCI API, their digests, ages and last pulls by its search, fifty in one request (sizes it
 * does not know), and the deletion of one tag as of a component. Nexus serves each of its Docker repositories at a port
 * or host of its own, below `/repository/NAME`, or by the first part of the image's name; which one a connection is to
 * is read from the address or from what Nexus tells of its connectors. A connector serves nothing else: where Nexus
 * itself is must then be said (`apiUrl`), and without it only the OCI API is left.
 * Sources: https://help.sonatype.com/en/search-api.html, …/components-api.html, …/repositories-api.html,
 * …/docker-registry.html (connectors, path-based routing).
 */
import { LRUCache } from 'lru-cache';
import * as v from 'valibot';
import { isCoreError } from '../common/CoreError.ts';
import type { Logger } from '../common/Logger.ts';
import { isDigest } from '../oci/digest.ts';
import { isRepositoryName, isTag } from '../oci/reference.ts';
import type { Page } from '../registry/Page.ts';
import type { RegistryClient } from '../registry/RegistryClient.ts';
import { withKind } from '../registry/registryError.ts';
import { relativeRepositoryName } from '../registry/repositoryName.ts';
import { API_REFUSALS } from './api/apiRefusals.ts';
import type { ProviderApi } from './api/ProviderApi.ts';
import { registrySignIn } from './api/registrySignIn.ts';
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
import { placeOf } from './repositoryLayout.ts';
import type { RepositoryLayout, RepositoryPlace } from './repositoryLayout.ts';

const REST = '/service/rest/v1';
/** Pages of fifty that are read for one listing: a thousand tags. */
const SEARCH_PAGES = 20;
const MAX_KEPT = 5_000;
/** Address of one repository: what is before is Nexus's, what is behind its name. */
const REPOSITORY_URL = /^(.*?)\/?repository\/([^/]+)\/?$/;

const text = v.nullish(v.string(), '');
/** https://help.sonatype.com/en/repositories-api.html: an entry of the list, and of the settings of those one manages. */
const dockerRepository = v.object({ name: v.string(), format: v.literal('docker') });
const dockerConnector = v.object({
  name: v.string(),
  docker: v.object({
    httpPort: v.nullish(v.number()),
    httpsPort: v.nullish(v.number()),
    subdomain: text,
  }),
});
/** https://help.sonatype.com/en/search-api.html: a component is a tag, or an image by its digest; its asset the manifest. */
const component = v.object({
  id: v.string(),
  name: v.pipe(v.string(), v.check(isRepositoryName)),
  version: v.pipe(v.string(), v.check(isTag)),
  assets: tolerantList(
    v.object({
      path: text,
      contentType: text,
      checksum: v.object({ sha256: v.string() }),
      lastModified: text,
      blobCreated: text,
      /** Null: never. Absent in older versions. */
      lastDownloaded: v.optional(v.nullable(v.string())),
    }),
  ),
});
type Component = v.InferOutput<typeof component>;
const componentPage = v.object({ items: tolerantList(component), continuationToken: text });

export class NexusProvider extends OciProvider {
  override readonly kind = 'nexus';
  override readonly capabilities: ProviderCapabilities;
  /** Privileges, of one repository or of all (`*`). https://help.sonatype.com/en/privileges.html */
  override readonly permissions: CapabilityPermissions = {
    catalog: 'nx-repository-view-docker-*-browse',
    deleteByTag: 'nx-repository-view-docker-*-delete',
    deleteByDigest: 'nx-repository-view-docker-*-delete',
    mount: 'nx-repository-view-docker-*-add',
  };
  readonly #api: ProviderApi;
  readonly #url: string;
  readonly #logger: Logger;
  /** `repository:tag`, as the last listing gave it. */
  readonly #listed = new LRUCache<string, TagDetails>({ max: MAX_KEPT });
  /** Null: it was looked for and is not to be known. */
  #layout: RepositoryLayout | null | undefined;
  /** Where Nexus is was said, not found. */
  readonly #isSaid: boolean;
  /** Nexus itself has answered. */
  #isThere = false;

  /** Whether Nexus is at the registry's own host. */
  static async recognises(client: RegistryClient, signal: AbortSignal): Promise<boolean> {
    const { scheme, host } = client.endpoint;
    const path = `${scheme}://${host}${REST}/search?format=docker&name=berth`;
    const page = v.object({ items: v.array(v.unknown()), continuationToken: v.nullable(v.string()) });
    await client.getJsonPage(page, { path, operation: 'look for Nexus', scopes: [], signal });
    return true;
  }

  constructor({ client, credentials, logger, openApi, settings }: ProviderContext) {
    super(client);
    const { scheme, host, apiPrefix, credentialKey } = client.endpoint;
    this.#logger = logger;
    this.#isSaid = settings.apiUrl !== undefined;
    const url = new URL(settings.apiUrl ?? `${scheme}://${host}/${apiPrefix}`);
    const [, base, name] = REPOSITORY_URL.exec(url.pathname) ?? [];
    if (name !== undefined) this.#layout = { kind: 'one', key: decodeURIComponent(name) };
    this.#url = (url.origin + (base ?? url.pathname)).replace(/\/+$/, '');
    this.#api = openApi(this.#url, registrySignIn(credentials, credentialKey));
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

  /** A connector's port tells neither where Nexus is nor, to most accounts, which repository it stands for. */
  async guessApiUrl(signal: AbortSignal): Promise<string | undefined> {
    const layout = await this.#locate(signal);
    if (layout !== null && (await this.#answers(layout, signal))) return undefined;
    const { scheme, host } = this.client.endpoint;
    return this.#isThere
      ? `${this.#url}/repository/`
      : `${scheme}://${host.replace(/:\d+$/, '')}/repository/`;
  }

  /** By the catalog, which is one request; by the search where the catalog is refused. */
  override async listRepositories(cursor: string | undefined, signal: AbortSignal): Promise<Page<string>> {
    try {
      return await super.listRepositories(cursor, signal);
    } catch (error) {
      if (!isCoreError(error, ...API_REFUSALS)) throw error;
      const layout = await this.#locate(signal);
      if (layout?.kind !== 'one') throw error;
      const found = await this.#search({ repository: layout.key }, 'list repositories', layout.key, signal);
      const names = found.components.flatMap(
        ({ name }) => relativeRepositoryName(this.client.endpoint, name) ?? [],
      );
      return { items: [...new Set(names)], ...(found.hasMore && { truncated: true }) };
    }
  }

  /** What is there now, as the registry says; the search, whose index follows a little later, adds what it knows. */
  override async listTags(
    repository: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<TagSummary>> {
    const [page] = await Promise.all([
      super.listTags(repository, cursor, signal),
      cursor === undefined ? this.#readDetails(repository, signal) : undefined,
    ]);
    const items = page.items.map(({ name }) => {
      const details = this.#listed.get(`${repository}:${name}`);
      return { name, ...(details && { details }) };
    });
    return { ...page, items };
  }

  /**
   * A tag is a component; others stay, also those of the same image.
   * https://help.sonatype.com/en/components-api.html#delete-component
   * @throws CoreError `forbidden` with reason `missingPermission`.
   */
  async deleteTag(repository: string, tag: string, signal: AbortSignal): Promise<void> {
    const subject = `${repository}:${tag}`;
    const place = placeOf(this.client.endpoint, await this.#locate(signal), repository);
    try {
      const [found] = place ? await this.#components(place, { version: tag }, 'delete tag', signal) : [];
      if (found === undefined) {
        await this.client.deleteManifest(repository, tag, signal);
        return;
      }
      await this.#api.send('DELETE', {
        path: `${REST}/components/${encodeURIComponent(found.id)}`,
        operation: 'delete tag',
        subject,
        idempotent: true,
        signal,
      });
    } catch (error) {
      if (!isCoreError(error, 'forbidden') || place === undefined) throw error;
      const missing = `nx-repository-view-docker-${place.key}-delete`;
      throw withKind(error, 'forbidden', { reason: 'missingPermission', missing });
    } finally {
      this.#listed.delete(subject);
    }
  }

  /** Undefined until it is known in which of Nexus's repositories it is. */
  override readonly webUrl = (repository: string, tag?: string): string | undefined => {
    const place = this.#placeOf(repository);
    if (place === undefined) return undefined;
    const path = ['v2', place.image, 'tags', ...(tag === undefined ? [] : [tag])].join('/');
    return `${this.#url}/#browse/browse:${encodeURIComponent(place.key)}:${encodeURIComponent(path)}`;
  };

  #placeOf(repository: string): RepositoryPlace | undefined {
    return placeOf(this.client.endpoint, this.#layout, repository);
  }

  async #locate(signal: AbortSignal): Promise<RepositoryLayout | null> {
    if (this.#layout !== undefined) return this.#layout;
    try {
      const { value } = await this.#api.get(tolerantList(dockerRepository), {
        path: `${REST}/repositories`,
        operation: 'look for repositories',
        signal,
      });
      this.#isThere = true;
      return (this.#layout = await this.#chooseLayout(
        value.map(({ name }) => name),
        signal,
      ));
    } catch (error) {
      if (!isCoreError(error, ...API_REFUSALS)) throw error;
      this.#logger.info(
        `Nexus itself does not answer at ${this.#url}, apiUrl may say where it does: ${error.message}`,
      );
      return (this.#layout = null);
    }
  }

  /** Whether what the address or the setting names is there for this account. */
  async #answers(layout: RepositoryLayout, signal: AbortSignal): Promise<boolean> {
    if (!this.#isSaid || this.#isThere || layout.kind !== 'one') return true;
    try {
      const { value } = await this.#api.get(tolerantList(dockerRepository), {
        path: `${REST}/repositories`,
        operation: 'look for repositories',
        signal,
      });
      return value.some(({ name }) => name === layout.key);
    } catch (error) {
      if (!isCoreError(error, ...API_REFUSALS)) throw error;
      return false;
    }
  }

  async #chooseLayout(names: readonly string[], signal: AbortSignal): Promise<RepositoryLayout | null> {
    const { host, namespacePrefix } = this.client.endpoint;
    if (names.includes(namespacePrefix.split('/', 1)[0]!)) return { kind: 'byPath', keys: names };
    const connectors = await this.#connectors(signal);
    const [label] = host.split('.');
    const port = Number(/:(\d+)$/.exec(host)?.[1] ?? NaN);
    const own =
      connectors.find(({ docker }) => docker.subdomain !== '' && docker.subdomain === label) ??
      connectors.find(({ docker }) => docker.httpPort === port || docker.httpsPort === port);
    if (own !== undefined) return { kind: 'one', key: own.name };
    const [only] = names;
    if (names.length === 1 && only !== undefined) return { kind: 'one', key: only };
    this.#logger.info(
      `Which of ${names.length} repositories ${host} stands for is not known: apiUrl may say it, as https://nexus.example.com/repository/NAME`,
    );
    return null;
  }

  /** Told to those who manage repositories only. */
  async #connectors(signal: AbortSignal): Promise<readonly v.InferOutput<typeof dockerConnector>[]> {
    try {
      const request = { path: `${REST}/repositorySettings`, operation: 'look for repositories', signal };
      return (await this.#api.get(tolerantList(dockerConnector), request)).value;
    } catch (error) {
      if (!isCoreError(error, ...API_REFUSALS)) throw error;
      return [];
    }
  }

  async #readDetails(repository: string, signal: AbortSignal): Promise<void> {
    try {
      const place = placeOf(this.client.endpoint, await this.#locate(signal), repository);
      if (place === undefined) return;
      for (const each of await this.#components(place, {}, 'list tags', signal)) {
        const details = toDetails(each);
        if (details) this.#listed.set(`${repository}:${each.version}`, details);
      }
    } catch (error) {
      if (!isCoreError(error, ...API_REFUSALS)) throw error;
      this.#logger.info(`Nexus's search says nothing of ${repository}: ${error.message}`);
    }
  }

  async #components(
    { key, image }: RepositoryPlace,
    query: Readonly<Record<string, string>>,
    operation: string,
    signal: AbortSignal,
  ): Promise<readonly Component[]> {
    const all = { repository: key, name: image, ...query };
    const { components } = await this.#search(all, operation, image, signal);
    // The search takes words for patterns.
    return components.filter(
      (each) => each.name === image && (query['version'] === undefined || each.version === query['version']),
    );
  }

  async #search(
    query: Readonly<Record<string, string>>,
    operation: string,
    subject: string,
    signal: AbortSignal,
  ): Promise<{ readonly components: readonly Component[]; readonly hasMore: boolean }> {
    const components: Component[] = [];
    let continuationToken = '';
    for (let pages = 0; pages < SEARCH_PAGES; pages += 1) {
      const { value } = await this.#api.get(componentPage, {
        path: `${REST}/search`,
        query: { format: 'docker', ...query, ...(continuationToken !== '' && { continuationToken }) },
        operation,
        subject,
        signal,
      });
      components.push(...value.items);
      if (value.continuationToken === '' || value.continuationToken === continuationToken) {
        return { components, hasMore: false };
      }
      ({ continuationToken } = value);
    }
    return { components, hasMore: true };
  }
}

function toDetails({ assets }: Component): TagDetails | undefined {
  const manifest = assets.find(({ path }) => /\/manifests\/[^/]+$/.test(path));
  const digest = `sha256:${manifest?.checksum.sha256 ?? ''}`;
  if (manifest === undefined || !isDigest(digest)) return undefined;
  const pushedAt = new Date(manifest.lastModified || manifest.blobCreated || NaN);
  return {
    digest,
    mediaType: manifest.contentType,
    kind: kindByConfigType(manifest.contentType, ''),
    ...(pushedAt.getTime() > 0 && { createdAt: pushedAt }),
    ...(manifest.lastDownloaded !== undefined && { lastPulledAt: pulledAt(manifest.lastDownloaded) }),
    // Neither sizes nor platforms are told, nor charts from images.
    isPartial: true,
  };
}

function pulledAt(time: string | null): Date | 'never' {
  const pulled = new Date(time ?? NaN);
  return pulled.getTime() > 0 ? pulled : 'never';
}
