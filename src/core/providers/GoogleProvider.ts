/**
 * Google Artifact Registry and Container Registry. The registry's own tags/list says digest, size and times of every tag
 * at once, and which repositories are below a path; what is above those (repositories of a project, projects) comes from
 * Google Cloud's APIs. Sources: https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories/list,
 * https://cloud.google.com/resource-manager/reference/rest/v1/projects/list; the additions to tags/list are in no
 * reference, they are as google/go-containerregistry reads them (pkg/v1/google/list.go).
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import * as v from 'valibot';
import { CoreError, isCoreError } from '../common/CoreError.ts';
import type { Logger } from '../common/Logger.ts';
import type { Credential, CredentialStore } from '../credentials/CredentialStore.ts';
import type { ArtifactKind } from '../oci/artifact.ts';
import { isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { isIndexType, isSchema1Type } from '../oci/mediaType.ts';
import { isRepositoryName, isTag } from '../oci/reference.ts';
import type { Page } from '../registry/Page.ts';
import { withKind } from '../registry/registryError.ts';
import { fullRepositoryName, relativeRepositoryName } from '../registry/repositoryName.ts';
import type { ApiAuthorization, ProviderApi } from './api/ProviderApi.ts';
import { tolerantList } from './api/tolerantList.ts';
import { GCLOUD_HELPER_USER, GOOGLE_TOKEN_USER, tryParseGoogleLocation } from './google/googleHosts.ts';
import { tryReadServiceAccountKey } from './google/serviceAccountKey.ts';
import { OciProvider } from './OciProvider.ts';
import type { ProviderContext } from './ProviderContext.ts';
import type {
  CapabilityPermissions,
  ProviderCapabilities,
  TagDetails,
  TagSummary,
  UntaggedManifest,
} from './RegistryProvider.ts';

const ARTIFACT_REGISTRY_URL = 'https://artifactregistry.googleapis.com';
const RESOURCE_MANAGER_URL = 'https://cloudresourcemanager.googleapis.com';

/** In the role Artifact Registry Reader, which gcr.io asks for as well. */
const READ_PERMISSION = 'artifactregistry.repositories.downloadArtifacts';
/** In the role Artifact Registry Repository Administrator. https://cloud.google.com/artifact-registry/docs/access-control#permissions */
const DELETE_PERMISSION = 'artifactregistry.repositories.deleteArtifacts';
const TOKEN_USERS: readonly string[] = [GOOGLE_TOKEN_USER, GCLOUD_HELPER_USER];

/** Paths looked into at the same time, and in one page of repositories. */
const PARALLEL_PATHS = 6;
const MAX_PATHS_PER_PAGE = 60;
const REPOSITORIES_PER_PAGE = 100;
const API_PAGE_SIZE = 500;
/** Against paging without an end. */
const MAX_API_PAGES = 50;
const MAX_KEPT = 5_000;
/** Manifests read before the event loop gets a turn. */
const SLICE = 1_000;
/** Before Docker was: what Bazel and others write for the sake of reproducible builds. */
const FIRST_IMAGE_MS = Date.UTC(2013, 0);
/** An index is at most this long: a smaller size is its own, not that of its platforms. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** Written as text, by Artifact Registry sometimes as a number; 0 where it is not said. */
const count = v.fallback(v.pipe(v.unknown(), v.transform(Number), v.safeInteger(), v.minValue(0)), 0);
const manifestInfo = v.object({
  imageSizeBytes: count,
  timeCreatedMs: count,
  timeUploadedMs: count,
  mediaType: v.fallback(v.string(), ''),
  tag: tolerantList(v.pipe(v.string(), v.check(isTag))),
});
/** tags/list as Google answers it. The manifests are checked one by one, with turns for others in between. */
const tagsReply = v.object({
  child: tolerantList(v.string()),
  manifest: v.fallback(v.record(v.string(), v.unknown()), {}),
  tags: tolerantList(v.pipe(v.string(), v.check(isTag))),
});

const repositoriesReply = v.object({
  repositories: tolerantList(v.object({ name: v.string(), format: v.string() })),
  nextPageToken: v.nullish(v.string(), ''),
});
const projectsReply = v.object({
  projects: tolerantList(v.object({ projectId: v.string(), lifecycleState: v.literal('ACTIVE') })),
  nextPageToken: v.nullish(v.string(), ''),
});

/** What is found at a path of the registry: itself an image's repository, or above others, or both. */
interface PathContents {
  readonly isRepository: boolean;
  readonly children: readonly string[];
}

