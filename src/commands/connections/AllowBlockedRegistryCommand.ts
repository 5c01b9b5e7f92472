import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { confirmBlocked } from './confirmUnsafe.ts';

type Needs = Pick<Services, 'settings' | 'sessions'>;

/** Lets one connection talk to a registry that registries.conf blocks, after asking. True when allowed. */
export class AllowBlockedRegistryCommand implements Command {
  readonly id = 'berth.allowBlockedRegistry';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node: { readonly connectionId: string }, error: unknown): Promise<boolean> {
    if (!(await confirmBlocked(error))) return false;
    await this.#services.settings.update(node.connectionId, { allowBlocked: true });
    this.#services.sessions.reset(node.connectionId);
    return true;
  }
}
