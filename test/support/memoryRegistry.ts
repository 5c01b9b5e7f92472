/**
 * A registry in memory that speaks the documented protocol and misbehaves on demand: for schedules of faults no real
 * server can be talked into. Source: OCI distribution-spec 1.1.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * `reset`: the connection breaks before anything is done. `lostReply`: it is done, then the connection breaks.
 * `busy`: 503. `refused`: 403. `hang`: no answer, ever. `cut`: half of an upload arrives, or half of a blob is sent,
 * then the connection breaks. `gone`: the upload session is forgotten first.
 */
export type Fault = 'ok' | 'reset' | 'lostReply' | 'busy' | 'refused' | 'hang' | 'cut' | 'gone';

export interface MemoryRequest {
  readonly method: string;
  /** `/v2/…`, no query. */
  readonly path: string;
  /** Bytes of its body. */
  readonly bodyBytes?: number;
}

export interface MemoryRegistryOptions {
  /** `tag`: DELETE by tag and by digest; `digest`: by digest only; `none`: 405. */
  readonly deletes: 'tag' | 'digest' | 'none';
  /** Asked for each request before it is carried out. */
  readonly faultFor?: (request: MemoryRequest) => Fault;
  /** Mounts are answered with an ordinary upload session (row 41). */
  readonly refusesMounts?: boolean;
  /** Has the referrers API. */
  readonly listsReferrers?: boolean;
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
  /** Sessions that were opened and neither finished nor given up. */
  readonly sessions = new Map<string, Buffer>();
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
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const call = { method: request.method ?? 'GET', path: url.pathname, bodyBytes: body.length };
    this.requests.push(call);
    const fault = this.options.faultFor?.(call) ?? 'ok';
    if (fault === 'reset') request.socket.destroy();
    else if (fault === 'hang') return;
    else if (fault === 'busy') reply(response, { status: 503 });
    else if (fault === 'refused') reply(response, failure(403, 'DENIED'));
    else if (fault === 'cut') this.#cut(call, body, request, response);
    else {
      if (fault === 'gone') this.sessions.delete(url.pathname);
      const answer = this.#answer(call, url, body, request.headers);
      if (fault === 'lostReply') request.socket.destroy();
      else reply(response, answer);
    }
  }

  #cut(
    { method, path }: MemoryRequest,
    body: Buffer,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const session = this.sessions.get(path);
    if (session) this.sessions.set(path, Buffer.concat([session, body.subarray(0, body.length / 2)]));
    const [, name = '', digest = ''] = /^\/v2\/(.+)\/blobs\/(sha256:.*)$/.exec(path) ?? [];
    const blob = method === 'GET' ? this.repository(name).blobs.get(digest) : undefined;
    if (!blob) {
      request.socket.destroy();
      return;
    }
    const { body: content = blob, ...head } = ranged(blob, request.headers.range);
    response.writeHead(head.status, { 'content-length': content.length, ...head.headers });
    response.write(content.subarray(0, content.length / 2), () => request.socket.destroy());
  }

  #answer({ method, path }: MemoryRequest, url: URL, body: Buffer, headers: IncomingHttpHeaders): Answer {
    const contentType = headers['content-type'] ?? '';
    if (path === '/v2/') return { status: 200 };
    if (this.sessions.has(path)) return this.#upload(method, path, url, body, headers['content-range']);
    if (path.includes('/blobs/uploads/') && method !== 'POST') return failure(404, 'BLOB_UPLOAD_UNKNOWN');
    const [, name = '', kind = '', reference = ''] =
      /^\/v2\/(.+)\/(manifests|blobs|tags|referrers)\/(.*)$/.exec(path) ?? [];
    const repository = this.repository(name);
    if (kind === 'tags') return json({ name, tags: [...repository.tags.keys()].sort() });
    if (kind === 'manifests' && method === 'PUT') return repository.put(reference, contentType, body);
    if (kind === 'manifests' && method === 'DELETE') return this.#delete(repository, reference);
    if (kind === 'manifests') return repository.get(reference);
    if (kind === 'referrers') {
      return this.options.listsReferrers === true
        ? repository.referrers(reference)
        : failure(404, 'NOT_FOUND');
    }
    if (kind === 'blobs' && method === 'POST') {
      const mount = url.searchParams.get('mount') ?? '';
      const mounted = this.repository(url.searchParams.get('from') ?? '').blobs.get(mount);
      if (mounted && this.options.refusesMounts !== true) {
        repository.blobs.set(mount, mounted);
        return { status: 201 };
      }
      const location = `/v2/${name}/blobs/uploads/${randomUUID()}`;
      this.sessions.set(location, Buffer.alloc(0));
      return { status: 202, headers: { location } };
    }
    const blob = kind === 'blobs' ? repository.blobs.get(reference) : undefined;
    return blob ? ranged(blob, headers.range) : failure(404, kind === 'blobs' ? 'BLOB_UNKNOWN' : 'NOT_FOUND');
  }

  #upload(method: string, path: string, url: URL, body: Buffer, range: string | undefined): Answer {
    const received = this.sessions.get(path)!;
    const location = { location: path, range: `0-${Math.max(0, received.length - 1)}` };
    if (method === 'GET') return { status: 204, headers: location };
    if (method === 'DELETE') {
      this.sessions.delete(path);
      return { status: 204 };
    }
    const begins = range === undefined ? 0 : Number(range.split('-')[0]);
    // A chunk goes on where the last one ended; without a range it is the first, or nothing more.
    if (body.length > 0 && begins !== received.length) return { status: 416, headers: location };
    const content = Buffer.concat([received, body]);
    this.sessions.set(path, content);
    if (method === 'PATCH') return { status: 202, headers: { location: path } };
    const digest = url.searchParams.get('digest') ?? '';
    this.sessions.delete(path);
    if (`sha256:${createHash('sha256').update(content).digest('hex')}` !== digest)
      return failure(400, 'DIGEST_INVALID');
    this.repository(/^\/v2\/(.+)\/blobs\/uploads\//.exec(path)![1]!).blobs.set(digest, content);
    return { status: 201 };
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

  referrers(subject: string): Answer {
    const manifests = [...this.manifests].flatMap(([digest, { mediaType, bytes }]) => {
      const document = JSON.parse(bytes.toString()) as {
        subject?: { digest: string };
        artifactType?: string;
      };
      const { artifactType } = document;
      return document.subject?.digest === subject
        ? [{ mediaType, digest, size: bytes.length, artifactType }]
        : [];
    });
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    return { ...json({ schemaVersion: 2, mediaType, manifests }), headers: { 'content-type': mediaType } };
  }

  /** Refuses what lists blobs or manifests that are not there, as CNCF Distribution does. */
  put(reference: string, mediaType: string, bytes: Buffer): Answer {
    const document = JSON.parse(bytes.toString()) as Record<string, Listed[] | Listed>;
    const blobs = [document['config'] ?? [], document['layers'] ?? []].flat();
    if (blobs.some(({ digest, urls }) => !urls && !this.blobs.has(digest)))
      return failure(400, 'MANIFEST_BLOB_UNKNOWN');
    if ([document['manifests'] ?? []].flat().some(({ digest }) => !this.manifests.has(digest))) {
      return failure(400, 'MANIFEST_UNKNOWN');
    }
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    this.manifests.set(digest, { mediaType, bytes });
    if (!reference.includes(':')) this.tags.set(reference, digest);
    return { status: 201, headers: { 'docker-content-digest': digest } };
  }
}

interface Listed {
  readonly digest: string;
  readonly urls?: readonly string[];
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** The blob, or the part of it that was asked for. */
function ranged(blob: Buffer, range: string | undefined): Answer {
  const [, from, to = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (from === undefined) return { status: 200, body: blob };
  const last = to === '' ? blob.length - 1 : Math.min(Number(to), blob.length - 1);
  const headers = { 'content-range': `bytes ${from}-${last}/${blob.length}` };
  return { status: 206, headers, body: blob.subarray(Number(from), last + 1) };
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
