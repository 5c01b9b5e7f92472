/**
 * The OCI distribution API of one registry. Every method takes an AbortSignal, has a deadline, retries only what is
 * safe, and throws CoreError. Repository names are relative to the connection: the namespace prefix is added here.
 * Source: OCI distribution-spec 1.1.
 */
import type { Readable } from 'node:stream';
import type { Logger } from '../common/Logger.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { Manifest } from '../oci/manifest.ts';
import type { Page } from './Page.ts';
import type { RegistryEndpoint } from './RegistryEndpoint.ts';
import type { Transport } from './transport/Transport.ts';

export interface ManifestHead {
  /** Undefined where the registry sends no Docker-Content-Digest on HEAD. */
  readonly digest?: Digest;
  readonly mediaType: string;
  readonly sizeInBytes?: number;
}

export interface PushedManifest {
  readonly digest: Digest;
  /** Whether the registry answered OCI-Subject; if false the client has updated the fallback referrers tag. */
  readonly subjectProcessed: boolean;
}

/** What a ping tells. */
export interface PingResult {
  /** True when `/v2/` answered 200, false when it demanded authentication we have no credentials for. */
  readonly authenticated: boolean;
  /** The Docker-Distribution-Api-Version header, where sent. */
  readonly apiVersion?: string;
}

export interface ReferrerList {
  readonly referrers: readonly Descriptor[];
  /** Where they were found: the referrers API, or the fallback tag `sha256-<hex>`. */
  readonly source: 'api' | 'fallbackTag';
}

export interface BlobRange {
  /** First byte. */
  readonly offset: number;
  /** Number of bytes. */
  readonly length: number;
}

export class RegistryClient {
  readonly endpoint: RegistryEndpoint;
  readonly #transport: Transport;
  readonly #logger: Logger;

  constructor(endpoint: RegistryEndpoint, transport: Transport, logger: Logger) {
    this.endpoint = endpoint;
    this.#transport = transport;
    this.#logger = logger;
  }

  /** `GET /v2/`. Throws `notARegistry` for HTML and other strangers; `unauthorized` when credentials were refused. */
  declare ping: (signal: AbortSignal) => Promise<PingResult>;
  /** `GET /v2/_catalog?n=`; `unsupported`, `unauthorized` or `forbidden` where the registry has no catalog for us. */
  declare listRepositories: (cursor: string | undefined, pageSize: number, signal: AbortSignal) => Promise<Page<string>>;
  /** `GET /v2/<name>/tags/list?n=`. Deduplicated; null means empty. `notFound` where the repository is not there. */
  declare listTags: (repository: string, cursor: string | undefined, pageSize: number, signal: AbortSignal) => Promise<Page<string>>;
  /** `GET /v2/<name>/manifests/<reference>`, digest verified over the raw bytes; 4 MiB cap. */
  declare getManifest: (repository: string, reference: string, signal: AbortSignal) => Promise<Manifest>;
  /** HEAD of the same; undefined when there is none (404). Never counts as a pull on Docker Hub. */
  declare headManifest: (repository: string, reference: string, signal: AbortSignal) => Promise<ManifestHead | undefined>;
  /** `PUT /v2/<name>/manifests/<reference>` of exactly `bytes`. A lost reply is checked by HEAD (row 34). */
  declare putManifest: (repository: string, reference: string, mediaType: string, bytes: Uint8Array, signal: AbortSignal) => Promise<PushedManifest>;
  /** `DELETE /v2/<name>/manifests/<reference>`; 404 counts as done. `unsupported` with reason `deleteDisabled` for 405, `unsupported`/`tagDelete` for 400 on a tag. */
  declare deleteManifest: (repository: string, reference: string, signal: AbortSignal) => Promise<void>;
  /** Status of a DELETE of a random valid digest: whether delete by digest is enabled (404/202) or not (405/400/403). Deletes nothing. */
  declare probeDeleteByDigest: (repository: string, signal: AbortSignal) => Promise<boolean>;
  /** A small blob in memory, digest verified; `tooLarge` over `maxBytes`. */
  declare readBlob: (repository: string, digest: Digest, maxBytes: number, signal: AbortSignal) => Promise<Uint8Array>;
  /** A blob as a stream with resume by Range and a digest check at the end (whole blob), or a verified-length part (`range`). */
  declare openBlob: (repository: string, descriptor: Descriptor, signal: AbortSignal, range?: BlobRange) => Promise<Readable>;
  /** Size of a blob, or undefined when the repository does not have it. */
  declare headBlob: (repository: string, digest: Digest, signal: AbortSignal) => Promise<number | undefined>;
  /** Uploads `bytes` unless the blob is there. Monolithic POST + PUT. */
  declare uploadBlob: (repository: string, bytes: Uint8Array, signal: AbortSignal) => Promise<Digest>;
  /** Tries a cross-repository mount; false when the registry opened an upload session instead (which is cancelled). */
  declare mountBlob: (repository: string, digest: Digest, fromRepository: string, signal: AbortSignal) => Promise<boolean>;
  /** Referrers of a manifest, API first, fallback tag where unsupported; capability cached per repository. */
  declare listReferrers: (repository: string, digest: Digest, signal: AbortSignal) => Promise<ReferrerList>;
}
