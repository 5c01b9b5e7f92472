/**
 * What runs and what has run: the model behind the Activity view. One entry an operation, with progress, full
 * output, Cancel while it runs and Undo after it where the operation offers one.
 */
import * as vscode from 'vscode';
import { toDisplayText } from '../core/common/displayText.ts';

export type ActivityState = 'running' | 'succeeded' | 'failed' | 'cancelled' | 'undone';

export interface ActivityEntry {
  readonly id: string;
  readonly title: string;
  readonly icon: string;
  readonly startedAt: Date;
  readonly finishedAt?: Date;
  readonly state: ActivityState;
  /** The last progress message, or the outcome in words. */
  readonly detail?: string;
  /** The digest that came out of it (push). */
  readonly digest?: string;
  readonly hasOutput: boolean;
  readonly canUndo: boolean;
}

/** What an operation does with its entry while it runs. */
export interface ActivityHandle {
  readonly id: string;
  readonly signal: AbortSignal;
  /** Progress in words, and the share done from 0 to 1 where known. */
  report(message: string, share?: number): void;
  /** Raw output of a program; shown by Show Output. */
  append(text: string): void;
}

export interface ActivityOutcome {
  readonly detail?: string;
  readonly digest?: string;
  /** Present when it can be undone; called at most once with success. */
  readonly undo?: () => Promise<void>;
}

export interface ActivityOptions {
  readonly title: string;
  /** A codicon id. */
  readonly icon: string;
}

const MAXIMUM_ENTRIES = 200;
const MAXIMUM_OUTPUT = 2_000_000;

interface Record_ {
  entry: ActivityEntry;
  output: string;
  channel?: vscode.OutputChannel;
  undo?: () => Promise<void>;
  cancel?: () => void;
}

export class Activity implements vscode.Disposable {
  readonly #records = new Map<string, Record_>();
  readonly #failures = new WeakMap<object, string>();
  readonly #changed = new vscode.EventEmitter<void>();
  #nextId = 1;
  /** Something in `entries()` changed. */
  readonly onDidChange = this.#changed.event;

  dispose(): void {
    for (const record of this.#records.values()) {
      record.cancel?.();
      record.channel?.dispose();
    }
    this.#changed.dispose();
  }

  /** Newest first. */
  entries(): ActivityEntry[] {
    return [...this.#records.values()].map(({ entry }) => entry).reverse();
  }

  /**
   * Runs `work` with a notification that shows progress and Cancel, and an entry in the view.
   * Rethrows what `work` throws after noting it.
   */
  async run<Outcome extends ActivityOutcome>(
    { title, icon }: ActivityOptions,
    work: (handle: ActivityHandle) => Promise<Outcome>,
  ): Promise<Outcome> {
    return vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      async (progress, token) => {
        const controller = new AbortController();
        const id = String(this.#nextId++);
        const record: Record_ = {
          entry: {
            id,
            title,
            icon,
            startedAt: new Date(),
            state: 'running',
            hasOutput: false,
            canUndo: false,
          },
          output: '',
          cancel: () => controller.abort(),
        };
        this.#add(record);
        const subscription = token.onCancellationRequested(() => controller.abort());
        let shareDone = 0;
        const handle: ActivityHandle = {
          id,
          signal: controller.signal,
          report: (message, share) => {
            const increment = share === undefined ? 0 : Math.max(0, share - shareDone) * 100;
            if (share !== undefined) shareDone = Math.max(shareDone, share);
            progress.report({ message, increment });
            this.#update(record, { detail: message });
          },
          append: (text) => this.#append(record, text),
        };
        try {
          const outcome = await work(handle);
          if (outcome.undo) record.undo = outcome.undo;
          this.#finish(record, 'succeeded', {
            canUndo: outcome.undo !== undefined,
            ...(outcome.detail !== undefined && { detail: outcome.detail }),
            ...(outcome.digest !== undefined && { digest: outcome.digest }),
          });
          return outcome;
        } catch (error) {
          this.#finish(record, controller.signal.aborted ? 'cancelled' : 'failed', {});
          if (error instanceof Error) this.#failures.set(error, id);
          throw error;
        } finally {
          subscription.dispose();
        }
      },
    );
  }

  /** Adds something that already happened, such as a deletion of the last session that can still be undone. */
  addFinished(options: ActivityOptions, finishedAt: Date, outcome: ActivityOutcome): string {
    const id = String(this.#nextId++);
    const record: Record_ = {
      entry: {
        id,
        title: options.title,
        icon: options.icon,
        startedAt: finishedAt,
        finishedAt,
        state: 'succeeded',
        hasOutput: false,
        canUndo: outcome.undo !== undefined,
        ...(outcome.detail !== undefined && { detail: outcome.detail }),
      },
      output: '',
      ...(outcome.undo && { undo: outcome.undo }),
    };
    this.#add(record);
    return id;
  }

  /** Notes the failure's words on an entry, once they are known. */
  describeFailure(id: string, detail: string): void {
    const record = this.#records.get(id);
    if (record) this.#update(record, { detail });
  }

  /** The entry whose work threw this error. */
  entryOf(error: unknown): ActivityEntry | undefined {
    const id = error instanceof Error ? this.#failures.get(error) : undefined;
    return id === undefined ? undefined : this.#records.get(id)?.entry;
  }

  canUndo(id: string): boolean {
    return this.#records.get(id)?.entry.canUndo ?? false;
  }

  /** The newest entry that can be undone. */
  latestUndoable(): ActivityEntry | undefined {
    return this.entries().find(({ canUndo }) => canUndo);
  }

  async undo(id: string): Promise<void> {
    const record = this.#records.get(id);
    if (!record?.undo || !record.entry.canUndo) return;
    this.#update(record, { canUndo: false });
    try {
      await record.undo();
      this.#update(record, { state: 'undone' });
    } catch (error) {
      // What failed to be undone may be tried again.
      this.#update(record, { canUndo: true });
      throw error;
    }
  }

  cancel(id: string): void {
    this.#records.get(id)?.cancel?.();
  }

  showOutput(id: string): void {
    const record = this.#records.get(id);
    if (!record) return;
    if (!record.channel) {
      record.channel = vscode.window.createOutputChannel(`Berth: ${record.entry.title}`);
      record.channel.append(record.output);
    }
    record.channel.show();
  }

  clearFinished(): void {
    for (const [id, record] of this.#records) {
      if (record.entry.state !== 'running' && !record.entry.canUndo) {
        record.channel?.dispose();
        this.#records.delete(id);
      }
    }
    this.#changed.fire();
  }

  #add(record: Record_): void {
    this.#records.set(record.entry.id, record);
    for (const [id, { entry, channel }] of this.#records) {
      if (this.#records.size <= MAXIMUM_ENTRIES) break;
      if (entry.state === 'running') continue;
      channel?.dispose();
      this.#records.delete(id);
    }
    this.#changed.fire();
  }

  #update(record: Record_, change: Partial<ActivityEntry>): void {
    record.entry = { ...record.entry, ...change };
    this.#changed.fire();
  }

  #finish(record: Record_, state: ActivityState, change: Partial<ActivityEntry>): void {
    delete record.cancel;
    this.#update(record, { ...change, state, finishedAt: new Date() });
  }

  #append(record: Record_, text: string): void {
    const clean = toDisplayText(text);
    record.output = (record.output + clean).slice(-MAXIMUM_OUTPUT);
    record.channel?.append(clean);
    if (!record.entry.hasOutput) this.#update(record, { hasOutput: true });
  }
}
