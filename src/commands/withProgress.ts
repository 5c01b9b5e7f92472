/** Work that is waited for, with a notification and its Cancel. */
import * as vscode from 'vscode';
import { createSignal } from '../platform/cancellation.ts';

export async function withProgress<Result>(
  title: string,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (_progress, token) => {
      using cancellation = createSignal(token);
      return await work(cancellation.signal);
    },
  );
}
