import type { Activity } from '../../platform/Activity.ts';
import type { Command } from '../Command.ts';

/** Clears what has finished and cannot be undone. */
export class ClearActivityCommand implements Command {
  readonly id = 'berth.clearActivity';
  readonly #activity: Activity;

  constructor(activity: Activity) {
    this.#activity = activity;
  }

  execute(): void {
    this.#activity.clearFinished();
  }
}
