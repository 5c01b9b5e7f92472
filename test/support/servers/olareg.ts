/** A real OCI 1.1 registry with referrers and delete by tag. */
import { findTool } from '../tools.ts';
import { freePort, startProcess, type TestServer } from './startProcess.ts';

export interface OlaregOptions {
  readonly deleteEnabled?: boolean;
  readonly referrersEnabled?: boolean;
}

export async function startOlareg(options: OlaregOptions = {}): Promise<TestServer> {
  const port = await freePort();
  return startProcess({
    program: findTool('olareg'),
    args: [
      'serve',
      '--addr',
      '127.0.0.1',
      '--port',
      String(port),
      '--store-type',
      'mem',
      `--api-delete=${String(options.deleteEnabled ?? true)}`,
      `--api-referrer=${String(options.referrersEnabled ?? true)}`,
      // Undo puts manifests back: nothing may be collected in the middle of a test.
      '--gc-frequency=-1s',
    ],
    port,
  });
}
