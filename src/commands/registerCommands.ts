/**
 * Registers commands by their ids and loads what they do when the first of them runs, so that a window that only starts
 * does not pay for it. Logs each run, words and shows what goes wrong with one next step, is quiet on cancel.
 */
import * as vscode from 'vscode';
import { isCoreError } from '../core/common/CoreError.ts';
import type { Logger } from '../core/common/Logger.ts';
import type { Activity } from '../platform/Activity.ts';
import { runErrorAction } from '../platform/errorActions.ts';
import { actionLabel, wordError } from '../platform/wordError.ts';
import type { Command } from './Command.ts';

/** @param load makes every command; asked once. */
export function registerCommands(
  ids: readonly string[],
  load: () => Promise<readonly Command[]>,
  activity: Activity,
  logger: Logger,
): vscode.Disposable {
  let loading: Promise<ReadonlyMap<string, Command>> | undefined;
  const find = async (id: string): Promise<Command> => {
    loading ??= load().then((commands) => new Map(commands.map((command) => [command.id, command])));
    const command = (await loading).get(id);
    if (!command) throw new Error(`no command ${id}`);
    return command;
  };
  return vscode.Disposable.from(
    ...ids.map((id) => {
      const run = async (...args: unknown[]): Promise<unknown> => {
        logger.debug(`command ${id}`);
        try {
          return await (await find(id)).execute(...(args as never[]));
        } catch (error) {
          void reportError(error, args, () => void run(...args), activity, logger);
          return undefined;
        }
      };
      return vscode.commands.registerCommand(id, run);
    }),
  );
}

async function reportError(
  error: unknown,
  args: readonly unknown[],
  retry: () => void,
  activity: Activity,
  logger: Logger,
): Promise<void> {
  if (error instanceof vscode.CancellationError || isCoreError(error, 'cancelled')) return;
  logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  const { message, action } = wordError(error);
  const label = actionLabel(action);
  const entry = activity.entryOf(error);
  if (entry) activity.describeFailure(entry.id, message);
  const showOutput = vscode.l10n.t('Show Output');
  const labels = entry?.hasOutput ? [showOutput] : [];
  // What the program printed says more than the log.
  if (action !== 'showLog' || labels.length === 0) labels.push(label);
  const answer = await vscode.window.showErrorMessage(message, ...labels);
  if (entry && answer === showOutput) activity.showOutput(entry.id);
  else if (answer === label) {
    await runErrorAction(action, { error, retry, connectionId: connectionIdOf(args) });
  }
}

function connectionIdOf(args: readonly unknown[]): string | undefined {
  for (const arg of args) {
    if (typeof arg === 'object' && arg !== null && 'connectionId' in arg) return String(arg.connectionId);
  }
  return undefined;
}
