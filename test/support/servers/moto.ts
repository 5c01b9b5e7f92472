/** Amazon ECR's API by moto, a fake of AWS that is not ours. It checks no signatures and keeps everything in memory. */
import { findTool } from '../tools.ts';
import { freePort, startProcess, type TestServer } from './startProcess.ts';

/** The account moto plays when it is not told another one. */
export const MOTO_ACCOUNT = '123456789012';

export async function startMoto(): Promise<TestServer> {
  const port = await freePort();
  return startProcess({
    program: findTool('moto_server'),
    args: ['-H', '127.0.0.1', '-p', String(port)],
    port,
    readyPath: '/moto-api/',
  });
}
