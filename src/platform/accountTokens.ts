/** Tokens of the accounts a person is signed in to in VS Code. */
import * as vscode from 'vscode';
import type { AccountService } from '../core/providers/ProviderContext.ts';

/** The token of a session that exists already; never asks, so that a tree can be read in silence. */
export async function readAccountToken(
  service: AccountService,
  scopes: readonly string[],
): Promise<string | undefined> {
  const session = await vscode.authentication.getSession(service, scopes, { silent: true });
  return session?.accessToken;
}

/** Signs in, asking where need be. @throws CancellationError-like errors of VS Code when the person declines. */
export async function requestAccountToken(
  service: AccountService,
  scopes: readonly string[],
): Promise<{ readonly token: string; readonly account: string }> {
  const session = await vscode.authentication.getSession(service, scopes, { createIfNone: true });
  return { token: session.accessToken, account: session.account.label };
}
