/**
 * A registry in memory that speaks the documented protocol and misbehaves on demand: for schedules of faults no real
 * server can be talked into. Source: OCI distribution-spec 1.1.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * `reset`: the connection breaks before anything is done. `lostReply`: it is done, then the connection breaks.
 * `busy`: 503. `refused`: 403. `hang`: no answer, ever.
 */
export type Fault = 'ok' | 'reset' | 'lostReply' | 'busy' | 'refused' | 'hang';

export interface MemoryRequest {
  readonly method: string;
  /** `/v2/…`, no query. */
  readonly path: string;
}

export interface MemoryRegistryOptions {
  /** `tag`: DELETE by tag and by digest; `digest`: by digest only; `none`: 405. */
  readonly deletes: 'tag' | 'digest' | 'none';
  /** Asked for each request before it is carried out. */
  readonly faultFor?: (request: MemoryRequest) => Fault;
  /** Breaks the specification as some registries do: a DELETE by tag takes every tag on the digest. */
  readonly tagDeleteTakesSiblings?: boolean;
}

interface StoredManifest {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

export class MemoryRegistry implements AsyncDisposable {
  /** Change it between steps of a test. */
  options: MemoryRegistryOptions;
  readonly requests: MemoryRequest[] = [];
  readonly #repositories = new Map<string, MemoryRepository>();
  readonly #server = createServer((request, response) => {
    this.#handle(request, response).catch(() => request.socket.destroy());
  });

  private constructor(options: MemoryRegistryOptions) {
    this.options = options;
  }

  static async start(options: MemoryRegistryOptions): Promise<MemoryRegistry> {
    const registry = new MemoryRegistry(options);
    await new Promise<void>((resolve) => registry.#server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  repository(name: string): MemoryRepository {
    let repository = this.#repositories.get(name);
    if (!repository) this.#repositories.set(name, (repository = new MemoryRepository()));
    return repository;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const call = { method: request.method ?? 'GET', path: url.pathname };
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.requests.push(call);
    const fault = this.options.faultFor?.(call) ?? 'ok';
    if (fault === 'reset') request.socket.destroy();
    else if (fault === 'hang') return;
    else if (fault === 'busy') reply(response, { status: 503 });
    else if (fault === 'refused') reply(response, failure(403, 'DENIED'));
    else {
      const answer = this.#answer(call, url, Buffer.concat(chunks), request.headers['content-type'] ?? '');
      if (fault === 'lostReply') request.socket.destroy();
      else reply(response, answer);
    }
  }

  #answer({ method, path }: MemoryRequest, url: URL, body: Buffer, contentType: string): Answer {
    if (path === '/v2/') return { status: 200 };
    const [, name = '', kind = '', reference = ''] =
      /^\/v2\/(.+)\/(manifests|blobs|tags|referrers)\/(.*)$/.exec(path) ?? [];
    const repository = this.repository(name);
    if (kind === 'tags') return json({ name, tags: [...repository.tags.keys()].sort() });
    if (kind === 'manifests' && method === 'PUT') return repository.put(reference, contentType, body);
    if (kind === 'manifests' && method === 'DELETE') return this.#delete(repository, reference);
    if (kind === 'manifests') return repository.get(reference);
    if (kind === 'blobs' && method === 'POST') {
      return { status: 202, headers: { location: `/v2/${name}/blobs/uploads/${randomUUID()}` } };
    }
    if (kind === 'blobs' && method === 'PUT') {
      repository.blobs.set(url.searchParams.get('digest') ?? '', body);
      return { status: 201 };
    }
    const blob = kind === 'blobs' ? repository.blobs.get(reference) : undefined;
    return blob ? { status: 200, body: blob } : failure(404, kind === 'blobs' ? 'BLOB_UNKNOWN' : 'NOT_FOUND');
  }

  #delete(repository: MemoryRepository, reference: string): Answer {
    const { deletes, tagDeleteTakesSiblings = false } = this.options;
    const isDigest = reference.includes(':');
    if (deletes === 'none') return failure(405, 'UNSUPPORTED');
    if (!isDigest && deletes === 'digest') return failure(400, 'DIGEST_INVALID');
    const digest = isDigest ? reference : repository.tags.get(reference);
    if (digest === undefined || !repository.manifests.has(digest)) return failure(404, 'MANIFEST_UNKNOWN');
    if (isDigest) repository.manifests.delete(digest);
    for (const [tag, target] of repository.tags) {
      if (tag === reference || (target === digest && (isDigest || tagDeleteTakesSiblings))) {
        repository.tags.delete(tag);
      }
    }
    return { status: 202 };
  }
}

export class MemoryRepository {
  readonly tags = new Map<string, string>();
  readonly manifests = new Map<string, StoredManifest>();
  readonly blobs = new Map<string, Buffer>();

  get(reference: string): Answer {
    const digest = reference.includes(':') ? reference : this.tags.get(reference);
    const manifest = digest === undefined ? undefined : this.manifests.get(digest);
    if (digest === undefined || !manifest) return failure(404, 'MANIFEST_UNKNOWN');
    const headers = { 'content-type': manifest.mediaType, 'docker-content-digest': digest };
    return { status: 200, headers, body: manifest.bytes };
  }

  /** Refuses what lists blobs or manifests that are not there, as CNCF Distribution does. */
  put(reference: string, mediaType: string, bytes: Buffer): Answer {
    const document = JSON.parse(bytes.toString()) as Record<
      string,
      { digest: string }[] | { digest: string }
    >;
    const blobs = [document['config'] ?? [], document['layers'] ?? []].flat();
    if (blobs.some(({ digest }) => !this.blobs.has(digest))) return failure(400, 'MANIFEST_BLOB_UNKNOWN');
    if ([document['manifests'] ?? []].flat().some(({ digest }) => !this.manifests.has(digest))) {
      return failure(400, 'MANIFEST_UNKNOWN');
    }
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    this.manifests.set(digest, { mediaType, bytes });
    if (!reference.includes(':')) this.tags.set(reference, digest);
    return { status: 201, headers: { 'docker-content-digest': digest } };
  }
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

function json(value: unknown): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(value)),
  };
}

function failure(status: number, code: string): Answer {
  return { ...json({ errors: [{ code, message: code }] }), status };
}

function reply(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { 'content-length': String(body?.byteLength ?? 0), ...headers });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
