/** Starts a server program for tests and ends it by its process handle. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';

/** A running server; `await using` stops it. */
export interface TestServer extends AsyncDisposable {
  /** `http://127.0.0.1:port` or https, no trailing slash. */
  readonly url: string;
  /** `127.0.0.1:port`. */
  readonly host: string;
  readonly port: number;
  /** Everything the server printed so far. */
  readonly log: () => string;
  stop(): Promise<void>;
}

/** A port nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface StartOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly port: number;
  readonly scheme?: 'http' | 'https';
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Path that answers once the server is up; any HTTP status counts. */
  readonly readyPath?: string;
  /** PEM files of what to show a server that wants a client certificate. */
  readonly client?: { readonly certificateFile: string; readonly keyFile: string };
  /** Called after the process ended, to remove its folder. */
  readonly cleanUp?: () => Promise<void>;
}

/** @throws Error with the server's output when it ends or does not answer within 20 s. */
export async function startProcess(options: StartOptions): Promise<TestServer> {
  const scheme = options.scheme ?? 'http';
  const host = `127.0.0.1:${options.port}`;
  const child = spawn(options.program, options.args, {
    env: { ...process.env, ...options.env },
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  }
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      log += error.message;
      resolve();
    });
  });
  const stop = async (): Promise<void> => {
    if (isRunning(child)) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
      await exited;
      clearTimeout(timer);
    }
    await options.cleanUp?.();
  };
  try {
    await waitUntilAnswers(`${scheme}://${host}${options.readyPath ?? '/v2/'}`, child, options.client);
  } catch (error) {
    await stop();
    throw new Error(`${options.program} did not start: ${String(error)}\n${log.slice(-2000)}`);
  }
  return {
    url: `${scheme}://${host}`,
    host,
    port: options.port,
    log: () => log,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

async function waitUntilAnswers(
  url: string,
  child: ChildProcess,
  client: StartOptions['client'],
): Promise<void> {
  const { Agent } = await import('undici');
  const pair = client && {
    cert: await readFile(client.certificateFile),
    key: await readFile(client.keyFile),
  };
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false, ...pair } });
  try {
    const deadline = Date.now() + 20_000;
    for (;;) {
      if (!isRunning(child)) throw new Error('it ended at once');
      try {
        const { body } = await request(url, { dispatcher });
        await body.dump();
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    }
  } finally {
    await dispatcher.destroy();
  }
}
