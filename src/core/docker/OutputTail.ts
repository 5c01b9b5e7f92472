/** The last part of an output of any length, kept in bounded memory. */
export class OutputTail {
  readonly #limit: number;
  readonly #chunks: string[] = [];
  #length = 0;

  /** Keeps at least the last `limit` characters (or all), and never more than one chunk beyond. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  push(text: string): void {
    this.#chunks.push(text);
    this.#length += text.length;
    while (this.#chunks.length > 1 && this.#length - this.#chunks[0]!.length >= this.#limit) {
      this.#length -= this.#chunks.shift()!.length;
    }
  }

  text(): string {
    return this.#chunks.join('');
  }
}
