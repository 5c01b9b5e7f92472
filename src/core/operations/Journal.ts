/**
 * What makes deletions and moved tags undoable: one JSON file an operation, and the manifests' exact bytes in files
 * named by their digest, both on disk before the registry is asked to change anything. Several windows may share the
 * folder. A damaged file costs its own operation only.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { CoreError } from '../common/CoreError.ts';
import type { Logger } from '../common/Logger.ts';
import { digestAlgorithm, digestOf, isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { Manifest } from '../oci/manifest.ts';

const digestSchema = v.custom<Digest>((value) => typeof value === 'string' && isDigest(value));

const itemSchema = v.object({
  tag: v.string(),
  /** Delete: what the tag pointed at. Retag: what it points at now. */
  digest: digestSchema,
  mediaType: v.string(),
  /** Retag over an existing tag: what it pointed at before; its bytes are kept. */
  previousDigest: v.exactOptional(digestSchema),
  previousMediaType: v.exactOptional(v.string()),
  /** Delete by dummy manifest: the throw-away digest the tag may be on if the process died half-way. */
  dummyDigest: v.exactOptional(digestSchema),
  /** `kept`: not carried out, the tag is as it was. `unknown`: the registry could not be asked any more. */
  state: v.picklist(['pending', 'done', 'kept', 'unknown', 'undone']),
});

const operationSchema = v.object({
  version: v.literal(1),
  id: v.string(),
  kind: v.picklist(['delete', 'retag']),
  /** ISO 8601. */
  startedAt: v.pipe(v.string(), v.isoTimestamp()),
  finishedAt: v.exactOptional(v.pipe(v.string(), v.isoTimestamp())),
  /** `undone`: every item that was done has been put back. */
  state: v.picklist(['running', 'finished', 'undone']),
  connectionId: v.string(),
  /** Host of the registry as references write it, for display. */
  registry: v.string(),
  repository: v.string(),
  ownerPid: v.number(),
  items: v.array(itemSchema),
});

export type JournalItem = Readonly<v.InferOutput<typeof itemSchema>>;
type StoredOperation = v.InferOutput<typeof operationSchema>;

export interface JournalOperation extends Readonly<Omit<StoredOperation, 'state' | 'items'>> {
  /** `interrupted`: it was running in a process that is gone; see recoverInterrupted. */
  readonly state: StoredOperation['state'] | 'interrupted';
  readonly items: readonly JournalItem[];
}

export type NewOperation = Pick<
  JournalOperation,
  'kind' | 'connectionId' | 'registry' | 'repository' | 'items'
>;

export interface JournalOptions {
  /** Created when first written to. */
  readonly directory: string;
  readonly logger: Logger;
  /** Kept manifests, bytes. Oldest finished operations go first. */
  readonly maxBytes?: number;
  readonly maxOperations?: number;
}

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
const DEFAULT_MAX_OPERATIONS = 200;
/** Another window may be about to refer to a file this new. */
const FRESH_MS = 60 * 60 * 1000;
const ID = /^\d{8}T\d{9}Z-[0-9a-f]{8}$/;

