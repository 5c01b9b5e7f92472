/** The journal's way to the disk: whole files that are there or not, and logs that lose at most a line that was being written. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CoreError } from '../common/CoreError.ts';

/** A reader sees the old file or the whole new one; a full disk leaves no part behind (row 54). @throws CoreError `disk`. */
export async function writeAtomically(file: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeDurably(temporary, 'w', content);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw diskError(error);
  }
}

/** Lines added to a file. What is asked for while the disk is busy goes out together afterwards, with one wait for the disk. */
export class AppendLog {
  readonly #file: string;
  #waiting: string[] = [];
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** Resolves when the line is on disk. @throws CoreError `disk`. */
  append(line: string): Promise<void> {
    this.#waiting.push(line);
    this.#next ??= this.#writing.then(() => this.#flush());
    return this.#next;
  }

  async #flush(): Promise<void> {
    const lines = this.#waiting;
    this.#waiting = [];
    this.#next = undefined;
    // A line that was cut off ends here, so that it spoils no other.
    const writing = writeDurably(this.#file, 'a', lines.map((line) => `\n${line}`).join('') + '\n');
    this.#writing = writing.catch(() => undefined);
    await writing.catch((error: unknown) => {
      throw diskError(error);
    });
  }
}

/** The system's word for what went wrong: `ENOSPC`. */
export function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}

async function writeDurably(file: string, flags: 'w' | 'a', content: string | Uint8Array): Promise<void> {
  const handle = await open(file, flags, 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function diskError(error: unknown): CoreError {
  return new CoreError(
    'disk',
    'the journal could not be written',
    { operation: 'write journal', code: errorCode(error) },
    error,
  );
}
