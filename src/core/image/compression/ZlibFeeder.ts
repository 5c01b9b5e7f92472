/** One of zlib's streams as a step that is awaited: bytes in, what came of them out, and how many of them it took. */
import type { Duplex } from 'node:stream';
import type { CoreError } from '../../common/CoreError.ts';
import { damagedArchive } from '../archive/damagedArchive.ts';

/** A stream of `node:zlib` that decompresses. */
export type ZlibStream = Duplex & { readonly bytesWritten: number };

export class ZlibFeeder {
  readonly #stream: ZlibStream;
  #output: Buffer[] = [];
  #failure: unknown;
  #ended = false;
  #wake: (() => void) | undefined;

  /**
   * @param reason what the archive is said to suffer from when zlib refuses it
   * @param toError another error for what is not damage
   */
  constructor(stream: ZlibStream, reason: string, toError?: (error: unknown) => CoreError | undefined) {
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => this.#output.push(chunk));
    stream.on('error', (error) => {
      this.#failure ??= toError?.(error) ?? damagedArchive(reason, error);
      this.#wake?.();
    });
    stream.on('end', () => {
      this.#ended = true;
      this.#wake?.();
    });
  }

  /** The compressed data said that it is whole; more is not taken. */
  get isEnded(): boolean {
    return this.#ended;
  }

  /** Of all bytes fed, those that belonged to the compressed data. */
  get bytesTaken(): number {
    return this.#stream.bytesWritten;
  }

  /** Resolves with all that comes of `chunk`. @throws CoreError `protocol` */
  async feed(chunk: Uint8Array): Promise<Buffer[]> {
    await this.#wait((done) => this.#stream.write(chunk, done));
    return this.#taken();
  }

  /** No more input: resolves with the rest. @throws CoreError `protocol` when the data is not whole. */
  async finish(): Promise<Buffer[]> {
    if (!this.#ended) await this.#wait(() => this.#stream.end());
    return this.#taken();
  }

  destroy(): void {
    this.#stream.destroy();
  }

  async #wait(start: (done: () => void) => void): Promise<void> {
    if (this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        start(resolve);
      });
    }
    if (this.#failure !== undefined) throw this.#failure as Error;
  }

  #taken(): Buffer[] {
    const output = this.#output;
    this.#output = [];
    return output;
  }
}
