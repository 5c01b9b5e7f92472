import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { nullLogger } from '../../src/core/common/Logger.ts';
import { DockerHubProvider } from '../../src/core/providers/DockerHubProvider.ts';
import type { RegistrySession } from '../../src/platform/RegistrySession.ts';
import type { RegistrySessions } from '../../src/platform/RegistrySessions.ts';
import { PullLimitStatusBar } from '../../src/platform/PullLimitStatusBar.ts';
import { startHubContract } from '../support/contract/dockerHub.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { testProviderContext } from '../support/testProviderContext.ts';

describe('The pull limit of Docker Hub', () => {
  it('is told once a connection is opened, from a HEAD alone', async () => {
    await using hub = await startHubContract({ pullsLeft: 87 });
    await using connection = new TestConnection(hub.server.origin);
    const { client } = connection;
    const context = testProviderContext(connection, { settings: { apiUrl: hub.server.origin } });
    const provider = await DockerHubProvider.open(context);
    const opened = new vscode.EventEmitter<RegistrySession>();
    const sessions = { onDidOpen: opened.event } as unknown as RegistrySessions;
    const statusBar = new PullLimitStatusBar(sessions, nullLogger);
    try {
      assert.match(statusBar.explain(), /has told no pull limit yet/);
      const read = new Promise<void>((resolve) => client.pullLimit.onDidRead(() => setImmediate(resolve)));
      opened.fire({ client, provider } as unknown as RegistrySession);
      await read;
      assert.match(statusBar.explain(), /87 of 100 pulls left.*6 hours.*192\.0\.2\.7/);
      assert.deepEqual(
        hub.server.requests.map(({ method }) => method),
        ['HEAD'],
      );
    } finally {
      statusBar.dispose();
      opened.dispose();
    }
  });
});
