/**
 * Regular expressions that people write into settings, matched in time linear in the text: every state of the pattern
 * is followed at once (Thompson 1968), so that no pattern can hang the editor, as a backtracking engine would on
 * `(a+)+$`. JavaScript's syntax without look-around, back references and `\b`.
 */
import { CoreError } from '../common/CoreError.ts';

type Instruction =
  | { readonly op: 'char'; readonly fits: (char: string) => boolean }
  | { readonly op: 'split'; readonly to: readonly number[] }
  | { readonly op: 'start' | 'end' | 'match' };

type Node =
  | { readonly kind: 'char'; readonly fits: (char: string) => boolean }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly of: Node; readonly least: number; readonly most: number };

const MAX_LENGTH = 500;
const MAX_STATES = 2_000;
const MAX_DEPTH = 50;

export class LinearPattern {
  readonly #program: Instruction[] = [];

  /** @throws CoreError `invalidInput`, reason `tagPattern`. */
  constructor(source: string, ignoresCase = false) {
    this.#emit(new PatternParser(source, ignoresCase).parse());
    this.#add({ op: 'match' });
  }

  /** Whether it fits anywhere in `text`, as `RegExp.test` says. */
  test(text: string): boolean {
    let states = new Set<number>();
    for (let at = 0; at <= text.length; at++) {
      this.#enter(states, 0, at, text.length);
      const next = new Set<number>();
      for (const state of states) {
        const instruction = this.#program[state]!;
        if (instruction.op === 'match') return true;
        if (instruction.op === 'char' && at < text.length && instruction.fits(text[at]!)) {
          this.#enter(next, state + 1, at + 1, text.length);
        }
      }
      states = next;
    }
    return false;
  }

