/** Registers commands: logs each run, words and shows what goes wrong with one next step, is quiet on cancel. */
import * as vscode from 'vscode';
import { isCoreError } from '../core/common/CoreError.ts';
import type { Logger } from '../core/common/Logger.ts';
import { runErrorAction } from '../platform/errorActions.ts';
import { actionLabel, wordError } from '../platform/wordError.ts';
import type { Command } from './Command.ts';

export function registerCommands(commands: readonly Command[], logger: Logger): vscode.Disposable {
  return vscode.Disposable.from(
    ...commands.map((command) => {
      const run = async (...args: unknown[]): Promise<unknown> => {
        logger.debug(`command ${command.id}`);
        try {
          return await command.execute(...(args as never[]));
        } catch (error) {
          void reportError(error, args, () => void run(...args), logger);
          return undefined;
        }
      };
      return vscode.commands.registerCommand(command.id, run);
    }),
  );
}

async function reportError(
  error: unknown,
  args: readonly unknown[],
  retry: () => void,
  logger: Logger,
): Promise<void> {
  if (error instanceof vscode.CancellationError || isCoreError(error, 'cancelled')) return;
  logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  const { message, action } = wordError(error);
  const label = actionLabel(action);
  if ((await vscode.window.showErrorMessage(message, label)) === label) {
    await runErrorAction(action, { error, retry, connectionId: connectionIdOf(args) });
  }
}

function connectionIdOf(args: readonly unknown[]): string | undefined {
  for (const arg of args) {
    if (typeof arg === 'object' && arg !== null && 'connectionId' in arg) return String(arg.connectionId);
  }
  return undefined;
}
