/**
 * Indexes of layers on the disk, by digest, for every window of the machine. What is damaged or gone counts as never
 * stored; the oldest in use go when there are too many bytes.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../../common/Logger.ts';
import { LayerIndex, type LayerMeta } from './LayerIndex.ts';
import { tryUnpackSections } from './sections.ts';

const SUFFIX = '.layer';
const TEMPORARY = '.tmp';
/** A temporary file that is older was left by a window that died. */
const STALE_MS = 60 * 60 * 1000;

export interface LayerIndexStoreOptions {
  readonly directory: string;
  readonly maxBytes: number;
  readonly logger: Logger;
}

export class LayerIndexStore {
  readonly #directory: string;
  readonly #maxBytes: number;
  readonly #logger: Logger;
  #pruning: Promise<void> | undefined;

  constructor({ directory, maxBytes, logger }: LayerIndexStoreOptions) {
    this.#directory = directory;
    this.#maxBytes = maxBytes;
    this.#logger = logger;
  }

  /** @param key a digest, or one with more hexadecimal behind a plus sign */
  async get(key: string): Promise<LayerIndex | undefined> {
    const file = this.#fileOf(key);
    try {
      const sections = await tryUnpackSections<LayerMeta>(await readWhole(file));
      const index = sections && LayerIndex.fromSections(sections);
      if (index && key.startsWith(index.digest)) {
        const now = new Date();
        // Nobody waits for the note that it was used.
        void utimes(file, now, now).catch(() => undefined);
        return index;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      this.#logger.debug(`layer index ${key}: ${String(error)}`);
    }
    await rm(file, { force: true }).catch(() => undefined);
    return undefined;
  }

  /** @param packed as `packSections` gives it. A disk that takes no more is not an error: the index is only not kept. */
  async put(key: string, packed: Uint8Array): Promise<void> {
    const file = this.#fileOf(key);
    const temporary = `${file}.${randomBytes(6).toString('hex')}${TEMPORARY}`;
    try {
      await mkdir(this.#directory, { recursive: true });
      await writeFile(temporary, packed);
      await rename(temporary, file);
      await (this.#pruning ??= this.#prune().finally(() => (this.#pruning = undefined)));
    } catch (error) {
      this.#logger.warn(`layer index ${key} is not kept: ${String(error)}`);
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  async #prune(): Promise<void> {
    const files = await Promise.all(
      (await readdir(this.#directory)).map(async (name) => {
        const path = join(this.#directory, name);
        // Another window may have removed it meanwhile.
        const facts = await stat(path).catch(() => undefined);
        return facts && { path, name, size: facts.size, usedAt: facts.mtimeMs };
      }),
    );
    let total = 0;
    const known = files.filter((file) => file !== undefined).sort((a, b) => b.usedAt - a.usedAt);
    for (const { path, name, size, usedAt } of known) {
      total += size;
      const isStale = name.endsWith(TEMPORARY) && Date.now() - usedAt > STALE_MS;
      const isTooMuch = name.endsWith(SUFFIX) && total > this.#maxBytes;
      if (isStale || isTooMuch) await rm(path, { force: true });
    }
  }

  /** Digests are checked before they come here; nothing else may reach a path. */
  #fileOf(key: string): string {
    return join(this.#directory, `${key.replaceAll(/[^0-9a-f+]+/gi, '-')}${SUFFIX}`);
  }
}

/** In one read, into memory that stays the index's. */
async function readWhole(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const bytes = new Uint8Array(size);
    const { bytesRead } = await handle.read(bytes, 0, size);
    return bytesRead === size ? bytes : new Uint8Array();
  } finally {
    await handle.close();
  }
}