  /** Adds `state` and all that is reached from it without a character. */
  #enter(states: Set<number>, state: number, at: number, length: number): void {
    const pending = [state];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (states.has(next)) continue;
      states.add(next);
      const instruction = this.#program[next]!;
      if (instruction.op === 'split') pending.push(...instruction.to);
      else if (instruction.op === 'start' && at === 0) pending.push(next + 1);
      else if (instruction.op === 'end' && at === length) pending.push(next + 1);
    }
  }

  #add(instruction: Instruction): number {
    if (this.#program.length >= MAX_STATES) throw unfit('too long when its counts are written out');
    return this.#program.push(instruction) - 1;
  }

  #emit(node: Node): void {
    switch (node.kind) {
      case 'char':
        this.#add({ op: 'char', fits: node.fits });
        return;
      case 'start':
      case 'end':
        this.#add({ op: node.kind });
        return;
      case 'sequence':
        for (const part of node.parts) this.#emit(part);
        return;
      case 'choice':
        this.#emitChoice(node.parts);
        return;
      case 'repeat':
        this.#emitRepeat(node.of, node.least, node.most);
    }
  }

  #emitChoice(parts: readonly Node[]): void {
    const starts: number[] = [];
    const fork = this.#add({ op: 'split', to: starts });
    const ends: number[][] = [];
    for (const part of parts) {
      starts.push(this.#program.length);
      this.#emit(part);
      const to: number[] = [];
      ends.push(to);
      this.#add({ op: 'split', to });
    }
    if (parts.length === 0) starts.push(fork + 1);
    for (const to of ends) to.push(this.#program.length);
  }

  #emitRepeat(of: Node, least: number, most: number): void {
    for (let count = 0; count < least; count++) this.#emit(of);
    const exits: number[][] = [];
    const optional = (): void => {
      const to: number[] = [];
      exits.push(to);
      to.push(this.#add({ op: 'split', to }) + 1);
      this.#emit(of);
    };
    if (most === Infinity) {
      const loop = this.#program.length;
      optional();
      this.#add({ op: 'split', to: [loop] });
    } else {
      for (let count = least; count < most; count++) optional();
    }
    for (const to of exits) to.push(this.#program.length);
  }
}

class PatternParser {
  readonly #source: string;
  readonly #ignoresCase: boolean;
  #at = 0;
  #depth = 0;

  constructor(source: string, ignoresCase: boolean) {
    this.#source = source;
    this.#ignoresCase = ignoresCase;
  }

  parse(): Node {
    if (this.#source === '' || this.#source.length > MAX_LENGTH) throw unfit('empty or too long');
    const node = this.#choice();
    if (this.#at < this.#source.length) throw unfit('a bracket closes that was not opened');
    return node;
  }

  get #next(): string | undefined {
    return this.#source[this.#at];
  }

  #takes(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #choice(): Node {
    if (++this.#depth > MAX_DEPTH) throw unfit('nested too deep');
    const parts = [this.#sequence()];
    while (this.#takes('|')) parts.push(this.#sequence());
    this.#depth--;
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    while (this.#next !== undefined && this.#next !== '|' && this.#next !== ')') {
      parts.push(this.#quantified(this.#atom()));
    }
    return { kind: 'sequence', parts };
  }

  #quantified(of: Node): Node {
    const [least, most] = this.#takes('*')
      ? [0, Infinity]
      : this.#takes('+')
        ? [1, Infinity]
        : this.#takes('?')
          ? [0, 1]
          : (this.#count() ?? [1, 1]);
    if (least === 1 && most === 1) return of;
    this.#takes('?'); // lazy or greedy is the same to a test
    if (/^[*+?]/.test(this.#next ?? '')) throw unfit('two quantifiers in a row');
    return { kind: 'repeat', of, least, most };
  }

  /** `{2}`, `{2,}`, `{2,5}`. */
  #count(): [number, number] | undefined {
    const match = /^\{(\d{1,3})(,(\d{1,3})?)?\}/.exec(this.#source.slice(this.#at, this.#at + 10));
    if (!match) return undefined;
    this.#at += match[0].length;
    const least = Number(match[1]);
    const most = match[2] === undefined ? least : match[3] === undefined ? Infinity : Number(match[3]);
    if (most < least) throw unfit('the numbers of a count are the wrong way round');
    return [least, most];
  }

  #atom(): Node {
    const char = this.#source[this.#at++]!;
    switch (char) {
      case '(':
        return this.#group();
      case '[':
        return { kind: 'char', fits: this.#class() };
      case '.':
        return { kind: 'char', fits: () => true };
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '\\':
        return { kind: 'char', fits: this.#escape() };
      case '*':
      case '+':
      case '?':
        throw unfit('a quantifier with nothing before it');
      default:
        return { kind: 'char', fits: this.#between(char, char) };
    }
  }

  #between(from: string, to: string): (char: string) => boolean {
    const fits = (char: string) => char >= from && char <= to;
    return this.#ignoresCase ? (char) => fits(char.toLowerCase()) || fits(char.toUpperCase()) : fits;
  }

  #group(): Node {
    if (this.#next === '?' && !this.#takes('?:'))
      throw unfit('look-around and named groups are not supported');
    const node = this.#choice();
    if (!this.#takes(')')) throw unfit('a bracket is not closed');
    return node;
  }

  #escape(): (char: string) => boolean {
    const char = this.#source[this.#at++];
    if (char === undefined) throw unfit('a backslash at its end');
    const digit = (other: string) => /^\d$/.test(other);
    const word = (other: string) => /^\w$/.test(other);
    switch (char) {
      case 'd':
        return digit;
      case 'w':
        return word;
      case 'D':
        return (other) => !digit(other);
      case 'W':
        return (other) => !word(other);
      default:
        if (/^\w$/.test(char)) throw unfit(`\\${char} is not supported`);
        return (other) => other === char;
    }
  }

  #class(): (char: string) => boolean {
    const isNegated = this.#takes('^');
    const tests: ((char: string) => boolean)[] = [];
    while (this.#next !== undefined && this.#next !== ']') {
      const from = this.#source[this.#at++]!;
      if (from === '\\') {
        tests.push(this.#escape());
      } else if (this.#next === '-' && !/^(?:\]|)$/.test(this.#source[this.#at + 1] ?? '')) {
        const to = this.#source[this.#at + 1]!;
        this.#at += 2;
        if (to < from) throw unfit('a range is the wrong way round');
        tests.push(this.#between(from, to));
      } else {
        tests.push(this.#between(from, from));
      }
    }
    if (!this.#takes(']')) throw unfit('a bracket is not closed');
    return (char) => tests.some((test) => test(char)) !== isNegated;
  }
}

function unfit(why: string): CoreError {
  return new CoreError('invalidInput', `not a pattern: ${why}`, { reason: 'tagPattern' });
}
