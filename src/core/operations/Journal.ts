/**
 * What makes deletions, clean-ups, copies and moved tags undoable, and takes up again what was interrupted: one JSON
 * file an operation with a log of what changed since beside it, and the manifests' exact bytes in files named by their
 * digest, all on disk before the registry is asked to change anything. Several windows may share the folder. A damaged
 * file costs its own operation only.
 */
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import * as v from 'valibot';
import { CoreError } from '../common/CoreError.ts';
import type { Logger } from '../common/Logger.ts';
import { digestAlgorithm, digestOf } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { AppendLog, errorCode, writeAtomically } from './journalFiles.ts';
import { itemChangeSchema, operationSchema } from './journalRecord.ts';
import type { JournalCopy, JournalItem, StoredOperation } from './journalRecord.ts';
import { RunningOperation } from './RunningOperation.ts';
import type { KeptBytes, OperationStore } from './RunningOperation.ts';

export type { JournalCopy, JournalItem, RunningOperation };

export interface JournalOperation extends Readonly<Omit<StoredOperation, 'state' | 'items'>> {
  /** `interrupted`: it was running in a process that is gone; see recoverInterrupted, and for copies resumeCopy. */
  readonly state: StoredOperation['state'] | 'interrupted';
  readonly items: readonly JournalItem[];
}

export type NewOperation = Pick<
  JournalOperation,
  'kind' | 'connectionId' | 'registry' | 'repository' | 'items' | 'copy' | 'rules'
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
/** Manifests written at a time. */
const WRITES = 8;
const ID = /^\d{8}T\d{9}Z-[0-9a-f]{8}$/;

export class Journal {
  readonly #options: JournalOptions;
  readonly #running = new Set<string>();
  readonly #logs = new Map<string, AppendLog>();
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
  async begin(operation: NewOperation, manifests: readonly KeptBytes[]): Promise<RunningOperation> {
    const startedAt = new Date().toISOString();
    const id = `${startedAt.replace(/[-:.]/g, '')}-${randomBytes(4).toString('hex')}`;
    const stored: StoredOperation = {
      version: 2,
      id,
      ...operation,
      startedAt,
      state: 'running',
      ownerPid: process.pid,
      items: operation.items.map((item) => ({ ...item })),
    };
    this.#running.add(id);
    try {
      // The operation first: what it refers to is then never taken for garbage by another window.
      await this.#write(stored);
      await this.#keep(manifests);
    } catch (error) {
      this.#running.delete(id);
      await rm(this.#operationFile(id), { force: true }).catch(() => undefined);
      throw error;
    }
    await this.#prune();
    this.#changed();
    return new RunningOperation(stored, this.#store);
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
    return new RunningOperation(await this.#existing(id), this.#store);
  }

  /**
   * Takes an interrupted operation over: it is running again, in this process.
   * @throws CoreError `conflict` with reason `operationRunning` when another window has it.
   */
  async resume(id: string): Promise<RunningOperation> {
    const found = await this.#existing(id);
    if (found.state === 'running' && this.#isAlive(found)) {
      throw new CoreError('conflict', 'the operation is running', {
        subject: id,
        reason: 'operationRunning',
      });
    }
    const running: StoredOperation = {
      ...found,
      state: 'running',
      ownerPid: process.pid,
      resumedAt: new Date().toISOString(),
    };
    await this.#write(running);
    this.#running.add(id);
    this.#changed();
    return new RunningOperation(running, this.#store);
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

  readonly #store: OperationStore = {
    noteChange: async (id, tag, change) => {
      let log = this.#logs.get(id);
      if (!log) this.#logs.set(id, (log = new AppendLog(this.#logFile(id))));
      await log.append(JSON.stringify({ tag, ...change }));
      this.#changed();
    },
    keepManifests: (manifests) => this.#keep(manifests),
    close: async (operation) => {
      await this.#write(operation);
      // Everything in the log is in the file by now; a log that stays behind says the same once more.
      await rm(this.#logFile(operation.id), { force: true }).catch(() => undefined);
      this.#logs.delete(operation.id);
      this.#running.delete(operation.id);
      this.#changed();
    },
  };

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #isAlive({ id, ownerPid, startedAt, resumedAt = startedAt }: StoredOperation): boolean {
    if (ownerPid === process.pid) return this.#running.has(id);
    // Since the machine was started anew another program may have the number.
    if (Date.parse(resumedAt) < Date.now() - uptime() * 1000) return false;
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

  #logFile(id: string): string {
    return join(this.#options.directory, 'operations', `${id}.log`);
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
      return stored.id === id ? await this.#withChanges(stored) : undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.#options.logger.warn(`journal: operation ${id} cannot be read`);
      }
      return undefined;
    }
  }

  async #existing(id: string): Promise<StoredOperation> {
    const stored = await this.#read(id);
    if (!stored) throw new CoreError('notFound', 'no such operation in the journal', { subject: id });
    return stored;
  }

  /** The operation with what its log says has changed since. A line that was cut off is one that did not happen. */
  async #withChanges(stored: StoredOperation): Promise<StoredOperation> {
    let log: string;
    try {
      log = await readFile(this.#logFile(stored.id), 'utf8');
    } catch {
      return stored; // nothing has changed
    }
    const items = new Map(stored.items.map((item) => [item.tag, item]));
    for (const line of log.split('\n')) {
      const change = tryParseChange(line);
      const item = change && items.get(change.tag);
      if (item) items.set(item.tag, { ...item, ...change });
    }
    return { ...stored, items: [...items.values()] };
  }

  async #keep(manifests: readonly KeptBytes[]): Promise<void> {
    const limit = pLimit(WRITES);
    await Promise.all(
      manifests.map(({ digest, bytes }) => limit(() => writeAtomically(this.#manifestFile(digest), bytes))),
    );
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
          await rm(this.#logFile(operation.id), { force: true });
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

function tryParseChange(line: string) {
  try {
    const parsed = v.safeParse(itemChangeSchema, JSON.parse(line));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
