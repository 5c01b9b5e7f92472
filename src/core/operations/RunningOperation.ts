/** An operation of the journal while it is carried out, taken up again or put back. */
import type { Manifest } from '../oci/manifest.ts';
import type { ItemChange, JournalItem, StoredOperation } from './journalRecord.ts';

/** What a journal does for an operation that runs; each promise resolves when the disk has it. */
export interface OperationStore {
  noteChange(id: string, tag: string, change: ItemChange): Promise<void>;
  keepManifests(manifests: readonly KeptBytes[]): Promise<void>;
  close(operation: StoredOperation): Promise<void>;
}

/** A manifest as the journal keeps it. */
export type KeptBytes = Pick<Manifest, 'digest' | 'bytes'>;

/** Every change is on disk when its promise resolves; thousands of items cost a line each, not the whole record. */
export class RunningOperation {
  readonly #operation: StoredOperation;
  readonly #items: Map<string, JournalItem>;
  readonly #store: OperationStore;

  constructor(operation: StoredOperation, store: OperationStore) {
    this.#operation = operation;
    this.#items = new Map(operation.items.map((item) => [item.tag, item]));
    this.#store = store;
  }

  get id(): string {
    return this.#operation.id;
  }

  get kind(): StoredOperation['kind'] {
    return this.#operation.kind;
  }

  get items(): readonly JournalItem[] {
    return [...this.#items.values()];
  }

  /** Changes at once are written together. @throws CoreError `disk`. */
  async update(tag: string, change: ItemChange): Promise<void> {
    const item = this.#items.get(tag);
    if (!item) return;
    this.#items.set(tag, { ...item, ...change });
    await this.#store.noteChange(this.id, tag, change);
  }

  /**
   * Keeps more bytes, for an operation of so many items that all at once would be too much: those of an item before
   * the registry is asked to change it. @throws CoreError `disk`.
   */
  async keep(manifests: readonly KeptBytes[]): Promise<void> {
    await this.#store.keepManifests(manifests);
  }

  /** Sets when it ended; `undone` when everything that was done has been put back. */
  async finish(): Promise<void> {
    const items = this.items.map((item) => ({ ...item }));
    const isUndone =
      items.some(({ state }) => state === 'undone') && items.every(({ state }) => state !== 'done');
    await this.#store.close({
      ...this.#operation,
      items,
      state: isUndone ? 'undone' : 'finished',
      finishedAt: new Date().toISOString(),
    });
  }
}
