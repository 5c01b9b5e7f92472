/** Manifests of one registry, by full repository name. Source: OCI distribution-spec 1.1, "Pulling manifests", "Pushing Manifests". */
import { CoreError, isCoreError } from '../common/CoreError.ts';
import { digestAlgorithm, digestOf, isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { Manifest } from '../oci/manifest.ts';
import { isSchema1Type, MANIFEST_ACCEPT } from '../oci/mediaType.ts';
import { MAX_MANIFEST_BYTES, parseManifest } from '../oci/parseManifest.ts';
import { parseTag } from '../oci/reference.ts';
import { withKind } from './registryError.ts';
import type { RegistryRequests } from './RegistryRequests.ts';
import { discard, headerOf, numberHeaderOf } from './RegistryRequests.ts';
import { schema1PayloadOf } from './schema1Payload.ts';
import type { TransportRequest } from './transport/TransportRequest.ts';

export interface ManifestHead {
  /** Undefined where the registry sends no Docker-Content-Digest on HEAD. */
  readonly digest?: Digest;
  readonly mediaType: string;
  readonly sizeInBytes?: number;
}

/** What the reply to a PUT said. */
export interface PutReply {
  readonly digest: Digest;
  /** Whether the registry answered OCI-Subject: it keeps the referrers itself. */
  readonly namesSubject: boolean;
}

export class Manifests {
  readonly #requests: RegistryRequests;

  constructor(requests: RegistryRequests) {
    this.#requests = requests;
  }

  async get(name: string, reference: string, signal: AbortSignal): Promise<Manifest> {
    const request = requestFor('get manifest', name, reference, 'pull', signal);
    const response = await this.#requests.request({
      ...request,
      method: 'GET',
      headers: { accept: MANIFEST_ACCEPT },
    });
    const bytes = await this.#requests.readBytes(response, MAX_MANIFEST_BYTES, request);
    const contentType = headerOf(response, 'content-type');
    const digest = this.#verifiedDigest(bytes, contentType, reference, request);
    const named = headerOf(response, 'docker-content-digest');
    if (named !== undefined && named !== digest) {
      this.#requests.logger.warn(`${request.subject}: the digest header is not the body's; the body counts`);
    }
    return parseManifest(bytes, contentType, digest);
  }

  async head(name: string, reference: string, signal: AbortSignal): Promise<ManifestHead | undefined> {
    const request = requestFor('look up manifest', name, reference, 'pull', signal);
    const response = await this.#requests.request({
      ...request,
      method: 'HEAD',
      headers: { accept: MANIFEST_ACCEPT },
      accept: [404],
    });
    await discard(response);
    if (response.status === 404) return undefined;
    const digest = headerOf(response, 'docker-content-digest');
    const sizeInBytes = numberHeaderOf(response, 'content-length');
    return {
      mediaType: headerOf(response, 'content-type')?.split(';', 1)[0]?.trim() ?? '',
      ...(digest !== undefined && isDigest(digest) && { digest }),
      ...(sizeInBytes !== undefined && { sizeInBytes }),
    };
  }

  async put(
    name: string,
    reference: string,
    mediaType: string,
    bytes: Uint8Array,
    signal: AbortSignal,
  ): Promise<PutReply> {
    const request = requestFor('push manifest', name, reference, 'pull,push', signal);
    const digest = digestOf(bytes, isDigest(reference) ? digestAlgorithm(reference) : 'sha256');
    if (isDigest(reference) && digest !== reference) throw this.#mismatch(request, digest);
    if (bytes.byteLength > MAX_MANIFEST_BYTES) {
      throw new CoreError('tooLarge', `${request.subject}: over ${MAX_MANIFEST_BYTES} bytes`, {
        ...this.#requests.contextOf(request),
        reason: 'manifest',
      });
    }
    try {
      const headers = { 'content-type': mediaType };
      const response = await this.#requests.request({ ...request, method: 'PUT', headers, body: bytes });
      await discard(response);
      return { digest, namesSubject: headerOf(response, 'oci-subject') !== undefined };
    } catch (error) {
      // The reply may be lost and the manifest there all the same.
      if (!isCoreError(error, 'connectionReset', 'timeout') || signal.aborted) throw error;
      if (!(await this.#isAt(name, reference, digest, signal))) throw error;
      return { digest, namesSubject: false };
    }
  }

  /** 404 counts as done: a DELETE is sent again when its reply is lost. */
  async delete(name: string, reference: string, signal: AbortSignal): Promise<void> {
    const request = requestFor('delete manifest', name, reference, 'delete', signal);
    try {
      await discard(
        await this.#requests.request({ ...request, method: 'DELETE', accept: [404], idempotent: true }),
      );
    } catch (error) {
      if (!isCoreError(error)) throw error;
      const { status } = error.details;
      if (status === 405) throw withKind(error, 'unsupported', { reason: 'deleteDisabled' });
      const reason = isDigest(reference) ? 'deleteDisabled' : 'tagDelete';
      if (status === 400 && (reason === 'tagDelete' || error.kind === 'unsupported')) {
        throw withKind(error, 'unsupported', { reason });
      }
      throw error;
    }
  }

  async #isAt(name: string, reference: string, digest: Digest, signal: AbortSignal): Promise<boolean> {
    const head = await this.head(name, reference, signal);
    if (head === undefined) return false;
    return (head.digest ?? (await this.get(name, reference, signal)).digest) === digest;
  }

  #verifiedDigest(
    bytes: Uint8Array,
    contentType: string | undefined,
    reference: string,
    request: ReturnType<typeof requestFor>,
  ): Digest {
    const algorithm = isDigest(reference) ? digestAlgorithm(reference) : 'sha256';
    const isSchema1 = contentType === undefined || isSchema1Type(contentType.split(';', 1)[0]!.trim());
    const digest = digestOf((isSchema1 && schema1PayloadOf(bytes)) || bytes, algorithm);
    if (isDigest(reference) && digest !== reference) throw this.#mismatch(request, digest);
    return digest;
  }

  #mismatch(request: ReturnType<typeof requestFor>, actual: Digest): CoreError {
    return new CoreError('digestMismatch', `${request.subject}: the content has digest ${actual}`, {
      ...this.#requests.contextOf(request),
      reason: 'manifest',
    });
  }
}

/** @throws CoreError `invalidInput` for a reference that is neither tag nor digest. */
function requestFor(
  operation: string,
  name: string,
  reference: string,
  actions: string,
  signal: AbortSignal,
) {
  const isByDigest = isDigest(reference);
  return {
    operation,
    path: `/v2/${name}/manifests/${isByDigest ? reference : parseTag(reference)}`,
    subject: `${name}${isByDigest ? '@' : ':'}${reference}`,
    scopes: [`repository:${name}:${actions}`],
    signal,
  } satisfies Partial<TransportRequest>;
}
