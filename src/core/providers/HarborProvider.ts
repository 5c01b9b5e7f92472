/**
 * Harbor: projects, repositories and artifacts with their tags by its own API, signed in to as the registry is (user or
 * robot, Basic). Where that API is not there, the OCI API. Source: api/v2.0/swagger.yaml of goharbor/harbor, shown by
 * every server at /devcenter-api-2.0 (operations listAllRepositories, listRepositories, listArtifacts, getArtifact,
 * deleteTag, getSystemInfo).
 */
import { LRUCache } from 'lru-cache';
import * as v from 'valibot';
import { isCoreError } from '../common/CoreError.ts';
import type { Logger } from '../common/Logger.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import { isIndexType, MediaType } from '../oci/mediaType.ts';
import { isUnknownPlatform } from '../oci/platform.ts';
import type { Platform } from '../oci/platform.ts';
import { isRepositoryName, isTag } from '../oci/reference.ts';
import type { Page } from '../registry/Page.ts';
import type { RegistryClient } from '../registry/RegistryClient.ts';
import { withKind } from '../registry/registryError.ts';
import { fullRepositoryName, relativeRepositoryName } from '../registry/repositoryName.ts';
import type { ProviderApi } from './api/ProviderApi.ts';
import { registrySignIn } from './api/registrySignIn.ts';
import { tolerantList } from './api/tolerantList.ts';
import { firstFilledPage } from './firstFilledPage.ts';
import { kindByConfigType } from './kindByConfigType.ts';
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

const API_PATH = '/api/v2.0';
/** The most it gives. */
const PAGE_SIZE = 100;
const MAX_KEPT = 5_000;
/** Against paging without an end. */
const MAX_PAGES = 10_000;

/** Definition `SystemInfo`; of an anonymous caller's part, what every version has. */
const systemInfo = v.object({ auth_mode: v.string() });

const text = v.nullish(v.string(), '');
/** Definition `Repository`: the name with its project. */
const harborRepository = v.object({ name: v.string(), project_id: v.nullish(v.number()) });
/** Definition `Platform`. */
const harborPlatform = v.object({
  os: text,
  architecture: text,
  variant: text,
  'os.version': text,
});
/** Definitions `Artifact`, `Tag`, `Reference`, `ExtraAttrs`. `media_type` is the config's, `size` includes the children of an index. */
const harborArtifact = v.object({
  digest: v.pipe(v.string(), v.check(isDigest)),
  project_id: v.nullish(v.number()),
  size: v.nullish(v.number()),
  push_time: text,
  pull_time: text,
  media_type: text,
  manifest_media_type: text,
  artifact_type: text,
  tags: tolerantList(
    v.object({
      name: v.pipe(v.string(), v.check(isTag)),
      push_time: text,
      pull_time: text,
      immutable: v.fallback(v.nullish(v.boolean()), undefined),
    }),
  ),
  references: tolerantList(v.object({ platform: v.nullish(harborPlatform), child_digest: text })),
  /** Only where it was asked for; null where there is none. */
  accessories: v.fallback(v.nullish(v.array(v.object({ type: text }))), undefined),
  extra_attrs: v.nullish(v.object({ os: v.fallback(text, ''), architecture: v.fallback(text, '') })),
});
type HarborArtifact = v.InferOutput<typeof harborArtifact>;

/** What a server without this API answers. */
const API_IS_MISSING = ['notFound', 'notARegistry', 'protocol', 'unsupported'] as const;

export class HarborProvider extends OciProvider {
  override readonly kind = 'harbor';
  override readonly capabilities: ProviderCapabilities;
  /** Of a robot account. */
  override readonly permissions: CapabilityPermissions = {
    deleteByTag: 'tag:delete',
    deleteByDigest: 'artifact:delete',
    mount: 'repository:push',
  };
  readonly #api: ProviderApi;
  readonly #logger: Logger;
  /** `repository:tag`, as the last listing gave it. */
  readonly #listed = new LRUCache<string, TagDetails>({ max: MAX_KEPT });
  /** Name → number, as listings gave them: web pages go by number. */
  readonly #projectIds = new Map<string, number>();
  /** Undefined until the API has answered once. */
  #hasApi: boolean | undefined;

