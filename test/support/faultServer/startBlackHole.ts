/** A port where connecting neither succeeds nor fails: its listener is a stopped process whose queue is full. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';

const LISTENER = `require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 },
  function () { process.stdout.write(String(this.address().port) + '\\n'); });`;
/** More than a backlog of one holds, so that nobody else gets in. */
const FILLERS = 8;

export interface BlackHole extends AsyncDisposable {
  readonly host: string;
}

export async function startBlackHole(): Promise<BlackHole> {
  const child = spawn(process.execPath, ['-e', LISTENER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [output] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(output.toString());
  child.kill('SIGSTOP');
  const fillers = Array.from({ length: FILLERS }, () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    return socket;
  });
  await once(fillers[0]!, 'connect');
  return {
    host: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of fillers) socket.destroy();
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
}
