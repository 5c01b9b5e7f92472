/**
 * What runs and what has run: the model behind the Activity view. One entry an operation, with progress, full
 * output, Cancel while it runs, Undo after it where the operation offers one, and Resume and Roll Back where it did not
 * come to its end.
 */
import * as vscode from 'vscode';
import { toDisplayText } from '../core/common/displayText.ts';

export type ActivityState = 'running' | 'succeeded' | 'failed' | 'cancelled' | 'undone' | 'interrupted';

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
  /** It stopped before its end and can go on from there. */
  readonly canResume: boolean;
  readonly canRollBack: boolean;
}

/** What an operation does with its entry while it runs. */
export interface ActivityHandle {
  readonly id: string;
  readonly signal: AbortSignal;
  /** Progress in words, and the share done from 0 to 1 where known. */
  report(message: string, share?: number): void;
  /** Raw output of a program; shown by Show Output. */
  append(text: string): void;
  /** From now on it can go on where it stopped, should it fail or be cancelled. */
  offerResume(resume: () => Promise<void>): void;
}

/** How an operation of an earlier window that did not come to its end goes on. */
export interface InterruptedWork {
  /** Runs it as an operation of its own; the entry of the interrupted one goes. */
  readonly resume: () => Promise<void>;
  readonly rollBack: () => Promise<void>;
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
  resume?: () => Promise<void>;
  rollBack?: () => Promise<void>;
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
            canResume: false,
            canRollBack: false,
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
          offerResume: (resume) => {
            record.resume = resume;
          },
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
          const state = controller.signal.aborted ? 'cancelled' : 'failed';
          this.#finish(record, state, { canResume: record.resume !== undefined });
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
        canResume: false,
        canRollBack: false,
        ...(outcome.detail !== undefined && { detail: outcome.detail }),
      },
      output: '',
      ...(outcome.undo && { undo: outcome.undo }),
    };
    this.#add(record);
    return id;
  }

  /** Adds what an earlier window did not bring to its end. */
  addInterrupted(options: ActivityOptions, startedAt: Date, work: InterruptedWork): string {
    const id = String(this.#nextId++);
    this.#add({
      entry: {
        id,
        title: options.title,
        icon: options.icon,
        startedAt,
        finishedAt: startedAt,
        state: 'interrupted',
        hasOutput: false,
        canUndo: false,
        canResume: true,
        canRollBack: true,
      },
      output: '',
      ...work,
    });
    return id;
  }

  /** Lets an operation go on that stopped before its end: as a new entry, which takes the place of the old one. */
  async resume(id: string): Promise<void> {
    const record = this.#records.get(id);
    if (!record?.resume || !record.entry.canResume) return;
    this.#remove(id);
    await record.resume();
  }

  /** Takes back what an interrupted operation did. */
  async rollBack(id: string): Promise<void> {
    const record = this.#records.get(id);
    if (!record?.rollBack || !record.entry.canRollBack) return;
    this.#update(record, { canResume: false, canRollBack: false });
    try {
      await record.rollBack();
      this.#update(record, { state: 'undone' });
    } catch (error) {
      this.#update(record, { canResume: record.resume !== undefined, canRollBack: true });
      throw error;
    }
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
      if (record.entry.state !== 'running' && !record.entry.canUndo && !record.entry.canRollBack) {
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

  #remove(id: string): void {
    this.#records.get(id)?.channel?.dispose();
    this.#records.delete(id);
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
