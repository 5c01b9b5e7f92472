/** Base of the progress parsers: cuts each output stream into lines, wherever its chunks were cut. */
import { toDisplayText } from '../../common/displayText.ts';
import type { ProgressEvent, ProgressParser } from './ProgressEvent.ts';

/** A line that never ends is cut here; rawjson lines of big builds reach some 100 KiB. */
const MAX_LINE_CHARACTERS = 4 * 1024 * 1024;

export abstract class LineParser implements ProgressParser {
  readonly #rest = { stdout: '', stderr: '' };

  push(text: string, stream: 'stdout' | 'stderr' = 'stdout'): ProgressEvent[] {
    const lines = (this.#rest[stream] + text).split('\n');
    const rest = lines.pop()!;
    if (rest.length > MAX_LINE_CHARACTERS) {
      lines.push(rest);
      this.#rest[stream] = '';
    } else {
      this.#rest[stream] = rest;
    }
    return lines.flatMap((line) => this.#parse(line));
  }

  end(): ProgressEvent[] {
    const rest = [this.#rest.stdout, this.#rest.stderr].filter(Boolean);
    this.#rest.stdout = this.#rest.stderr = '';
    return rest.flatMap((line) => this.#parse(line));
  }

  /** One line as it came, without its line break. A carriage return redraws the line: the last drawing counts. */
  #parse(line: string): ProgressEvent[] {
    const drawings = line.replace(/\r+$/, '').split('\r');
    return this.parseLine(toDisplayText(drawings.at(-1)!));
  }

  /** `line` holds no control character. */
  protected abstract parseLine(line: string): ProgressEvent[];
}
