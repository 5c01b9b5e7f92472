/** Blobs of one registry, by full repository name. Source: OCI distribution-spec 1.1, "Pulling blobs", "Pushing Blobs". */
import { CoreError, isCoreError } from '../common/CoreError.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { RegistryRequests } from './RegistryRequests.ts';
import { discard, numberHeaderOf } from './RegistryRequests.ts';
import { streamBlob } from './streamBlob.ts';
import type { BlobContent, BlobTransferOptions, BlobTransferResult } from './streamBlob.ts';
import type { Passage } from './transport/ConnectionLimiter.ts';
import { openResumableBody, readResumableBytes, type BlobBody } from './transport/resumableBody.ts';
import { UploadSession } from './UploadSession.ts';
import type { BlobRequest } from './UploadSession.ts';

export interface BlobRange {
  /** First byte. */
  readonly offset: number;
  /** Number of bytes. */
  readonly length: number;
}

export type { BlobContent, BlobTransferOptions, BlobTransferResult };

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
    passage?: Passage,
  ): Promise<BlobBody> {
    if (range && !isWithin(range, sizeInBytes)) {
      throw new CoreError('invalidInput', 'the range is outside the blob', {
        reason: 'range',
        subject: digest,
      });
    }
    const request = { ...readRequestFor(name, digest, signal), ...(passage && { passage }) };
    return openResumableBody(this.#requests, request, {
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
    const request = requestFor('mount blob', name, digest, signal, 'pull,push');
    const session = await UploadSession.open(this.#requests, name, request, { digest, from: fromName });
    await session?.cancel();
    return session === undefined;
  }

  /** Uploads a blob as a stream, or has it mounted; see streamBlob. */
  async transfer(
    name: string,
    content: BlobContent,
    options: BlobTransferOptions,
  ): Promise<BlobTransferResult> {
    const request = requestFor('upload blob', name, content.digest, options.signal, 'pull,push');
    const isThere = async (): Promise<boolean> =>
      (await this.head(name, content.digest, options.signal)) !== undefined;
    return streamBlob(this.#requests, name, content, { ...options, request, isThere });
  }

  async #uploadOnce(name: string, bytes: Uint8Array, digest: Digest, request: BlobRequest): Promise<void> {
    const session = (await UploadSession.open(this.#requests, name, request))!;
    if ((await session.finish(digest, bytes, { accept: [416] })) !== 416) return;
    // The registry is asked how far it got, and the rest is sent from there as a chunk.
    const offset = await session.offset();
    if (offset > bytes.length) throw this.#requests.protocolError('uploadOffset', request);
    const rest = bytes.subarray(offset);
    if (rest.length > 0) await session.append(offset, rest, { length: rest.length });
    await session.finish(digest, new Uint8Array());
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
