import type { ActivityNode } from '../../explorer/ActivityTree.ts';
import type { Activity } from '../../platform/Activity.ts';
import type { Command } from '../Command.ts';

/** Shows everything the program of an operation printed. */
export class ShowOutputCommand implements Command {
  readonly id = 'berth.showOutput';
  readonly #activity: Activity;

  constructor(activity: Activity) {
    this.#activity = activity;
  }

  execute({ entry }: ActivityNode): void {
    this.#activity.showOutput(entry.id);
  }
}
