/**
 * Dry runs of clean-ups on disk: a text file to edit in a folder of its own, the plan beside it. Files, and no documents
 * in memory, so that a reload or a crash loses neither the plan nor what the person changed.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as vscode from 'vscode';
import type { StoredReview } from '../core/operations/cleanup/storedReview.ts';

export const CLEAN_UP_LANGUAGE = 'berth-cleanup';
const EXTENSION = '.berth-cleanup';
const PLAN = 'plan.json';
/** A review that nobody carried out says nothing true any more by then. */
const KEPT_MS = 14 * 24 * 3600 * 1000;

export class CleanUpReviews {
  readonly #folder: string;
  readonly #known = new Map<string, StoredReview>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param title of the editor's tab; anything that is no file name is replaced. */
  async create(title: string, review: StoredReview, text: string): Promise<vscode.Uri> {
    await this.#removeOld();
    await mkdir(this.#folder, { recursive: true });
    const folder = await mkdtemp(join(this.#folder, 'review-'));
    const { formatStoredReview } = await import('../core/operations/cleanup/storedReview.ts');
    await writeFile(join(folder, PLAN), formatStoredReview(review), { mode: 0o600 });
    const file = join(folder, `${title.replaceAll(/[^\w.@+-]+/g, '-').slice(-80)}${EXTENSION}`);
    await writeFile(file, text, { mode: 0o600 });
    return vscode.Uri.file(file);
  }

  /** The plan a document was made from; undefined where it is gone, or the document is none of ours. */
  async read(uri: vscode.Uri): Promise<StoredReview | undefined> {
    const key = uri.toString();
    const known = this.#known.get(key);
    if (known || uri.scheme !== 'file' || !uri.fsPath.endsWith(EXTENSION)) return known;
    if (dirname(dirname(uri.fsPath)) !== this.#folder) return undefined;
    try {
      const text = await readFile(join(dirname(uri.fsPath), PLAN), 'utf8');
      const { tryParseStoredReview } = await import('../core/operations/cleanup/storedReview.ts');
      const review = tryParseStoredReview(text);
      if (review) this.#known.set(key, review);
      return review;
    } catch {
      return undefined;
    }
  }

  /** Forgets one that was carried out, file and all. */
  async remove(uri: vscode.Uri): Promise<void> {
    this.#known.delete(uri.toString());
    const folder = dirname(uri.fsPath);
    if (dirname(folder) === this.#folder && basename(folder).startsWith('review-')) {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** What a closed document left in memory. */
  forget(uri: vscode.Uri): void {
    this.#known.delete(uri.toString());
  }

  async #removeOld(): Promise<void> {
    const folders = await readdir(this.#folder).catch(() => []);
    for (const name of folders.filter((each) => each.startsWith('review-'))) {
      const folder = join(this.#folder, name);
      const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Date.now() }));
      if (Date.now() - mtimeMs > KEPT_MS) await rm(folder, { recursive: true, force: true });
    }
  }
}
