/**
 * GitHub's container registry: packages and their versions by GitHub's REST API, content by the registry's. A version
 * is a manifest with all its tags, and is deleted with them. Source: https://docs.github.com/rest/packages/packages
 */
import { LRUCache } from 'lru-cache';
import * as v from 'valibot';
import { CoreError, isCoreError } from '../common/CoreError.ts';
import type { Logger } from '../common/Logger.ts';
import type { CredentialStore } from '../credentials/CredentialStore.ts';
import { createDummyManifest } from '../oci/createDummyManifest.ts';
import { isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { Manifest } from '../oci/manifest.ts';
import { isRepositoryName, isTag } from '../oci/reference.ts';
import type { Page } from '../registry/Page.ts';
import { withKind } from '../registry/registryError.ts';
import { fullRepositoryName, relativeRepositoryName } from '../registry/repositoryName.ts';
import { delay, throwIfCancelled } from '../registry/transport/cancellation.ts';
import { GitHubApi } from './api/GitHubApi.ts';
import type { ApiReply } from './api/ProviderApi.ts';
import { tolerantList } from './api/tolerantList.ts';
import { GITHUB_SCOPES } from './gitHubScopes.ts';
import { OciProvider } from './OciProvider.ts';
import type { ProviderContext } from './ProviderContext.ts';
import type {
  CapabilityPermissions,
  ProviderCapabilities,
  TagDetails,
  TagSummary,
  UntaggedManifest,
} from './RegistryProvider.ts';

const API_URL = 'https://api.github.com';
/** The most it gives. */
const PAGE_SIZE = 100;
const REQUESTS_PER_PAGE = 10;
/** Versions without a tag (platforms, attestations) may fill pages: read on so far for a page that is full, or not empty. */
const REQUESTS_FOR_FULL_PAGE = 4;
const REQUESTS_FOR_ANY_TAG = 20;
const MAX_PAGES = 1_000;
const MAX_KEPT = 5_000;
const SETTLE_TIMEOUT_MS = 60_000;
/** A pushed manifest takes a moment to become a version. */
const VERSION_ATTEMPTS = 8;
const FIRST_PAUSE_MS = 200;
const PAGES_SEARCHED = 3;

const text = v.nullish(v.string(), '');
/** https://docs.github.com/rest/users/users#get-the-authenticated-user, …/rest/orgs/orgs#list-organizations-for-the-authenticated-user */
const gitHubAccount = v.object({ login: v.pipe(v.string(), v.minLength(1)) });
/** https://docs.github.com/rest/packages/packages#list-packages-for-an-organization */
const gitHubPackage = v.object({
  name: v.string(),
  html_url: text,
  owner: v.nullish(gitHubAccount),
});
/** https://docs.github.com/rest/packages/packages#list-package-versions-for-a-package-owned-by-an-organization */
const gitHubVersion = v.object({
  id: v.number(),
  /** The digest of the manifest. */
  name: v.string(),
  created_at: text,
  html_url: text,
  metadata: v.nullish(
    v.object({ container: v.nullish(v.object({ tags: v.nullish(v.array(v.string()), []) })) }),
  ),
});
type GitHubVersion = v.InferOutput<typeof gitHubVersion>;

/** What a version says of each of its tags. */
interface ListedTag {
  readonly digest: Digest;
  readonly createdAt?: Date;
}

export class GhcrProvider extends OciProvider {
  override readonly kind = 'ghcr';
  /** GitHub's API wants to know who asks, public packages included; the registry lets only its own account write. */
  override readonly capabilities: ProviderCapabilities;
  override readonly permissions: CapabilityPermissions = {
    catalog: 'read:packages',
    deleteByTag: 'delete:packages',
    mount: 'write:packages',
  };
  readonly #api: GitHubApi;
  readonly #credentials: CredentialStore;
  readonly #accountToken: ProviderContext['accountToken'];
  readonly #logger: Logger;
  readonly #listed = new LRUCache<string, ListedTag>({ max: MAX_KEPT });
  readonly #webPages = new LRUCache<string, string>({ max: MAX_KEPT });
  /** Owner → the path its packages are under. */
  readonly #ownerPaths = new Map<string, string>();
  #owners: readonly string[] = [];
  #self: string | undefined;
  #token: { readonly value: string; readonly isOwn: boolean } | undefined;
  /** A token that the API does not take for reading; the registry's own listing serves instead. */
  #refusedToken: string | undefined;

  /** Finds out first whether there is a token: that decides what can be done. */
  static async open(context: ProviderContext): Promise<GhcrProvider> {
    const provider = new GhcrProvider(context);
    await provider.#findToken(AbortSignal.timeout(15_000)).catch((error: unknown) => {
      // Told where the token is needed.
      context.logger.debug(`GitHub: ${String(error)}`);
    });
    return provider;
  }

  private constructor({ client, credentials, accountToken, logger, openApi, settings }: ProviderContext) {
    super(client);
    this.#credentials = credentials;
    this.#accountToken = accountToken;
    this.#logger = logger;
    const url = settings.apiUrl ?? API_URL;
    const api = openApi(url, async (_, signal) => {
      const token = await this.#findToken(signal);
      return token && `Bearer ${token}`;
    });
    this.#api = new GitHubApi(api, url);
    const token = () => this.#token;
    this.capabilities = {
      get listsRepositories() {
        return token() !== undefined;
      },
      get deletesSingleTag() {
        return token()?.isOwn ? 'native' : 'none';
      },
      // Versions without a tag stay until somebody deletes them.
      reclaims: 'manual',
    };
  }

  /** Of the connection's namespace; without one, of the account and its organizations. */
  override async listRepositories(cursor: string | undefined, signal: AbortSignal): Promise<Page<string>> {
    if ((await this.#findToken(signal)) === undefined) return { items: [] };
    if (cursor === undefined) this.#owners = await this.#listOwners(signal);
    const items: string[] = [];
    const refusals: CoreError[] = [];
    let [index = 0, page = 1] = cursor?.split(':').map(Number) ?? [];
    for (let requests = 0; requests < REQUESTS_PER_PAGE && items.length < PAGE_SIZE; requests += 1) {
      const owner = this.#owners[index];
      if (owner === undefined) break;
      const { names, isLast, refusal } = await this.#repositoriesOf(owner, page, signal);
      items.push(...names);
      if (refusal) refusals.push(refusal);
      [index, page] = isLast ? [index + 1, 1] : [index, page + 1];
    }
    return {
      items,
      ...(refusals.length > 0 && { refusals }),
      ...(index < this.#owners.length && { nextCursor: `${index}:${page}` }),
    };
  }

  /**
   * A hundred versions in one request, newest first, with digest and time of every tag. Where the API is not for this
   * token or package, the names alone from the registry.
   */
  override async listTags(
    repository: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<TagSummary>> {
    const start = /^page:(\d+)$/.exec(cursor ?? 'page:1')?.[1];
    const token = await this.#findToken(signal);
    if (start === undefined || token === undefined || token === this.#refusedToken) {
      return super.listTags(repository, cursor, signal);
    }
    try {
      return await this.#listVersionTags(repository, Number(start), signal);
    } catch (error) {
      if (cursor !== undefined || !isCoreError(error, 'unauthorized', 'forbidden', 'notFound')) throw error;
      const page = await super.listTags(repository, undefined, signal).catch((second: unknown) => {
        // The API's answer names what is missing.
        throw error.kind === 'notFound' || isCoreError(second, 'cancelled') ? second : error;
      });
      if (error.kind !== 'notFound') this.#refusedToken = token;
      this.#logger.info(`GitHub's API does not list ${repository} (${error.message}); the registry does`);
      return page;
    }
  }

  /** The manifest by the listed digest, once for all tags on it; the time as it was listed. */
  override async getTagDetails(repository: string, tag: string, signal: AbortSignal): Promise<TagDetails> {
    const listed = this.#listed.get(`${repository}:${tag}`);
    if (!listed) return super.getTagDetails(repository, tag, signal);
    const { digest, createdAt } = listed;
    const details = this.details.peek(digest) ?? (await this.details.read(repository, digest, signal));
    return { ...details, ...(createdAt && { createdAt }) };
  }

  /**
   * Moves the tag to a manifest of its own and deletes that version, for a version goes with all its tags. Whatever
   * fails, the tag is put back where it was.
   * @throws CoreError `forbidden`/`missingScope` and `unsupported`/`lastTaggedVersion` before anything was changed.
   */
  async deleteTag(repository: string, tag: string, signal: AbortSignal): Promise<void> {
    const request = { path: '/', operation: 'delete tag', subject: `${repository}:${tag}`, signal };
    const { headers } = await this.#versions(repository, 1, request.operation, signal);
    this.#api.requireScope(headers, 'delete:packages', request);
    const { items } = await this.client.listTags(repository, undefined, 2, signal);
    if (!items.some((name) => name !== tag)) {
      throw new CoreError('unsupported', 'GitHub keeps the last tagged version of a package', {
        host: this.client.endpoint.host,
        operation: request.operation,
        subject: request.subject,
        reason: 'lastTaggedVersion',
      });
    }
    const original = await this.client.getManifest(repository, tag, signal);
    const dummy = createDummyManifest();
    await this.client.uploadBlob(repository, dummy.config, signal);
    throwIfCancelled(signal);
    // From here no request is broken off by Cancel: a PUT whose end nobody saw might move the tag afterwards.
    const settle = AbortSignal.timeout(SETTLE_TIMEOUT_MS);
    try {
      await this.client.putManifest(repository, tag, dummy.mediaType, dummy.bytes, settle);
      throwIfCancelled(signal);
      await this.#deleteVersion(repository, tag, dummy.digest, settle);
    } catch (error) {
      await this.#putBack(repository, tag, original, dummy.digest);
      throw error;
    }
    this.#listed.delete(`${repository}:${tag}`);
  }

  /** Parts of indexes are among them. */
  async listUntagged(
    repository: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<UntaggedManifest>> {
    const page = Number(cursor ?? 1);
    const { value, nextLink } = await this.#versions(
      repository,
      page,
      'list manifests without a tag',
      signal,
    );
    const items = value.flatMap(({ name: digest, created_at, metadata }) => {
      if (!isDigest(digest) || (metadata?.container?.tags ?? []).length > 0) return [];
      const time = new Date(created_at);
      return [{ digest, ...(!Number.isNaN(time.getTime()) && { createdAt: time }) }];
    });
    const hasMore = nextLink !== undefined && page < MAX_PAGES;
    return { items, ...(hasMore && { nextCursor: String(page + 1) }) };
  }

  /** The version of that digest, unless it has got a tag by now. */
  async deleteUntagged(repository: string, digest: Digest, signal: AbortSignal): Promise<void> {
    const { owner, packagePath } = this.#packageOf(repository);
    for (let page = 1; page <= MAX_PAGES; page += 1) {
      const { value, nextLink } = await this.#versions(repository, page, 'delete manifest', signal);
      const version = value.find(({ name }) => name === digest);
      if (version) {
        const subject = `${repository}@${digest}`;
        if ((version.metadata?.container?.tags ?? []).length > 0) {
          throw new CoreError('conflict', 'the manifest has a tag', { subject, reason: 'tagMoved' });
        }
        await this.#asOwner(owner, signal, (path) =>
          this.#api.delete(
            {
              path: `${path}${packagePath}/versions/${version.id}`,
              operation: 'delete manifest',
              subject,
              signal,
            },
            'delete:packages',
          ),
        );
        return;
      }
      if (nextLink === undefined) return;
    }
  }

  override readonly webUrl = (repository: string): string => {
    const { endpoint } = this.client;
    const listed = this.#webPages.get(repository);
    if (listed !== undefined) return listed;
    const { owner, name, fullName } = this.#packageOf(repository);
    const path = this.#ownerPaths.get(owner);
    // The registry's own address leads a browser to the package, whoever owns it.
    if (path === undefined) return `https://${endpoint.host}/${fullName}`;
    const page = path.startsWith('/orgs/') ? `orgs/${owner}` : `users/${owner}`;
    return `https://github.com/${page}/packages/container/package/${encodeURIComponent(name)}`;
  };

  /** The connection's own token, else that of the person's GitHub account in the editor. */
  async #findToken(signal: AbortSignal): Promise<string | undefined> {
    const key = this.client.endpoint.credentialKey;
    const credential = await this.#credentials.get({ key }, signal);
    const own = credential?.kind === 'basic' ? credential.password : credential?.token;
    const value = own ?? (await this.#accountToken('github', GITHUB_SCOPES));
    if (value !== this.#token?.value) this.#self = undefined;
    this.#token = value === undefined ? undefined : { value, isOwn: own !== undefined };
    return value;
  }

  async #findSelf(signal: AbortSignal): Promise<string> {
    if (this.#self === undefined) {
      const request = { path: '/user', operation: 'look up account', signal };
      this.#self = (await this.#api.get(gitHubAccount, request, 'read:packages')).value.login.toLowerCase();
      this.#ownerPaths.set(this.#self, '/user');
    }
    return this.#self;
  }

  async #listOwners(signal: AbortSignal): Promise<readonly string[]> {
    const [prefix = ''] = this.client.endpoint.namespacePrefix.split('/');
    if (prefix !== '') return [prefix];
    const self = await this.#findSelf(signal);
    const organizations = await this.#organizations('/user/orgs', signal).catch((error: unknown) => {
      if (!isCoreError(error, 'forbidden')) throw error;
      // Without the scope read:org, those that are public.
      return this.#organizations(`/users/${self}/orgs`, signal);
    });
    for (const name of organizations) this.#ownerPaths.set(name, `/orgs/${name}`);
    return [...new Set([self, ...organizations])];
  }

  async #organizations(path: string, signal: AbortSignal): Promise<string[]> {
    const request = { path, query: { per_page: PAGE_SIZE }, operation: 'list organizations', signal };
    const { value } = await this.#api.get(tolerantList(gitHubAccount), request, 'read:org');
    return value.map(({ login }) => login.toLowerCase());
  }

  async #repositoriesOf(
    owner: string,
    page: number,
    signal: AbortSignal,
  ): Promise<{ readonly names: readonly string[]; readonly isLast: boolean; readonly refusal?: CoreError }> {
    try {
      const { value, nextLink } = await this.#asOwner(owner, signal, (path) => {
        const query = { package_type: 'container', per_page: PAGE_SIZE, page };
        const request = {
          path: `${path}/packages`,
          query,
          operation: 'list repositories',
          subject: owner,
          signal,
        };
        return this.#api.get(tolerantList(gitHubPackage), request, 'read:packages');
      });
      const names = value.flatMap(({ name, html_url, owner: named }) => {
        const full = `${named?.login ?? owner}/${name}`.toLowerCase();
        const relative = isRepositoryName(full)
          ? relativeRepositoryName(this.client.endpoint, full)
          : undefined;
        if (relative !== undefined && html_url.startsWith('https://')) this.#webPages.set(relative, html_url);
        return relative ?? [];
      });
      return { names, isLast: nextLink === undefined || page >= MAX_PAGES };
    } catch (error) {
      if (!isCoreError(error, 'forbidden', 'notFound')) throw error;
      const refusal = error.details.reason
        ? error
        : withKind(error, 'forbidden', { reason: 'packagesHidden', subject: owner });
      // One organization that hides its packages does not hide the others'.
      if (this.#owners.length < 2 || owner === this.#self) throw refusal;
      this.#logger.warn(
        `GitHub shows no packages of ${owner}: ${error.details.registryMessage ?? error.message}`,
      );
      return { names: [], isLast: true, refusal };
    }
  }

  async #listVersionTags(repository: string, start: number, signal: AbortSignal): Promise<Page<TagSummary>> {
    const items = new Map<string, TagSummary>();
    let page = start;
    for (let requests = 1; ; requests += 1) {
      const { value, nextLink } = await this.#versions(repository, page, 'list tags', signal);
      for (const version of value) {
        for (const summary of this.#keep(repository, version)) items.set(summary.name, summary);
      }
      if (nextLink === undefined) return { items: [...items.values()] };
      if (page >= MAX_PAGES) return { items: [...items.values()], truncated: true };
      page += 1;
      const enough = items.size === 0 ? REQUESTS_FOR_ANY_TAG : REQUESTS_FOR_FULL_PAGE;
      if (items.size >= PAGE_SIZE || requests >= enough) {
        return { items: [...items.values()], nextCursor: `page:${page}` };
      }
    }
  }

  #keep(repository: string, { name: digest, created_at, metadata }: GitHubVersion): TagSummary[] {
    if (!isDigest(digest)) return [];
    const time = new Date(created_at);
    const known = { digest, ...(!Number.isNaN(time.getTime()) && { createdAt: time }) };
    const tags = (metadata?.container?.tags ?? []).filter(isTag);
    return tags.map((name) => {
      this.#listed.set(`${repository}:${name}`, known);
      return { name, details: { ...known, mediaType: '', kind: 'image', isPartial: true } };
    });
  }

  #versions(
    repository: string,
    page: number,
    operation: string,
    signal: AbortSignal,
  ): Promise<ApiReply<GitHubVersion[]>> {
    const { owner, packagePath } = this.#packageOf(repository);
    return this.#asOwner(owner, signal, (path) => {
      const query = { per_page: PAGE_SIZE, page };
      const request = {
        path: `${path}${packagePath}/versions`,
        query,
        operation,
        subject: repository,
        signal,
      };
      return this.#api.get(tolerantList(gitHubVersion), request, 'read:packages');
    });
  }

  /** Asks under the owner's path: an organization's, one's own, or another user's; found out once. */
  async #asOwner<Reply>(
    owner: string,
    signal: AbortSignal,
    ask: (path: string) => Promise<Reply>,
  ): Promise<Reply> {
    const known = this.#ownerPaths.get(owner);
    if (known !== undefined) return ask(known);
    let path = `/orgs/${owner}`;
    const reply = await ask(path).catch(async (error: unknown) => {
      if (!isCoreError(error, 'notFound')) throw error;
      path = (await this.#findSelf(signal)) === owner ? '/user' : `/users/${owner}`;
      return ask(path);
    });
    this.#ownerPaths.set(owner, path);
    return reply;
  }

  #packageOf(repository: string) {
    const fullName = fullRepositoryName(this.client.endpoint, repository);
    const slash = fullName.indexOf('/');
    const [owner, name] = [fullName.slice(0, Math.max(slash, 0)), fullName.slice(slash + 1)];
    return { owner, name, fullName, packagePath: `/packages/container/${encodeURIComponent(name)}` };
  }

  /** Deletes the version that is `digest`, if `tag` is all it has. */
  async #deleteVersion(repository: string, tag: string, digest: Digest, signal: AbortSignal): Promise<void> {
    const { owner, packagePath } = this.#packageOf(repository);
    const operation = 'delete tag';
    const { id } = await this.#findVersion(repository, tag, digest, signal);
    const wasThere = await this.#asOwner(owner, signal, (path) => {
      const request = {
        path: `${path}${packagePath}/versions/${id}`,
        operation,
        subject: repository,
        signal,
      };
      return this.#api.delete(request, 'delete:packages');
    });
    // Done by a request whose reply was lost, or hidden from those who may not delete.
    if (wasThere || (await this.client.headManifest(repository, tag, signal))?.digest !== digest) return;
    throw new CoreError('forbidden', 'GitHub does not let this account delete', {
      host: this.client.endpoint.host,
      operation,
      subject: `${repository}:${tag}`,
    });
  }

  async #findVersion(
    repository: string,
    tag: string,
    digest: Digest,
    signal: AbortSignal,
  ): Promise<GitHubVersion> {
    for (let attempt = 0; attempt < VERSION_ATTEMPTS; attempt += 1) {
      for (let page = 1; page <= PAGES_SEARCHED; page += 1) {
        const { value, nextLink } = await this.#versions(repository, page, 'delete tag', signal);
        const version = value.find(({ name }) => name === digest);
        const tags = version?.metadata?.container?.tags ?? [];
        if (version && tags.length === 1 && tags[0] === tag) return version;
        if (nextLink === undefined) break;
      }
      await delay(FIRST_PAUSE_MS * 2 ** Math.min(attempt, 4), signal);
    }
    throw new CoreError('protocol', 'GitHub does not list the version it was given', {
      host: this.client.endpoint.host,
      operation: 'delete tag',
      subject: `${repository}:${tag}`,
      reason: 'versionNotFound',
    });
  }

  /** Unless somebody else has moved the tag meanwhile. @throws CoreError with reason `leftOnPlaceholder`. */
  async #putBack(repository: string, tag: string, original: Manifest, dummy: Digest): Promise<void> {
    const signal = AbortSignal.timeout(SETTLE_TIMEOUT_MS);
    let failure: unknown;
    for (let attempt = 0; attempt < VERSION_ATTEMPTS; attempt += 1) {
      try {
        const head = await this.client.headManifest(repository, tag, signal);
        if (head?.digest !== undefined && head.digest !== dummy) return;
        await this.client.putManifest(repository, tag, original.mediaType, original.bytes, signal);
        return;
      } catch (error) {
        failure = error;
        await delay(FIRST_PAUSE_MS * 2 ** attempt, signal);
      }
    }
    throw new CoreError(
      'serverError',
      'the tag could not be put back',
      {
        host: this.client.endpoint.host,
        operation: 'delete tag',
        subject: `${repository}:${tag}`,
        reason: 'leftOnPlaceholder',
      },
      failure,
    );
  }
}
