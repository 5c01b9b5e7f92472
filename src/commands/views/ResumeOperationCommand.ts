import type { ActivityNode } from '../../explorer/ActivityTree.ts';
import type { Activity } from '../../platform/Activity.ts';
import type { Command } from '../Command.ts';

/** Lets an operation of the Activity view go on that was interrupted, failed or was cancelled. */
export class ResumeOperationCommand implements Command {
  readonly id = 'berth.resumeOperation';
  readonly #activity: Activity;

  constructor(activity: Activity) {
    this.#activity = activity;
  }

  async execute({ entry }: ActivityNode): Promise<void> {
    await this.#activity.resume(entry.id);
  }
}
