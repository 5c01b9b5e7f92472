/** Does the one next step that an error offers. The steps are commands, named here by id only. */
import * as vscode from 'vscode';
import type { ErrorAction } from './wordError.ts';

export interface ErrorContext {
  readonly error: unknown;
  /** The connection it happened on, where known. */
  readonly connectionId: string | undefined;
  /** Does again what failed. */
  readonly retry: () => void;
}

export async function runErrorAction(action: ErrorAction, context: ErrorContext): Promise<void> {
  const { connectionId, error, retry } = context;
  const target = connectionId === undefined ? undefined : { connectionId };
  const run = (command: string, ...args: unknown[]) => vscode.commands.executeCommand(command, ...args);
  switch (action) {
    case 'signIn':
      if (await run('berth.signIn', target)) retry();
      return;
    case 'trustCertificate':
      if (await run('berth.trustCertificate', target, error)) retry();
      return;
    case 'chooseClientCertificate':
    case 'enterPassphrase':
      if (await run('berth.chooseClientCertificate', target, action)) retry();
      return;
    case 'allowBlocked':
      if (await run('berth.allowBlockedRegistry', target, error)) retry();
      return;
    case 'retry':
      retry();
      return;
    case 'editConnection':
      await run('berth.editConnection', target);
      return;
    case 'pinRepository':
      await run('berth.pinRepository', target);
      return;
    case 'openProxySettings':
      await run('workbench.action.openSettings', 'http.proxy');
      return;
    case 'openDockerSettings':
      await run('workbench.action.openSettings', 'berth.docker');
      return;
    case 'selectDockerContext':
      await run('berth.selectDockerContext');
      return;
    case 'startLocalRegistry':
      await run('berth.startLocalRegistry', target);
      return;
    case 'manageTrust':
      await run('workbench.trust.manage');
      return;
    case 'showLog':
      await run('berth.showLog');
      return;
  }
}