export class GoogleProvider extends OciProvider {
  override readonly kind = 'google';
  override readonly capabilities: ProviderCapabilities = {
    listsRepositories: true,
    deletesSingleTag: 'native',
    // What is untagged stays, until a clean-up policy takes it.
    reclaims: 'scheduled',
  };
  override readonly permissions: CapabilityPermissions = {
    catalog: 'artifactregistry.repositories.list',
    deleteByTag: DELETE_PERMISSION,
    deleteByDigest: DELETE_PERMISSION,
    mount: 'artifactregistry.repositories.uploadArtifacts',
  };
  readonly #credentials: CredentialStore;
  readonly #fetch: typeof globalThis.fetch | undefined;
  readonly #artifactRegistry: ProviderApi;
  readonly #resourceManager: ProviderApi;
  readonly #logger: Logger;
  /** With what the APIs were asked last. */
  #lastCredential: Credential | undefined;
  /** By which a service account's key becomes tokens for the APIs. */
  #keyTokens: { readonly key: string; readonly store: Promise<CredentialStore> } | undefined;
  /** `repository:tag`, as the last listing gave it. */
  readonly #listed = new LRUCache<string, TagDetails>({ max: MAX_KEPT });

  /** @param fetch how Google's token servers are reached; see GoogleCredentialStore. */
  constructor(
    { client, credentials, logger, openApi, settings }: ProviderContext,
    fetch?: typeof globalThis.fetch,
  ) {
    super(client);
    this.#credentials = credentials;
    this.#fetch = fetch;
    this.#logger = logger;
    this.#artifactRegistry = openApi(settings.apiUrl ?? ARTIFACT_REGISTRY_URL, this.#authorize);
    this.#resourceManager = openApi(settings.apiUrl ?? RESOURCE_MANAGER_URL, this.#authorize);
  }

