import type { RepositoryNode } from '../../explorer/nodes.ts';
import type { ConnectionSettings } from '../../platform/ConnectionSettings.ts';
import type { Command } from '../Command.ts';

/** Takes a repository off the connection's pins. The repository itself is not touched. */
export class UnpinRepositoryCommand implements Command {
  readonly id = 'berth.unpinRepository';
  readonly #settings: ConnectionSettings;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
  }

  async execute({ connectionId, repository }: RepositoryNode): Promise<void> {
    const pinned = this.#settings.get(connectionId)?.repositories ?? [];
    await this.#settings.update(connectionId, {
      repositories: pinned.filter((name) => name !== repository),
    });
  }
}
