/** Output for people: every line as it came, made safe to show. */
import { LineParser } from './LineParser.ts';
import type { ProgressEvent } from './ProgressEvent.ts';

export class OutputLines extends LineParser {
  protected override parseLine(line: string): ProgressEvent[] {
    return [{ kind: 'log', text: `${line}\n` }];
  }
}
