import type { Command } from '../Command.ts';

/** Shows Berth's log. */
export class ShowLogCommand implements Command {
  readonly id = 'berth.showLog';
  readonly #showLog: () => void;

  constructor(showLog: () => void) {
    this.#showLog = showLog;
  }

  execute(): void {
    this.#showLog();
  }
}
