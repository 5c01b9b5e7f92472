/** A typed array that grows. */
import type { SectionArray } from './sections.ts';

export class Column<ArrayType extends SectionArray> {
  readonly #create: new (length: number) => ArrayType;
  #values: ArrayType;
  #length = 0;

  constructor(create: new (length: number) => ArrayType, capacity = 1024) {
    this.#create = create;
    this.#values = new create(capacity);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): number {
    this.#reserve(this.#length + 1);
    this.#values[this.#length] = value;
    return this.#length++;
  }

  get(index: number): number {
    return this.#values[index]!;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  /** Appends text as UTF-8; only for bytes. Returns where it ends. */
  append(text: string): number {
    this.#reserve(this.#length + text.length * 3);
    const start = this.#length;
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) return this.#appendUtf8(text, start);
      this.#values[start + i] = code;
    }
    return (this.#length = start + text.length);
  }

  /** The values so far, as a view. */
  values(): ArrayType {
    return this.#values.subarray(0, this.#length) as ArrayType;
  }

  /** Forgets the values; views of them are empty from now on. */
  free(): void {
    this.#length = 0;
    this.#drop(new this.#create(0));
  }

  #appendUtf8(text: string, start: number): number {
    const { buffer, byteOffset, byteLength } = this.#values;
    this.#length += Buffer.from(buffer, byteOffset, byteLength).write(text, start, 'utf8');
    return this.#length;
  }

  #reserve(length: number): void {
    if (length <= this.#values.length) return;
    const grown = new this.#create(Math.max(length, Math.ceil(this.#values.length * 1.6)));
    grown.set(this.#values);
    this.#drop(grown);
  }

  /** At once and not when the collector finds the time: columns are most of what indexing takes. */
  #drop(next: ArrayType): void {
    (this.#values.buffer as ArrayBuffer).transfer(0);
    this.#values = next;
  }
}
