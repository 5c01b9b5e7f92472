/** Blobs of one registry, by full repository name. Source: OCI distribution-spec 1.1, "Pulling blobs", "Pushing Blobs". */
import type { Readable } from 'node:stream';
import { CoreError, isCoreError } from '../common/CoreError.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { resolveLocation } from './registryLocation.ts';
import type { RegistryRequests } from './RegistryRequests.ts';
import { discard, headerOf, numberHeaderOf } from './RegistryRequests.ts';
import { openResumableBody, readResumableBytes } from './transport/resumableBody.ts';
import type { TransportRequest, TransportResponse } from './transport/Transport.ts';

export interface BlobRange {
  /** First byte. */
  readonly offset: number;
  /** Number of bytes. */
  readonly length: number;
}

/** What is asked in every request about one blob. */
type BlobRequest = Pick<TransportRequest, 'operation' | 'subject' | 'scopes' | 'signal'>;

export class Blobs {
  readonly #requests: RegistryRequests;

  constructor(requests: RegistryRequests) {
    this.#requests = requests;
  }

  /** Size in bytes (0 where the registry does not say), or undefined for a blob that is not there. */
  async head(name: string, digest: Digest, signal: AbortSignal): Promise<number | undefined> {
    const response = await this.#requests.request({
      ...requestFor('look up blob', name, digest, signal),
      method: 'HEAD',
      path: `/v2/${name}/blobs/${digest}`,
      accept: [404],
    });
    await discard(response);
    return response.status === 404 ? undefined : (numberHeaderOf(response, 'content-length') ?? 0);
  }

  /** Whole content, digest verified; `tooLarge` over `maxBytes`. */
  async read(name: string, digest: Digest, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
    return readResumableBytes(this.#requests, readRequestFor(name, digest, signal), { digest }, maxBytes);
  }

  /** Whole content as a stream with a digest check before its end, or a part of verified length. */
  async open(
    name: string,
    { digest, sizeInBytes }: Descriptor,
    range: BlobRange | undefined,
    signal: AbortSignal,
  ): Promise<Readable> {
    if (range && !isWithin(range, sizeInBytes)) {
      throw new CoreError('invalidInput', 'the range is outside the blob', {
        reason: 'range',
        subject: digest,
      });
    }
    return openResumableBody(this.#requests, readRequestFor(name, digest, signal), {
      digest,
      // Schema 1 manifests know no sizes.
      ...(sizeInBytes > 0 && { sizeInBytes }),
      ...(range && { range }),
    });
  }

  /** Uploads `bytes` unless they are there. A session that the registry lost is begun anew, once. */
  async upload(name: string, bytes: Uint8Array, signal: AbortSignal): Promise<Digest> {
    const digest = digestOf(bytes);
    if ((await this.head(name, digest, signal)) !== undefined) return digest;
    const request = requestFor('upload blob', name, digest, signal, 'pull,push');
    try {
      await this.#uploadOnce(name, bytes, digest, request);
    } catch (error) {
      if (!isCoreError(error, 'notFound', 'connectionReset', 'timeout') || signal.aborted) throw error;
      const isThere = error.kind !== 'notFound' && (await this.head(name, digest, signal)) !== undefined;
      if (!isThere) await this.#uploadOnce(name, bytes, digest, request);
    }
    return digest;
  }

  /** True when the registry mounted it; false when it opened an upload session instead, which is given up. */
  async mount(name: string, digest: Digest, fromName: string, signal: AbortSignal): Promise<boolean> {
    const base = requestFor('mount blob', name, digest, signal, 'pull,push');
    const request = { ...base, scopes: [...base.scopes, `repository:${fromName}:pull`] };
    const path = `/v2/${name}/blobs/uploads/`;
    const response = await this.#requests.request({
      ...request,
      method: 'POST',
      path: `${path}?${new URLSearchParams({ mount: digest, from: fromName }).toString()}`,
    });
    await discard(response);
    if (response.status === 201) return true;
    await this.#cancelSession(this.#sessionPath(response, path, request), request);
    return false;
  }

  async #uploadOnce(name: string, bytes: Uint8Array, digest: Digest, request: BlobRequest): Promise<void> {
    const path = `/v2/${name}/blobs/uploads/`;
    const opened = await this.#requests.request({
      ...request,
      method: 'POST',
      path,
      idempotent: true,
    });
    await discard(opened);
    const session = this.#sessionPath(opened, path, request);
    const finish = (at: string, body: Uint8Array, accept: readonly number[]): Promise<TransportResponse> =>
      this.#requests.request({
        ...request,
        method: 'PUT',
        path: withDigest(at, digest),
        headers: { 'content-type': 'application/octet-stream' },
        body,
        accept,
      });
    const reply = await finish(session, bytes, [416]);
    await discard(reply);
    if (reply.status === 416) {
      const rest = await this.#sendRest(session, bytes, request);
      await discard(await finish(rest, new Uint8Array(), []));
    }
  }

  /** After 416 the registry is asked how far it got, and the rest is sent from there as a chunk. */
  async #sendRest(session: string, bytes: Uint8Array, request: BlobRequest): Promise<string> {
    const status = await this.#requests.request({ ...request, method: 'GET', path: session });
    await discard(status);
    const at = this.#sessionPath(status, session, request, session);
    const received = /^(?:bytes=)?0-(\d+)$/.exec(headerOf(status, 'range') ?? '')?.[1];
    // Distribution says `0-0` for nothing as well as for one byte; sending that byte again costs one more refusal at most.
    const offset = received === undefined || received === '0' ? 0 : Number(received) + 1;
    if (offset > bytes.length) throw this.#requests.protocolError('uploadOffset', request);
    if (offset === bytes.length) return at;
    const chunk = await this.#requests.request({
      ...request,
      method: 'PATCH',
      path: at,
      headers: {
        'content-type': 'application/octet-stream',
        'content-range': `${offset}-${bytes.length - 1}`,
      },
      body: bytes.subarray(offset),
    });
    await discard(chunk);
    return this.#sessionPath(chunk, at, request, at);
  }

  async #cancelSession(session: string, request: BlobRequest): Promise<void> {
    try {
      await discard(await this.#requests.request({ ...request, method: 'DELETE', path: session }));
    } catch (error) {
      if (isCoreError(error, 'cancelled')) throw error;
      // Registries drop abandoned sessions by themselves; not all of them can be told to.
      this.#requests.logger.debug('the registry keeps the upload session that was not needed');
    }
  }

  /** Where the session goes on. On another host the transport sends no credentials. */
  #sessionPath(
    response: TransportResponse,
    requestPath: string,
    request: BlobRequest,
    otherwise?: string,
  ): string {
    const location = headerOf(response, 'location');
    const target =
      location === undefined ? undefined : resolveLocation(this.#requests.endpoint, requestPath, location);
    const path = target ?? otherwise;
    if (path === undefined) throw this.#requests.protocolError('uploadLocation', request);
    return path;
  }
}

function requestFor(
  operation: string,
  name: string,
  digest: Digest,
  signal: AbortSignal,
  actions = 'pull',
): BlobRequest {
  return { operation, subject: `${name}@${digest}`, scopes: [`repository:${name}:${actions}`], signal };
}

function readRequestFor(name: string, digest: Digest, signal: AbortSignal) {
  return { ...requestFor('read blob', name, digest, signal), path: `/v2/${name}/blobs/${digest}` };
}

function isWithin({ offset, length }: BlobRange, sizeInBytes: number): boolean {
  const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
  return isCount(offset) && isCount(length) && length > 0 && offset + length <= (sizeInBytes || Infinity);
}

/** A Location may already carry a query, which must stay as it is. */
function withDigest(path: string, digest: Digest): string {
  return `${path}${path.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
}
