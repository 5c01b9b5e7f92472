/**
 * The OCI distribution API of one registry. Every method takes an AbortSignal, has a deadline, retries only what is
 * safe, and throws CoreError. Repository names are relative to the connection: the namespace prefix is added here.
 * Source: OCI distribution-spec 1.1.
 */
import type * as v from 'valibot';
import { isCoreError } from '../common/CoreError.ts';
import type { Logger } from '../common/Logger.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { parseDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { Manifest } from '../oci/manifest.ts';
import { parseManifest } from '../oci/parseManifest.ts';
import { isRepositoryName, isTag, parseRepositoryName } from '../oci/reference.ts';
import { Blobs } from './Blobs.ts';
import type { BlobContent, BlobRange, BlobTransferOptions, BlobTransferResult } from './Blobs.ts';
import { CapabilityProbes } from './CapabilityProbes.ts';
import { nextLinkOf } from './linkHeader.ts';
import { Manifests } from './Manifests.ts';
import type { ManifestHead } from './Manifests.ts';
import { readNamePage } from './nameListing.ts';
import type { Page } from './Page.ts';
import { followPage, parsePageCursor } from './pageCursor.ts';
import type { PullLimitMeter } from './PullLimit.ts';
import { ping } from './ping.ts';
import type { PingResult } from './ping.ts';
import { Referrers } from './Referrers.ts';
import type { ReferrerList } from './Referrers.ts';
import type { RegistryEndpoint } from './RegistryEndpoint.ts';
import { withKind } from './registryError.ts';
import { RegistryRequests, discard } from './RegistryRequests.ts';
import { fullRepositoryName, relativeRepositoryName } from './repositoryName.ts';
import type { Passage } from './transport/ConnectionLimiter.ts';
import type { BlobBody } from './transport/resumableBody.ts';
import { SeenManifests } from './SeenManifests.ts';
import type { Transport } from './transport/Transport.ts';
import type { TransportRequest } from './transport/TransportRequest.ts';

export type {
  BlobContent,
  BlobRange,
  BlobTransferOptions,
  BlobTransferResult,
  ManifestHead,
  PingResult,
  ReferrerList,
};

/** 100,000 tags with what is known of each. */
const MAX_JSON_BYTES = 64 * 1024 * 1024;

export interface PushedManifest {
  readonly digest: Digest;
  /** Whether the registry answered OCI-Subject; if false for a manifest with a subject, the client has updated the fallback referrers tag. */
  readonly subjectProcessed: boolean;
}

export class RegistryClient {
  readonly endpoint: RegistryEndpoint;
  /** What the manifests read lately are made of. */
  readonly seen = new SeenManifests();
  /** What the registry can do, found out by requests that change nothing. */
  readonly probes: CapabilityProbes;
  readonly #requests: RegistryRequests;
  readonly #manifests: Manifests;
  readonly #blobs: Blobs;
  readonly #referrers: Referrers;

