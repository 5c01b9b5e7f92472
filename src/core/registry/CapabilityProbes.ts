/**
 * Finds out what a registry can do by requests that leave it as it is: they read, or they ask to delete what cannot be
 * there. Only `mount` needs the right to push. Every method throws CoreError where the registry could not be asked.
 * Source: OCI distribution-spec 1.1.
 */
import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { isCoreError } from '../common/CoreError.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import { MediaType } from '../oci/mediaType.ts';
import type { Blobs } from './Blobs.ts';
import type { CapabilityFinding, CapabilityName } from './capability.ts';
import { nextLinkOf } from './linkHeader.ts';
import { discard, type RegistryRequests } from './RegistryRequests.ts';
import { isHtmlResponse } from './transport/isHtmlResponse.ts';
import type { TransportRequest, TransportResponse } from './transport/TransportRequest.ts';

type Probe = Pick<TransportRequest, 'method' | 'path' | 'operation' | 'scopes' | 'signal'> &
  Partial<Pick<TransportRequest, 'subject' | 'headers' | 'accept' | 'idempotent'>>;

const CATALOG_SCOPE = 'registry:catalog:*';
const MAX_PAGE_BYTES = 4 * 1024 * 1024;
/** Replies of registries that do not know what was asked for, when they say it by the status alone. */
const NOT_OFFERED_STATUSES: readonly number[] = [400, 404, 405, 406, 501];
const tagPage = v.object({ tags: v.nullish(v.array(v.unknown()), []) });

export class CapabilityProbes {
  readonly #requests: RegistryRequests;
  readonly #blobs: Blobs;
  readonly #nameOf: (repository: string) => string;

  /** @param nameOf the registry's name of a repository that is named relative to the connection. */
  constructor(requests: RegistryRequests, blobs: Blobs, nameOf: (repository: string) => string) {
    this.#requests = requests;
    this.#blobs = blobs;
    this.#nameOf = nameOf;
  }

