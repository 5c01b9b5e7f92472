/** Ports where connecting neither succeeds nor fails: their listener is a stopped process whose queues are full. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';

/** Prints its ports in one line. */
const LISTENER = `const { createServer } = require('node:net');
  const listen = () => new Promise((resolve) => {
    const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => resolve(server.address().port));
  });
  Promise.all(Array.from({ length: Number(process.argv[1]) }, listen)).then((ports) => console.log(ports.join(' ')));`;
/** More than a backlog of one holds, so that nobody else gets in. */
const FILLERS = 8;

export interface BlackHole extends AsyncDisposable {
  readonly host: string;
}

export interface BlackHoles extends AsyncDisposable {
  readonly hosts: readonly string[];
}

export async function startBlackHole(): Promise<BlackHole> {
  const holes = await startBlackHoles(1);
  return { host: holes.hosts[0]!, [Symbol.asyncDispose]: () => holes[Symbol.asyncDispose]() };
}

/** All in one process. */
export async function startBlackHoles(count: number): Promise<BlackHoles> {
  const child = spawn(process.execPath, ['-e', LISTENER, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = (await once(child.stdout, 'data')) as [Buffer];
  const ports = output.toString().trim().split(' ').map(Number);
  child.kill('SIGSTOP');
  const fillers = ports.flatMap((port) =>
    Array.from({ length: FILLERS }, () => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      return socket;
    }),
  );
  await Promise.all(
    fillers.filter((_, index) => index % FILLERS === 0).map((socket) => once(socket, 'connect')),
  );
  return {
    hosts: ports.map((port) => `127.0.0.1:${port}`),
    async [Symbol.asyncDispose]() {
      for (const socket of fillers) socket.destroy();
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
}
