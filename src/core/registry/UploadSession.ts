/**
 * One upload of a blob as the registry keeps it: opened, filled, closed or given up. Its place may move with every
 * reply. Source: OCI distribution-spec 1.1, "Pushing blobs".
 */
import type { Readable } from 'node:stream';
import { isCoreError } from '../common/CoreError.ts';
import type { Digest } from '../oci/digest.ts';
import { resolveLocation } from './registryLocation.ts';
import type { RegistryRequests } from './RegistryRequests.ts';
import { discard, headerOf } from './RegistryRequests.ts';
import type { TransportRequest, TransportResponse } from './transport/TransportRequest.ts';

/** What is said in every request about one blob. */
export type BlobRequest = Pick<TransportRequest, 'operation' | 'subject' | 'scopes' | 'signal'>;

/** What a body is besides its bytes. */
export type BodyOptions = Pick<TransportRequest, 'accept' | 'replyTimeoutMs' | 'passage'> & {
  /** Needed for a stream. */
  readonly length?: number;
};

const BINARY = { 'content-type': 'application/octet-stream' };

export class UploadSession {
  readonly #requests: RegistryRequests;
  readonly #request: BlobRequest;
  #path: string;

  private constructor(requests: RegistryRequests, request: BlobRequest, path: string) {
    this.#requests = requests;
    this.#request = request;
    this.#path = path;
  }

  /**
   * @param mount another repository of the registry, by its full name, that has the blob.
   * @returns undefined when the registry mounted it: then there is nothing to upload.
   */
  static async open(
    requests: RegistryRequests,
    name: string,
    request: BlobRequest,
    mount?: { readonly digest: Digest; readonly from: string },
  ): Promise<UploadSession | undefined> {
    const path = `/v2/${name}/blobs/uploads/`;
    const query = mount && `?${new URLSearchParams({ mount: mount.digest, from: mount.from }).toString()}`;
    const response = await requests.request({
      ...request,
      ...(mount && { scopes: [...request.scopes, `repository:${mount.from}:pull`] }),
      method: 'POST',
      path: `${path}${query ?? ''}`,
      // A session nobody fills goes away by itself.
      idempotent: true,
    });
    await discard(response);
    if (mount && response.status === 201) return undefined;
    const location = locationOf(requests, response, path);
    if (location === undefined) throw requests.protocolError('uploadLocation', request);
    return new UploadSession(requests, request, location);
  }

  /** The last bytes, and the digest all of them have. The status is 2xx or one of `accept`. */
  async finish(
    digest: Digest,
    body: Uint8Array | Readable,
    { accept = [], length, replyTimeoutMs, passage }: BodyOptions = {},
  ): Promise<number> {
    const response = await this.#requests.request({
      ...this.#request,
      method: 'PUT',
      path: withDigest(this.#path, digest),
      headers: { ...BINARY, ...lengthOf(length) },
      body,
      accept,
      ...(replyTimeoutMs !== undefined && { replyTimeoutMs }),
      ...(passage && { passage }),
    });
    await discard(response);
    return response.status;
  }

  /** A chunk that begins at `offset` and has `length` bytes. The status is 2xx or one of `accept`. */
  async append(
    offset: number,
    body: Uint8Array | Readable,
    { accept = [], length = 0, replyTimeoutMs, passage }: BodyOptions,
  ): Promise<number> {
    const response = await this.#requests.request({
      ...this.#request,
      method: 'PATCH',
      path: this.#path,
      headers: { ...BINARY, 'content-range': `${offset}-${offset + length - 1}`, ...lengthOf(length) },
      body,
      accept,
      ...(replyTimeoutMs !== undefined && { replyTimeoutMs }),
      ...(passage && { passage }),
    });
    await discard(response);
    this.#move(response);
    return response.status;
  }

  /** How many bytes the registry has. Distribution says `0-0` for nothing as well as for one byte: 0 then. */
  async offset(): Promise<number> {
    const status = await this.#requests.request({ ...this.#request, method: 'GET', path: this.#path });
    await discard(status);
    this.#move(status);
    const received = /^(?:bytes=)?0-(\d{1,15})$/.exec(headerOf(status, 'range') ?? '')?.[1];
    return received === undefined || received === '0' ? 0 : Number(received) + 1;
  }

  /** Gives the session up. */
  async cancel(signal = this.#request.signal): Promise<void> {
    try {
      const request = { ...this.#request, signal, method: 'DELETE', path: this.#path } as const;
      await discard(await this.#requests.request(request));
    } catch (error) {
      if (isCoreError(error, 'cancelled') && signal === this.#request.signal) throw error;
      // Registries drop abandoned sessions by themselves; not all of them can be told to.
      this.#requests.logger.debug('the registry keeps the upload session that was not needed');
    }
  }

  #move(response: TransportResponse): void {
    this.#path = locationOf(this.#requests, response, this.#path) ?? this.#path;
  }
}

/** Where the session goes on. On another host the transport sends no credentials. */
function locationOf(
  requests: RegistryRequests,
  response: TransportResponse,
  requestPath: string,
): string | undefined {
  const location = headerOf(response, 'location');
  return location === undefined ? undefined : resolveLocation(requests.endpoint, requestPath, location);
}

function lengthOf(length: number | undefined): Record<string, string> {
  return length === undefined ? {} : { 'content-length': String(length) };
}

/** A Location may already carry a query, which must stay as it is. */
function withDigest(path: string, digest: Digest): string {
  return `${path}${path.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
}