export class Journal {
  readonly #options: JournalOptions;
  readonly #running = new Set<string>();
  readonly #listeners = new Set<() => void>();

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** Calls `listener` after every change made through this instance. The result stops that. */
  onDidChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Records what is about to happen and keeps `manifests`. On return everything is on disk.
   * @throws CoreError `disk`; then nothing may be deleted.
   */
  async begin(
    operation: NewOperation,
    manifests: readonly Pick<Manifest, 'digest' | 'bytes'>[],
  ): Promise<RunningOperation> {
    const startedAt = new Date().toISOString();
    const id = `${startedAt.replace(/[-:.]/g, '')}-${randomBytes(4).toString('hex')}`;
    const stored: StoredOperation = {
      version: 1,
      id,
      ...operation,
      startedAt,
      state: 'running',
      ownerPid: process.pid,
      items: operation.items.map((item) => ({ ...item })),
    };
    // The operation first: what it refers to is then never taken for garbage by another window.
    await this.#write(stored);
    for (const { digest, bytes } of manifests) await writeAtomically(this.#manifestFile(digest), bytes);
    this.#running.add(id);
    await this.#prune();
    this.#changed();
    return new RunningOperation(stored, async (changed, finished) => {
      await this.#write(changed);
      if (finished) this.#running.delete(id);
      this.#changed();
    });
  }

  /** Newest first. Files that cannot be read or understood are left out. */
  async list(): Promise<JournalOperation[]> {
    const ids = (await this.#files('operations'))
      .map((name) => name.replace(/\.json$/, ''))
      .filter((id) => ID.test(id))
      .sort()
      .reverse();
    const operations = await Promise.all(ids.map((id) => this.get(id)));
    return operations.filter((operation) => operation !== undefined);
  }

  async get(id: string): Promise<JournalOperation | undefined> {
    const stored = await this.#read(id);
    if (!stored) return undefined;
    const isInterrupted = stored.state === 'running' && !this.#isAlive(stored);
    return { ...stored, state: isInterrupted ? 'interrupted' : stored.state };
  }

  /** Reopens an operation to change its items: to undo it, or to settle an interrupted one. */
  async reopen(id: string): Promise<RunningOperation> {
    const stored = await this.#read(id);
    if (!stored) throw new CoreError('notFound', 'no such operation in the journal', { subject: id });
    return new RunningOperation(stored, async (changed) => {
      await this.#write(changed);
      this.#changed();
    });
  }

  /** Exactly the bytes that were kept. @throws CoreError `disk`, reason `journalBytesMissing` or `journalBytesDamaged`. */
  async readManifest(digest: Digest): Promise<Uint8Array> {
    let bytes: Uint8Array;
    try {
      bytes = await readFile(this.#manifestFile(digest));
    } catch (error) {
      throw new CoreError(
        'disk',
        'the manifest is not in the journal',
        { reason: 'journalBytesMissing', subject: digest },
        error,
      );
    }
    if (digestOf(bytes, digestAlgorithm(digest)) !== digest) {
      throw new CoreError('disk', 'the manifest in the journal is damaged', {
        reason: 'journalBytesDamaged',
        subject: digest,
      });
    }
    return bytes;
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #isAlive({ id, ownerPid }: StoredOperation): boolean {
    if (ownerPid === process.pid) return this.#running.has(id);
    try {
      process.kill(ownerPid, 0);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  }

  #operationFile(id: string): string {
    return join(this.#options.directory, 'operations', `${id}.json`);
  }

  #manifestFile(digest: Digest): string {
    return join(this.#options.directory, 'manifests', digest.replace(':', '-'));
  }

  async #files(folder: 'operations' | 'manifests'): Promise<string[]> {
    try {
      return await readdir(join(this.#options.directory, folder));
    } catch {
      return []; // nothing was ever written
    }
  }

  async #read(id: string): Promise<StoredOperation | undefined> {
    if (!ID.test(id)) return undefined;
    try {
      const stored = v.parse(operationSchema, JSON.parse(await readFile(this.#operationFile(id), 'utf8')));
      return stored.id === id ? stored : undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.#options.logger.warn(`journal: operation ${id} cannot be read`);
      }
      return undefined;
    }
  }

  async #write(operation: StoredOperation): Promise<void> {
    await writeAtomically(this.#operationFile(operation.id), JSON.stringify(operation));
  }

  /** Drops the oldest settled operations over the bounds, then manifests nobody refers to. Failing is harmless. */
  async #prune(): Promise<void> {
    const { maxBytes = DEFAULT_MAX_BYTES, maxOperations = DEFAULT_MAX_OPERATIONS } = this.#options;
    try {
      const sizes = new Map<string, number>();
      for (const name of await this.#files('manifests')) {
        sizes.set(name, (await stat(join(this.#options.directory, 'manifests', name))).size);
      }
      const kept = new Set<string>();
      let bytes = 0;
      let count = 0;
      for (const operation of await this.list()) {
        const names = operation.items
          .flatMap(({ digest, previousDigest }) => (previousDigest ? [digest, previousDigest] : [digest]))
          .map((digest) => digest.replace(':', '-'))
          .filter((name) => !kept.has(name));
        bytes += names.reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
        count += 1;
        const isSettled = operation.state === 'finished' || operation.state === 'undone';
        if (isSettled && (bytes > maxBytes || count > maxOperations)) {
          await rm(this.#operationFile(operation.id), { force: true });
        } else {
          for (const name of names) kept.add(name);
        }
      }
      for (const name of sizes.keys()) {
        if (!kept.has(name)) await this.#removeStale(join(this.#options.directory, 'manifests', name));
      }
    } catch (error) {
      this.#options.logger.warn(`journal: old entries could not be removed (${errorCode(error)})`);
    }
  }

  async #removeStale(file: string): Promise<void> {
    if (Date.now() - (await stat(file)).mtimeMs > FRESH_MS) await rm(file, { force: true });
  }
}

/** One operation being carried out or put back; every change is on disk when its promise resolves. */
export class RunningOperation {
  #operation: StoredOperation;
  readonly #save: (operation: StoredOperation, finished: boolean) => Promise<void>;

  constructor(
    operation: StoredOperation,
    save: (operation: StoredOperation, finished: boolean) => Promise<void>,
  ) {
    this.#operation = operation;
    this.#save = save;
  }

  get id(): string {
    return this.#operation.id;
  }

  get items(): readonly JournalItem[] {
    return this.#operation.items;
  }

  async update(tag: string, change: Partial<Pick<JournalItem, 'state' | 'dummyDigest'>>): Promise<void> {
    const items = this.#operation.items.map((item) => (item.tag === tag ? { ...item, ...change } : item));
    this.#operation = { ...this.#operation, items };
    await this.#save(this.#operation, false);
  }

  /** Sets when it ended; `undone` when everything that was done has been put back. */
  async finish(): Promise<void> {
    const states = this.#operation.items.map(({ state }) => state);
    const isUndone = states.includes('undone') && !states.includes('done');
    this.#operation = {
      ...this.#operation,
      state: isUndone ? 'undone' : 'finished',
      finishedAt: new Date().toISOString(),
    };
    await this.#save(this.#operation, true);
  }
}

/** A reader sees the old file or the whole new one; a full disk leaves no part behind (row 54). */
async function writeAtomically(file: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await mkdir(join(file, '..'), { recursive: true });
    const handle = await open(temporary, 'w', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new CoreError(
      'disk',
      'the journal could not be written',
      { operation: 'write journal', code: errorCode(error) },
      error,
    );
  }
}

function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
