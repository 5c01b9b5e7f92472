/**
 * Runs in an extension host instead of a suite: activates the extension of a fresh window and prints what that took.
 * By the clock it is what VS Code shows under "Show Running Extensions": loading the code, and the call of `activate`
 * (in between the host fetches what the window has stored). The work of the host's thread is the same where the
 * machine is free, and stays the same where it is not.
 */
import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';

const ID = 'berth.berth';

/** What is printed as JSON. */
export interface Activation {
  readonly loadMs: number;
  readonly activateMs: number;
  /** What the host's thread worked from asking to active, its own part of it included. */
  readonly threadMs: number;
}

/** VS Code's own, in every one of its processes. */
interface PerformanceMarks {
  getMarks(): readonly { readonly name: string; readonly startTime: number }[];
}

export async function run(): Promise<void> {
  const extension = vscode.extensions.getExtension<unknown>(ID);
  if (!extension) throw new Error('VS Code does not know the extension');
  if (extension.isActive) throw new Error('the extension was active before it was asked for');
  await untilQuiet();
  const before = process.threadCpuUsage();
  await extension.activate();
  const { user, system } = process.threadCpuUsage(before);
  const threadMs = (user + system) / 1000;
  const { MonacoPerformanceMarks } = globalThis as unknown as { MonacoPerformanceMarks: PerformanceMarks };
  const marks = MonacoPerformanceMarks.getMarks();
  const at = (name: string): number => {
    const mark = marks.find((candidate) => candidate.name === `code/extHost/${name}/${ID}`);
    if (!mark) throw new Error(`VS Code did not mark ${name}`);
    return mark.startTime;
  };
  const loadMs = at('didLoadExtensionCode') - at('willLoadExtensionCode');
  const activateMs = at('didActivateExtension') - at('willActivateExtension');
  console.log(JSON.stringify({ loadMs, activateMs, threadMs } satisfies Activation));
}

/**
 * Waits until the window's own start no longer takes most of the machine, as it is when a person first opens the view;
 * but not for long where others keep the machine busy.
 */
async function untilQuiet(): Promise<void> {
  const deadline = performance.now() + 5_000;
  let before = processorTimes();
  for (;;) {
    await delay(250);
    const now = processorTimes();
    const idleShare = (now.idle - before.idle) / (now.all - before.all);
    if (idleShare > 0.5 || performance.now() > deadline) return;
    before = now;
  }
}

function processorTimes(): { readonly idle: number; readonly all: number } {
  const times = cpus().map((cpu) => cpu.times);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    idle: sum(times.map(({ idle }) => idle)),
    all: sum(times.flatMap((time) => Object.values(time))),
  };
}
