import * as vscode from 'vscode';
import type { Command } from '../Command.ts';

/** Opens the walkthrough. */
export class OpenGettingStartedCommand implements Command {
  readonly id = 'berth.openGettingStarted';
  readonly #extensionId: string;

  constructor(extensionId: string) {
    this.#extensionId = extensionId;
  }

  async execute(): Promise<void> {
    await vscode.commands.executeCommand(
      'workbench.action.openWalkthrough',
      `${this.#extensionId}#gettingStarted`,
      false,
    );
  }
}
