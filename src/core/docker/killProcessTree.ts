/** Ends a process and everything it started. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

/**
 * `child` must lead its own process group (`detached: true`) except on Windows, where taskkill follows the tree.
 * SIGTERM to the group at once; SIGKILL after `graceMs` to whoever of it is left, even when `child` itself is gone.
 */
export function killProcessTree(child: ChildProcess, graceMs = 2_000): void {
  const { pid } = child;
  if (pid === undefined) return;
  if (process.platform === 'win32') {
    const killer = spawn('taskkill', ['/pid', String(pid), '/T', '/F'], {
      stdio: 'ignore',
      windowsHide: true,
    });
    killer.on('error', () => child.kill('SIGKILL'));
    return;
  }
  signalGroup(pid, 'SIGTERM');
  setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is empty: nothing is left to end.
  }
}