  /** Whether the registry's host answers as a Harbor. */
  static async recognises(client: RegistryClient, signal: AbortSignal): Promise<boolean> {
    const request = { path: `${API_PATH}/systeminfo`, operation: 'look for Harbor', scopes: [], signal };
    await client.getJsonPage(systemInfo, request);
    return true;
  }

  constructor({ client, credentials, logger, openApi, settings }: ProviderContext) {
    super(client);
    const { scheme, host, credentialKey } = client.endpoint;
    // Public projects are for everybody.
    this.#api = openApi(settings.apiUrl ?? `${scheme}://${host}`, registrySignIn(credentials, credentialKey));
    this.#logger = logger;
    const hasApi = (): boolean => this.#hasApi !== false;
    this.capabilities = {
      listsRepositories: true,
      get deletesSingleTag() {
        return hasApi() ? 'native' : 'probe';
      },
      recordsPulls: true,
      reclaims: 'scheduled',
    };
  }

  /** Of the project the connection names, else of all that the account sees. */
  override async listRepositories(cursor: string | undefined, signal: AbortSignal): Promise<Page<string>> {
    const [project = ''] = this.client.endpoint.namespacePrefix.split('/');
    const path = project === '' ? '/repositories' : `/projects/${encodeURIComponent(project)}/repositories`;
    return this.#byApi(
      () =>
        firstFilledPage(cursor, async (each) => {
          const { value, next } = await this.#page(harborRepository, path, each, {
            query: { sort: 'name' },
            operation: 'list repositories',
            ...(project !== '' && { subject: project }),
            signal,
          });
          for (const { name, project_id: id } of value) this.#keepProject(name, id);
          return { items: value.flatMap(({ name }) => this.#relativeName(name) ?? []), nextCursor: next };
        }),
      () => super.listRepositories(cursor, signal),
      signal,
    );
  }

  /** Newest first: the tags of a hundred artifacts in one request, details and all. */
  override async listTags(
    repository: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<TagSummary>> {
    return this.#byApi<Page<TagSummary>>(
      async () => {
        const { value, next } = await this.#page(
          harborArtifact,
          `${this.#pathOf(repository)}/artifacts`,
          cursor,
          {
            // Untagged artifacts would only fill the pages.
            query: {
              q: 'tags=*',
              sort: '-push_time',
              with_tag: 'true',
              with_accessory: 'true',
              with_immutable_status: 'true',
            },
            operation: 'list tags',
            subject: repository,
            signal,
          },
        );
        const tags = value.flatMap((artifact) =>
          artifact.tags.map((tag) => [tag.name, toDetails(artifact, tag)] as const),
        );
        this.#keepProject(fullRepositoryName(this.client.endpoint, repository), value[0]?.project_id);
        for (const [name, details] of tags) this.#listed.set(`${repository}:${name}`, details);
        const items = [...new Map(tags)].map(([name, details]) => ({ name, details }));
        return { items, ...(next !== undefined && { nextCursor: next }) };
      },
      () => super.listTags(repository, cursor, signal),
      signal,
    );
  }

  /** What is part of an index is not among them: Harbor lists the index only. */
  async listUntagged(
    repository: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<UntaggedManifest>> {
    const { value, next } = await this.#page(
      harborArtifact,
      `${this.#pathOf(repository)}/artifacts`,
      cursor,
      {
        query: { q: 'tags=nil', sort: '-push_time', with_tag: 'true' },
        operation: 'list manifests without a tag',
        subject: repository,
        signal,
      },
    );
    const items = value
      .filter(({ tags }) => tags.length === 0)
      .map((artifact) => toDetails(artifact, undefined));
    return { items, ...(next !== undefined && { nextCursor: next }) };
  }

  /** As it was listed, else one request. */
  override async getTagDetails(repository: string, tag: string, signal: AbortSignal): Promise<TagDetails> {
    const listed = this.#listed.get(`${repository}:${tag}`);
    if (listed) return listed;
    return this.#byApi(
      async () => {
        const { value } = await this.#api.get(harborArtifact, {
          path: `${API_PATH}${this.#pathOf(repository)}/artifacts/${encodeURIComponent(tag)}`,
          query: { with_tag: 'true' },
          operation: 'look up tag',
          subject: `${repository}:${tag}`,
          signal,
        });
        const details = toDetails(
          value,
          value.tags.find(({ name }) => name === tag),
        );
        this.#listed.set(`${repository}:${tag}`, details);
        return details;
      },
      () => super.getTagDetails(repository, tag, signal),
      signal,
    );
  }

  /**
   * The artifact stays, untagged if need be.
   * @throws CoreError `forbidden` with reason `immutableTag` where a rule of the project protects the tag, with
   *   `missingPermission` where the account or robot may not.
   */
  async deleteTag(repository: string, tag: string, signal: AbortSignal): Promise<void> {
    const name = encodeURIComponent(tag);
    try {
      await this.#byApi(
        async () => {
          await this.#api.send('DELETE', {
            path: `${API_PATH}${this.#pathOf(repository)}/artifacts/${name}/tags/${name}`,
            operation: 'delete tag',
            subject: `${repository}:${tag}`,
            idempotent: true,
            signal,
          });
        },
        () => this.client.deleteManifest(repository, tag, signal),
        signal,
      );
    } catch (error) {
      if (isCoreError(error, 'conflict') && error.details.status === 412) {
        throw withKind(error, 'forbidden', { reason: 'immutableTag' });
      }
      if (!isCoreError(error, 'forbidden')) throw error;
      throw withKind(error, 'forbidden', { reason: 'missingPermission', missing: 'tag:delete' });
    } finally {
      this.#listed.delete(`${repository}:${tag}`);
    }
  }

  /** @throws CoreError `forbidden` with reason `missingPermission`. */
  async deleteUntagged(repository: string, digest: Digest, signal: AbortSignal): Promise<void> {
    const path = `${API_PATH}${this.#pathOf(repository)}/artifacts/${digest}`;
    const subject = `${repository}@${digest}`;
    const request = { path, operation: 'delete manifest', subject, signal };
    const { value } = await this.#api.get(harborArtifact, { ...request, query: { with_tag: 'true' } });
    throwIfTagged(value.tags, this.client.endpoint.host, subject);
    try {
      await this.#api.send('DELETE', { ...request, idempotent: true });
    } catch (error) {
      if (!isCoreError(error, 'forbidden')) throw error;
      throw withKind(error, 'forbidden', { reason: 'missingPermission', missing: 'artifact:delete' });
    }
  }

  /** The page of an artifact goes by its digest: of a tag that was not listed, the repository's page. */
  override readonly webUrl = (repository: string, tag?: string): string => {
    const { scheme, host } = this.client.endpoint;
    const { project, name } = this.#split(repository);
    const id = String(this.#projectIds.get(project) ?? encodeURIComponent(project));
    const page = `${scheme}://${host}/harbor/projects/${id}/repositories/${encodeURIComponent(name)}`;
    const digest = tag === undefined ? undefined : this.#listed.peek(`${repository}:${tag}`)?.digest;
    return digest === undefined ? page : `${page}/artifacts-tab/artifacts/${digest}`;
  };

  #keepProject(fullName: string, id: number | null | undefined): void {
    if (typeof id === 'number') this.#projectIds.set(fullName.split('/', 1)[0]!, id);
  }

  /** `own`, unless the API turns out not to be there: that is found out once, and from then on it is `plain`. */
  async #byApi<Result>(
    own: () => Promise<Result>,
    plain: () => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result> {
    if (this.#hasApi === false) return plain();
    try {
      const result = await own();
      this.#hasApi = true;
      return result;
    } catch (error) {
      if (!isCoreError(error, ...API_IS_MISSING) || (await this.#looksForApi(signal))) throw error;
      this.#logger.info(`${this.client.endpoint.host} has no Harbor API: ${error.message}`);
      return plain();
    }
  }

  async #looksForApi(signal: AbortSignal): Promise<boolean> {
    if (this.#hasApi !== undefined) return this.#hasApi;
    try {
      await this.#api.get(systemInfo, {
        path: `${API_PATH}/systeminfo`,
        operation: 'look for Harbor',
        signal,
      });
      return (this.#hasApi = true);
    } catch (error) {
      if (!isCoreError(error, ...API_IS_MISSING)) throw error;
      return (this.#hasApi = false);
    }
  }

  /** @param cursor number of the page. */
  async #page<Item>(
    item: v.GenericSchema<unknown, Item>,
    path: string,
    cursor: string | undefined,
    request: {
      readonly query: Readonly<Record<string, string>>;
      readonly operation: string;
      readonly subject?: string;
      readonly signal: AbortSignal;
    },
  ): Promise<{ readonly value: Item[]; readonly next: string | undefined }> {
    const page = Number(cursor ?? 1);
    const reply = await this.#api.get(tolerantList(item), {
      ...request,
      path: `${API_PATH}${path}`,
      query: { ...request.query, page, page_size: PAGE_SIZE },
    });
    const hasMore = reply.nextLink !== undefined && page < MAX_PAGES;
    return { value: reply.value, next: hasMore ? String(page + 1) : undefined };
  }

  #relativeName(name: string): string | undefined {
    return isRepositoryName(name) ? relativeRepositoryName(this.client.endpoint, name) : undefined;
  }

  #split(repository: string): { readonly project: string; readonly name: string } {
    const full = fullRepositoryName(this.client.endpoint, repository);
    const slash = full.indexOf('/');
    return slash < 0
      ? { project: full, name: full }
      : { project: full.slice(0, slash), name: full.slice(slash + 1) };
  }

  /** Slashes within the name are encoded twice: proxies before Harbor decode once. */
  #pathOf(repository: string): string {
    const { project, name } = this.#split(repository);
    return `/projects/${encodeURIComponent(project)}/repositories/${encodeURIComponent(encodeURIComponent(name))}`;
  }
}

