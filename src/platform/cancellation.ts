/** VS Code's cancellation tokens as AbortSignals. */
import type * as vscode from 'vscode';

/** A signal that aborts with the token. The listener goes with `dispose`; use it with `using`. */
export function createSignal(token: vscode.CancellationToken): {
  readonly signal: AbortSignal;
} & Disposable {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  const subscription = token.onCancellationRequested(() => controller.abort());
  return { signal: controller.signal, [Symbol.dispose]: () => void subscription.dispose() };
}
