import type { ConnectionSettings } from '../../platform/ConnectionSettings.ts';
import type { RegistrySessions } from '../../platform/RegistrySessions.ts';
import type { Command } from '../Command.ts';
import { confirmBlocked } from './ConnectionForm.ts';

/** Lets one connection talk to a registry that registries.conf blocks, after asking. True when allowed. */
export class AllowBlockedRegistryCommand implements Command {
  readonly id = 'berth.allowBlockedRegistry';
  readonly #settings: ConnectionSettings;
  readonly #sessions: RegistrySessions;

  constructor(settings: ConnectionSettings, sessions: RegistrySessions) {
    this.#settings = settings;
    this.#sessions = sessions;
  }

  async execute(node: { readonly connectionId: string }, error: unknown): Promise<boolean> {
    if (!(await confirmBlocked(error))) return false;
    await this.#settings.update(node.connectionId, { allowBlocked: true });
    this.#sessions.reset(node.connectionId);
    return true;
  }
}