/** Go's zero time stands for never. */
function pulledAt(text: string): Date | 'never' {
  const time = new Date(text || NaN);
  return time.getTime() > 0 ? time : 'never';
}

/** Only where all are told. */
function childrenOf({ references }: HarborArtifact): Pick<TagDetails, 'children'> {
  const children = references.map(({ child_digest }) => child_digest).filter(isDigest);
  return children.length > 0 && children.length === references.length ? { children } : {};
}

function toDetails(artifact: HarborArtifact, tag: HarborArtifact['tags'][number] | undefined): TagDetails {
  const { digest, size, media_type: configType, references, extra_attrs: attributes, accessories } = artifact;
  const isIndex = isIndexType(artifact.manifest_media_type || configType) || references.length > 0;
  const mediaType = artifact.manifest_media_type || (isIndex ? MediaType.ociIndex : MediaType.ociManifest);
  const kind = kindByConfigType(mediaType, isIndex ? '' : artifact.artifact_type || configType);
  const pushedAt = new Date(tag?.push_time || artifact.push_time || NaN);
  const own = attributes && { ...attributes, variant: '', 'os.version': '' };
  const platforms = (isIndex ? references.map(({ platform }) => platform) : [own]).flatMap(
    (platform) => toPlatform(platform) ?? [],
  );
  return {
    digest: digest as TagDetails['digest'],
    mediaType,
    kind,
    ...(typeof size === 'number' && size > 0 && { sizeInBytes: size }),
    ...(pushedAt.getTime() > 0 && { createdAt: pushedAt }),
    ...(platforms.length > 0 && { platforms }),
    lastPulledAt: pulledAt(tag?.pull_time || artifact.pull_time),
    ...(isIndex && childrenOf(artifact)),
    ...(accessories !== undefined && {
      isSigned: (accessories ?? []).some(({ type }) => type.startsWith('signature.')),
    }),
    ...(tag?.immutable && { locks: ['delete', 'write'] as const }),
    ...((kind === 'artifact' || kind === 'helm') && { artifactType: artifact.artifact_type || configType }),
  };
}

function toPlatform(given: v.InferOutput<typeof harborPlatform> | null | undefined): Platform | undefined {
  if (!given) return undefined;
  const { os, architecture, variant, 'os.version': osVersion } = given;
  const platform = { os, architecture, ...(variant && { variant }), ...(osVersion && { osVersion }) };
  return os === '' || architecture === '' || isUnknownPlatform(platform) ? undefined : platform;
}