  constructor(endpoint: RegistryEndpoint, transport: Transport, logger: Logger) {
    this.endpoint = endpoint;
    this.#requests = new RegistryRequests(endpoint, transport, logger);
    this.#manifests = new Manifests(this.#requests);
    this.#blobs = new Blobs(this.#requests);
    this.#referrers = new Referrers(this.#requests, this.#manifests);
    this.probes = new CapabilityProbes(this.#requests, this.#blobs, (repository) => this.#nameOf(repository));
  }

  /** What replies said about pulls that are left; only Docker Hub says it. */
  get pullLimit(): PullLimitMeter {
    return this.#requests.pullLimit;
  }

  /** `GET /v2/`. Throws `notARegistry` for HTML and other strangers; `unauthorized` when credentials were refused. */
  async ping(signal: AbortSignal): Promise<PingResult> {
    return ping(this.#requests, signal);
  }

  /**
   * `GET /v2/_catalog?n=`, repositories outside the connection's namespace left out (a page may be empty and not the
   * last). `unsupported`, `unauthorized` or `forbidden` where the registry has no catalog for us.
   */
  async listRepositories(
    cursor: string | undefined,
    pageSize: number,
    signal: AbortSignal,
  ): Promise<Page<string>> {
    const keep = (name: string): string | undefined =>
      isRepositoryName(name) ? relativeRepositoryName(this.endpoint, name) : undefined;
    const request = { operation: 'list repositories', scopes: ['registry:catalog:*'], signal };
    try {
      const listing = { path: '/v2/_catalog', field: 'repositories', keep, request } as const;
      return await readNamePage(this.#requests, listing, cursor, pageSize);
    } catch (error) {
      // A registry without a catalog, not a missing thing.
      if (isCoreError(error, 'notFound')) throw withKind(error, 'unsupported', { reason: 'noCatalog' });
      throw error;
    }
  }

  /** `GET /v2/<name>/tags/list?n=`. Deduplicated, in lexical order; null means empty. `notFound` where the repository is not there. */
  async listTags(
    repository: string,
    cursor: string | undefined,
    pageSize: number,
    signal: AbortSignal,
  ): Promise<Page<string>> {
    const name = this.#nameOf(repository);
    const keep = (tag: string): string | undefined => (isTag(tag) ? tag : undefined);
    const request = { operation: 'list tags', subject: name, scopes: [`repository:${name}:pull`], signal };
    const listing = { path: `/v2/${name}/tags/list`, field: 'tags', keep, request } as const;
    return readNamePage(this.#requests, listing, cursor, pageSize);
  }

  /**
   * One page of what a maker answers besides, or adds to, the distribution API: a GET with the registry's own sign-in.
   * @param request `path` is the first page's, below the API root and encoded: `/v2/…`.
   */
  async getJsonPage<Value>(
    schema: v.GenericSchema<unknown, Value>,
    request: Pick<TransportRequest, 'path' | 'operation' | 'subject' | 'scopes' | 'signal'>,
    cursor?: string,
  ): Promise<{ readonly value: Value; readonly nextCursor?: string; readonly truncated?: boolean }> {
    const page = cursor === undefined ? { path: request.path, seen: [] } : parsePageCursor(cursor);
    const response = await this.#requests.request({ ...request, method: 'GET', path: page.path });
    const value = await this.#requests.readJson(response, schema, MAX_JSON_BYTES, request);
    const next = nextLinkOf(response.headers['link']);
    return { value, ...followPage(this.endpoint, page, [], next) };
  }

  /** DELETE of what a maker has besides the distribution API, with the registry's own sign-in. @throws CoreError; `notFound` counts as done. */
  async deleteResource(
    request: Pick<TransportRequest, 'path' | 'operation' | 'subject' | 'scopes' | 'signal'>,
  ): Promise<void> {
    const response = await this.#requests.request({
      ...request,
      method: 'DELETE',
      idempotent: true,
      accept: [404],
    });
    await discard(response);
  }

  /** `GET /v2/<name>/manifests/<reference>`, digest verified over the raw bytes; 4 MiB cap. */
  async getManifest(repository: string, reference: string, signal: AbortSignal): Promise<Manifest> {
    const manifest = await this.#manifests.get(this.#nameOf(repository), reference, signal);
    this.seen.record(repository, reference, manifest);
    return manifest;
  }

  /** HEAD of the same; undefined when there is none (404). Never counts as a pull on Docker Hub. */
  async headManifest(
    repository: string,
    reference: string,
    signal: AbortSignal,
  ): Promise<ManifestHead | undefined> {
    return this.#manifests.head(this.#nameOf(repository), reference, signal);
  }

  /** The same by the name the registry knows, outside the connection's namespace too. */
  async headManifestOf(
    fullName: string,
    reference: string,
    signal: AbortSignal,
  ): Promise<ManifestHead | undefined> {
    return this.#manifests.head(parseRepositoryName(fullName), reference, signal);
  }

  /** `PUT /v2/<name>/manifests/<reference>` of exactly `bytes`. A lost reply is checked by HEAD (row 34). */
  async putManifest(
    repository: string,
    reference: string,
    mediaType: string,
    bytes: Uint8Array,
    signal: AbortSignal,
  ): Promise<PushedManifest> {
    const name = this.#nameOf(repository);
    const { digest, namesSubject } = await this.#manifests.put(name, reference, mediaType, bytes, signal);
    if (!namesSubject) {
      const manifest = tryParseManifest(bytes, mediaType, digest);
      if (manifest?.subject) {
        await this.#referrers.addToFallbackTag(name, manifest, manifest.subject.digest, signal);
      }
    }
    return { digest, subjectProcessed: namesSubject };
  }

  /**
   * `DELETE /v2/<name>/manifests/<reference>`; 404 counts as done. `unsupported` with reason `deleteDisabled` for 405,
   * `unsupported`/`tagDelete` for 400 on a tag.
   */
  async deleteManifest(repository: string, reference: string, signal: AbortSignal): Promise<void> {
    await this.#manifests.delete(this.#nameOf(repository), reference, signal);
  }

  /** A small blob in memory, digest verified; `tooLarge` over `maxBytes`. */
  async readBlob(
    repository: string,
    digest: Digest,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    return this.#blobs.read(this.#nameOf(repository), parseDigest(digest), maxBytes, signal);
  }

  /**
   * A blob as a stream with resume by Range and a digest check at the end (whole blob), or a verified-length part
   * (`range`). A whole blob is proven only when the stream has ended without error; a `digestMismatch` with reason
   * `spliced` is worth one new start.
   * @param passage for what is sent on to another registry.
   */
  async openBlob(
    repository: string,
    descriptor: Descriptor,
    signal: AbortSignal,
    range?: BlobRange,
    passage?: Passage,
  ): Promise<BlobBody> {
    parseDigest(descriptor.digest);
    return this.#blobs.open(this.#nameOf(repository), descriptor, range, signal, passage);
  }

  /** Size of a blob (0 where the registry does not say), or undefined when the repository does not have it. */
  async headBlob(repository: string, digest: Digest, signal: AbortSignal): Promise<number | undefined> {
    return this.#blobs.head(this.#nameOf(repository), parseDigest(digest), signal);
  }

  /** Uploads `bytes` unless the blob is there. Monolithic POST + PUT. */
  async uploadBlob(repository: string, bytes: Uint8Array, signal: AbortSignal): Promise<Digest> {
    return this.#blobs.upload(this.#nameOf(repository), bytes, signal);
  }

  /** Tries a cross-repository mount; false when the registry opened an upload session instead (which is cancelled). */
  async mountBlob(
    repository: string,
    digest: Digest,
    fromRepository: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    const [name, fromName] = [this.#nameOf(repository), this.#nameOf(fromRepository)];
    return this.#blobs.mount(name, parseDigest(digest), fromName, signal);
  }

  /**
   * Streams a blob into the repository, or has it mounted; nothing is kept on the way. Does not look first whether it
   * is there.
   */
  async transferBlob(
    repository: string,
    content: BlobContent,
    options: BlobTransferOptions,
  ): Promise<BlobTransferResult> {
    parseDigest(content.digest);
    return this.#blobs.transfer(this.#nameOf(repository), content, options);
  }

  /** What the registry itself calls a repository of this connection. */
  fullNameOf(repository: string): string {
    return this.#nameOf(repository);
  }

  /** Referrers of a manifest, API first, fallback tag where unsupported; capability cached per repository. */
  async listReferrers(
    repository: string,
    digest: Digest,
    signal: AbortSignal,
    artifactType?: string,
  ): Promise<ReferrerList> {
    return this.#referrers.list(this.#nameOf(repository), parseDigest(digest), artifactType, signal);
  }

  #nameOf(repository: string): string {
    return fullRepositoryName(this.endpoint, repository);
  }
}

/** The registry took it, so what we cannot read in it is not for us to refuse. */
function tryParseManifest(bytes: Uint8Array, mediaType: string, digest: Digest): Manifest | undefined {
  try {
    return parseManifest(bytes, mediaType, digest);
  } catch (error) {
    if (isCoreError(error, 'protocol')) return undefined;
    throw error;
  }
}