  /**
   * Walks down from the connection's path, a few paths at a time. gcr.io without a project has a catalog; Artifact
   * Registry has not: its projects and their repositories are asked of Google Cloud.
   * @throws CoreError `unsupported` with reason `noCatalog` where that needs another sign-in than this one.
   */
  override async listRepositories(cursor: string | undefined, signal: AbortSignal): Promise<Page<string>> {
    const root = this.client.endpoint.namespacePrefix;
    if (root === '' && !this.#isArtifactRegistry) return super.listRepositories(cursor, signal);
    const pending = cursor === undefined ? [root] : parseCursor(cursor);
    const isOnlyPath = cursor === undefined;
    const items: string[] = [];
    for (
      let asked = 0;
      pending.length > 0 && items.length < REPOSITORIES_PER_PAGE && asked < MAX_PATHS_PER_PAGE;
    ) {
      const paths = pending.splice(0, PARALLEL_PATHS);
      asked += paths.length;
      const found = await Promise.all(
        paths.map((path) => this.#lookInto(path, isOnlyPath && path === root, signal)),
      );
      for (const [index, { isRepository }] of found.entries()) {
        const name = isRepository ? relativeRepositoryName(this.client.endpoint, paths[index]!) : undefined;
        if (name !== undefined) items.push(name);
      }
      // Depth first, so that what belongs together comes together.
      pending.unshift(...found.flatMap(({ children }) => children));
    }
    return { items, ...(pending.length > 0 && { nextCursor: JSON.stringify(pending) }) };
  }

  /** All tags with their details in one request: the registry pages only where it says so by a Link. */
  override async listTags(
    repository: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<TagSummary>> {
    const name = fullRepositoryName(this.client.endpoint, repository);
    const { value, ...next } = await this.#readTags(name, cursor, signal);
    const details = await detailsByTag(value.manifest);
    const names = new Set([...value.tags, ...details.keys()]);
    for (const [tag, each] of [...details].slice(0, MAX_KEPT)) this.#listed.set(`${repository}:${tag}`, each);
    const items = [...names].map((tag) => {
      const known = details.get(tag);
      return { name: tag, ...(known && { details: known }) };
    });
    return { items, ...next };
  }

  /** They come with the tags. */
  async listUntagged(
    repository: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<UntaggedManifest>> {
    const name = fullRepositoryName(this.client.endpoint, repository);
    const operation = 'list manifests without a tag';
    const { value, ...next } = await this.#readTags(name, cursor, signal, operation);
    return { items: await untaggedOf(value.manifest), ...next };
  }

  /** As it was listed; an index is read, whose platforms and size the listing does not say. */
  override async getTagDetails(repository: string, tag: string, signal: AbortSignal): Promise<TagDetails> {
    const listed = this.#listed.get(`${repository}:${tag}`);
    if (listed && listed.kind !== 'index') return listed;
    const read = await super.getTagDetails(repository, tag, signal);
    const createdAt = read.createdAt ?? (listed?.digest === read.digest ? listed.createdAt : undefined);
    return { ...read, ...(createdAt && { createdAt }) };
  }

  /** The registry's host leads a browser to Google Cloud's console. */
  override readonly webUrl = (repository: string, tag?: string): string => {
    const { host } = this.client.endpoint;
    const name = fullRepositoryName(this.client.endpoint, repository);
    return `https://${host}/${name}${tag === undefined ? '' : `:${tag}`}`;
  };

  get #isArtifactRegistry(): boolean {
    return tryParseGoogleLocation(this.client.endpoint.credentialKey) !== undefined;
  }

  /** @param isRoot its failure is the listing's; any other path that does not show itself is left out. */
  async #lookInto(path: string, isRoot: boolean, signal: AbortSignal): Promise<PathContents> {
    try {
      const depth = path === '' ? 0 : path.split('/').length;
      if (this.#isArtifactRegistry && depth === 0) return await this.#listProjects(signal);
      if (this.#isArtifactRegistry && depth === 1) return await this.#listProjectRepositories(path, signal);
      const { value } = await this.#readTags(path, undefined, signal);
      return {
        isRepository: value.tags.length > 0 || Object.keys(value.manifest).length > 0,
        children: value.child.map((child) => `${path}/${child}`).filter(isRepositoryName),
      };
    } catch (error) {
      if (isRoot || !isCoreError(error, 'forbidden', 'notFound')) throw error;
      this.#logger.warn(`${this.client.endpoint.host} does not show ${path}: ${error.message}`);
      return { isRepository: false, children: [] };
    }
  }

  async #readTags(name: string, cursor: string | undefined, signal: AbortSignal, operation = 'list tags') {
    const path = `/v2/${name}/tags/list`;
    const scopes = [`repository:${name}:pull`];
    const request = { path, operation, subject: name, scopes, signal };
    try {
      return await this.client.getJsonPage(tagsReply, request, cursor);
    } catch (error) {
      if (!isCoreError(error, 'forbidden')) throw error;
      throw withKind(error, 'forbidden', { reason: 'missingPermission', missing: READ_PERMISSION });
    }
  }

  /** Of the host's location only: each has a host of its own. */
  async #listProjectRepositories(project: string, signal: AbortSignal): Promise<PathContents> {
    const location = tryParseGoogleLocation(this.client.endpoint.credentialKey) ?? '';
    const children: string[] = [];
    await this.#eachPage(
      this.#artifactRegistry,
      repositoriesReply,
      `/v1/projects/${encodeURIComponent(project)}/locations/${encodeURIComponent(location)}/repositories`,
      'artifactregistry.repositories.list',
      ({ repositories }) => {
        for (const { name, format } of repositories) {
          if (format === 'DOCKER') children.push(`${project}/${name.slice(name.lastIndexOf('/') + 1)}`);
        }
      },
      signal,
    );
    return { isRepository: false, children: children.filter(isRepositoryName) };
  }

  /** Of a service account its own: others it need not be able to list. */
  async #listProjects(signal: AbortSignal): Promise<PathContents> {
    const { credentialKey } = this.client.endpoint;
    const key = tryReadServiceAccountKey(await this.#credentials.get({ key: credentialKey }, signal));
    if (key) return { isRepository: false, children: [key.project_id].filter(isRepositoryName) };
    const children: string[] = [];
    await this.#eachPage(
      this.#resourceManager,
      projectsReply,
      '/v1/projects',
      'resourcemanager.projects.get',
      ({ projects }) => children.push(...projects.map(({ projectId }) => projectId)),
      signal,
    );
    // Projects of old domains (`example.com:app`) have a colon, which no repository name has.
    return { isRepository: false, children: children.filter(isRepositoryName) };
  }

