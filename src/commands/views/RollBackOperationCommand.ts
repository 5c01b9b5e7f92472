import type { ActivityNode } from '../../explorer/ActivityTree.ts';
import type { Activity } from '../../platform/Activity.ts';
import type { Command } from '../Command.ts';

/** Takes back what an interrupted operation of the Activity view did. */
export class RollBackOperationCommand implements Command {
  readonly id = 'berth.rollBackOperation';
  readonly #activity: Activity;

  constructor(activity: Activity) {
    this.#activity = activity;
  }

  async execute({ entry }: ActivityNode): Promise<void> {
    await this.#activity.rollBack(entry.id);
  }
}