  /** Whether `_catalog` lists the repositories, by a page of one. */
  async catalog(signal: AbortSignal): Promise<CapabilityFinding> {
    return this.#ask(
      'catalog',
      {
        method: 'GET',
        path: '/v2/_catalog?n=1',
        operation: 'list repositories',
        scopes: [CATALOG_SCOPE],
        signal,
      },
      (response) => (isHtmlResponse(response) ? 'notOffered' : undefined),
    );
  }

  /** Whether tags come in pages as they are asked for, by a page of one. */
  async tagPages(repository: string, signal: AbortSignal): Promise<CapabilityFinding> {
    const name = this.#nameOf(repository);
    const path = `/v2/${name}/tags/list?n=1`;
    const request = { operation: 'list tags', subject: name, scopes: [pullScope(name)], signal };
    try {
      const response = await this.#requests.request({ ...request, method: 'GET', path });
      const { tags } = await this.#requests.readJson(response, tagPage, MAX_PAGE_BYTES, request);
      const source = { kind: 'reply', request: `GET ${path}`, status: response.status } as const;
      if (nextLinkOf(response.headers['link'])) return { name: 'tagPages', answer: 'yes', source };
      return (tags?.length ?? 0) > 1
        ? { name: 'tagPages', answer: 'no', source, reason: 'notOffered' }
        : { name: 'tagPages', answer: 'unknown', source, reason: 'tooFewTags' };
    } catch (error) {
      return refusal('tagPages', `GET ${path}`, pullScope(name), error);
    }
  }

  /** Whether manifests can be deleted, by a DELETE of a random digest. */
  async deleteByDigest(repository: string, signal: AbortSignal): Promise<CapabilityFinding> {
    return this.#delete('deleteByDigest', repository, digestOf(randomBytes(32)), signal);
  }

  /** Whether one tag can be deleted and its siblings stay, by a DELETE of a tag that nobody can have. */
  async deleteByTag(repository: string, signal: AbortSignal): Promise<CapabilityFinding> {
    const tag = `berth-probe-${randomBytes(16).toString('hex')}`;
    return this.#delete('deleteByTag', repository, tag, signal);
  }

  /** Whether there is a referrers API. @param subject a manifest; some registries know no referrers of what is not there. */
  async referrers(
    repository: string,
    subject: Digest | undefined,
    signal: AbortSignal,
  ): Promise<CapabilityFinding> {
    const name = this.#nameOf(repository);
    return this.#ask(
      'referrers',
      {
        method: 'GET',
        path: `/v2/${name}/referrers/${subject ?? digestOf(randomBytes(32))}`,
        operation: 'list referrers',
        subject: name,
        scopes: [pullScope(name)],
        headers: { accept: MediaType.ociIndex },
        accept: NOT_OFFERED_STATUSES,
        signal,
      },
      (response) =>
        NOT_OFFERED_STATUSES.includes(response.status) || isHtmlResponse(response) ? 'notOffered' : undefined,
    );
  }

  /** Whether a part of a blob can be read, by its first byte. @param digest of a blob that has one. */
  async range(repository: string, digest: Digest, signal: AbortSignal): Promise<CapabilityFinding> {
    const name = this.#nameOf(repository);
    return this.#ask(
      'range',
      {
        method: 'GET',
        path: `/v2/${name}/blobs/${digest}`,
        operation: 'read blob',
        subject: name,
        scopes: [pullScope(name)],
        headers: { range: 'bytes=0-0' },
        signal,
      },
      (response) => (response.status === 206 ? undefined : 'rangeIgnored'),
    );
  }

  /**
   * Whether a blob can be mounted, from the repository it is in already, so that nothing is added. Needs the right to
   * push; a registry that does not mount opens an upload, which is cancelled.
   */
  async mount(repository: string, digest: Digest, signal: AbortSignal): Promise<CapabilityFinding> {
    const name = this.#nameOf(repository);
    const request = `POST /v2/${name}/blobs/uploads/?mount=${digest}`;
    try {
      const isMounted = await this.#blobs.mount(name, digest, name, signal);
      const source = { kind: 'reply', request, status: isMounted ? 201 : 202 } as const;
      return isMounted
        ? { name: 'mount', answer: 'yes', source }
        : { name: 'mount', answer: 'no', source, reason: 'mountIgnored' };
    } catch (error) {
      return refusal('mount', request, `repository:${name}:pull,push`, error);
    }
  }

  async #delete(
    capability: 'deleteByDigest' | 'deleteByTag',
    repository: string,
    reference: string,
    signal: AbortSignal,
  ): Promise<CapabilityFinding> {
    const name = this.#nameOf(repository);
    return this.#ask(capability, {
      method: 'DELETE',
      path: `/v2/${name}/manifests/${reference}`,
      operation: 'delete manifest',
      subject: name,
      scopes: [`repository:${name}:delete`],
      // What is not there is looked for only where deletion is possible.
      accept: [404],
      idempotent: true,
      signal,
    });
  }

  /** @param judge the reason for a no in a reply that was taken; undefined is a yes. */
  async #ask(
    capability: CapabilityName,
    probe: Probe,
    judge: (response: TransportResponse) => CapabilityFinding['reason'] = () => undefined,
  ): Promise<CapabilityFinding> {
    const request = `${probe.method} ${probe.path}`;
    try {
      const response = await this.#requests.request(probe);
      const reason = judge(response);
      // What was not wanted may be a whole layer.
      if (reason === 'rangeIgnored') response.body.destroy();
      else await discard(response);
      const source = { kind: 'reply', request, status: response.status } as const;
      return reason === undefined
        ? { name: capability, answer: 'yes', source }
        : { name: capability, answer: 'no', source, reason };
    } catch (error) {
      return refusal(capability, request, probe.scopes[0], error);
    }
  }
}

function pullScope(name: string): string {
  return `repository:${name}:pull`;
}

/** The finding that an error is. @throws what says nothing about the capability: the network, a server that fails, Cancel. */
function refusal(
  name: CapabilityName,
  request: string,
  scope: string | undefined,
  error: unknown,
): CapabilityFinding {
  if (!isCoreError(error)) throw error;
  const { status } = error.details;
  if (status === undefined) throw error;
  const source = { kind: 'reply', request, status } as const;
  if (error.kind === 'unauthorized' || error.kind === 'forbidden') {
    const isSignedOut =
      error.details.reason === 'noCredentials' || error.details.reason === 'anonymousRefused';
    return {
      name,
      answer: 'no',
      source,
      reason: isSignedOut ? 'signInNeeded' : 'notAllowed',
      ...(scope !== undefined && { missing: scope }),
    };
  }
  const reason = NOT_OFFERED_STATUSES.includes(status) ? reasonOf(name, status) : undefined;
  if (reason === undefined) throw error;
  return { name, answer: 'no', source, reason };
}

/** What a status means that is no refusal to this person; undefined where it says nothing about the capability. */
function reasonOf(name: CapabilityName, status: number): CapabilityFinding['reason'] {
  switch (name) {
    case 'catalog':
    case 'referrers':
      return 'notOffered';
    case 'deleteByDigest':
      return status === 404 ? undefined : 'deleteDisabled';
    case 'deleteByTag':
      // 405 is a setting; 400 is a registry that deletes by digest only.
      return status === 404 ? undefined : status === 405 ? 'deleteDisabled' : 'notOffered';
    case 'mount':
      return status === 405 ? 'notOffered' : undefined;
    default:
      return undefined;
  }
}