  async #eachPage<Reply extends { readonly nextPageToken: string }>(
    api: ProviderApi,
    schema: v.GenericSchema<unknown, Reply>,
    path: string,
    permission: string,
    read: (reply: Reply) => void,
    signal: AbortSignal,
  ): Promise<void> {
    let pageToken: string | undefined;
    for (let page = 0; page < MAX_API_PAGES && pageToken !== ''; page += 1) {
      try {
        const { value }: { value: Reply } = await api.get(schema, {
          path,
          query: { pageSize: API_PAGE_SIZE, pageToken },
          operation: 'list repositories',
          signal,
        });
        read(value);
        pageToken = value.nextPageToken;
      } catch (error) {
        if (!isCoreError(error, 'forbidden')) throw error;
        throw withKind(error, 'forbidden', { reason: 'missingPermission', missing: permission });
      }
    }
  }

  readonly #authorize: ApiAuthorization = async ({ refused }, signal) => {
    const { credentialKey: key, host } = this.client.endpoint;
    const last = refused ? this.#lastCredential : undefined;
    const given = await this.#credentials.get({ key, ...(last && { refused: last }) }, signal);
    const credential = (await this.#tokenOfKey(given, last, signal)) ?? given;
    this.#lastCredential = credential;
    if (credential?.kind === 'basic' && TOKEN_USERS.includes(credential.username)) {
      return `Bearer ${credential.password}`;
    }
    throw new CoreError('unsupported', 'this sign-in lists no projects', { host, reason: 'noCatalog' });
  };

  /** Undefined where the credential is no key of a service account: the registry takes it as it is, the APIs do not. */
  async #tokenOfKey(
    given: Credential | undefined,
    refused: Credential | undefined,
    signal: AbortSignal,
  ): Promise<Credential | undefined> {
    const key = tryReadServiceAccountKey(given);
    if (key === undefined) return undefined;
    // By what it is: secrets are read anew for every request.
    if (this.#keyTokens?.key !== key.private_key) {
      const store = import('./google/GoogleCredentialStore.ts').then(
        ({ GoogleCredentialStore }) => new GoogleCredentialStore(this.#fetch, key),
      );
      this.#keyTokens = { key: key.private_key, store };
    }
    const store = await this.#keyTokens.store;
    const { credentialKey } = this.client.endpoint;
    return store.get({ key: credentialKey, ...(refused && { refused }) }, signal);
  }
}

function parseCursor(cursor: string): string[] {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), v.array(v.string())), cursor);
  if (!parsed.success) throw new CoreError('invalidInput', 'not a page cursor', { reason: 'cursor' });
  return parsed.output.filter(isRepositoryName);
}

async function untaggedOf(manifests: Readonly<Record<string, unknown>>): Promise<UntaggedManifest[]> {
  const untagged: UntaggedManifest[] = [];
  for await (const slice of readManifests(manifests)) {
    for (const { tags, details } of slice) {
      if (tags.length > 0) continue;
      const { digest, mediaType, sizeInBytes, createdAt } = details;
      untagged.push({
        digest,
        mediaType,
        ...(sizeInBytes !== undefined && { sizeInBytes }),
        ...(createdAt !== undefined && { createdAt }),
      });
    }
  }
  return untagged;
}

async function detailsByTag(manifests: Readonly<Record<string, unknown>>): Promise<Map<string, TagDetails>> {
  const byTag = new Map<string, TagDetails>();
  for await (const slice of readManifests(manifests)) {
    for (const { tags, details } of slice) for (const tag of tags) byTag.set(tag, details);
  }
  return byTag;
}

/** Those that can be read, a slice in one turn of the event loop. */
async function* readManifests(manifests: Readonly<Record<string, unknown>>) {
  const entries = Object.entries(manifests);
  for (let start = 0; start < entries.length; start += SLICE) {
    if (start > 0) await nextTurn();
    yield entries.slice(start, start + SLICE).flatMap(([digest, value]) => {
      const info = v.safeParse(manifestInfo, value);
      if (!info.success || !isDigest(digest)) return [];
      return [{ tags: info.output.tag, details: toDetails(digest, info.output) }];
    });
  }
}

function toDetails(digest: Digest, info: v.InferOutput<typeof manifestInfo>): TagDetails {
  const { imageSizeBytes: size, timeCreatedMs, timeUploadedMs, mediaType } = info;
  const createdMs = timeCreatedMs >= FIRST_IMAGE_MS ? timeCreatedMs : timeUploadedMs;
  const isWhole = size > (isIndexType(mediaType) ? MAX_MANIFEST_BYTES : 0);
  return {
    digest,
    mediaType,
    kind: kindOf(mediaType),
    ...(isWhole && { sizeInBytes: size }),
    ...(createdMs > 0 && { createdAt: new Date(createdMs) }),
  };
}

function kindOf(mediaType: string): ArtifactKind {
  if (isIndexType(mediaType)) return 'index';
  return isSchema1Type(mediaType) ? 'legacy' : 'image';
}
