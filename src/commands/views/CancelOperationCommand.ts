import type { ActivityNode } from '../../explorer/ActivityTree.ts';
import type { Activity } from '../../platform/Activity.ts';
import type { Command } from '../Command.ts';

/** Cancels a running operation from the Activity view. */
export class CancelOperationCommand implements Command {
  readonly id = 'berth.cancelOperation';
  readonly #activity: Activity;

  constructor(activity: Activity) {
    this.#activity = activity;
  }

  execute({ entry }: ActivityNode): void {
    this.#activity.cancel(entry.id);
  }
}
