/**
 * A window with 100 connections of which 20 are dead and asked all the time: how long the other 80 take to list their
 * repositories, against the same 80 alone.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { OciProvider } from '../../src/core/providers/OciProvider.ts';
import { ConnectionLimiter } from '../../src/core/registry/transport/ConnectionLimiter.ts';
import { startBlackHoles } from '../../test/support/faultServer/startBlackHole.ts';
import { freePort } from '../../test/support/servers/startProcess.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';
import { comparedRow, type BenchGroup } from '../BenchRow.ts';
import { medianTimes } from '../medianTimes.ts';
import { FAR_MS, startManyRegistries } from './listingServer.ts';
import { createTreeCatalog } from './treeListing.ts';

const area = 'browse';
const LIVE = 80;
const DEAD = 20;
/** Of the dead: connecting goes nowhere, connecting works and nothing is answered; the rest refuses. */
const BLACK_HOLES = 8;
const SILENT = 8;
const ROUNDS = 60;
/** Requests that each dead one has at a time, as many as a host may have. */
const ASKERS = 6;
const BETWEEN_QUESTIONS_MS = 1_000;
const SETTLED_MS = 2_500;
/** "Delays no other", as far as a run can tell it from its own noise. */
const NO_SLOWER = 1.1;

export const deadConnections: BenchGroup = {
  area,
  title: '20 dead connections among 100',
  async run(note) {
    await using servers = await startManyRegistries({ live: LIVE, silent: SILENT });
    await using holes = await startBlackHoles(BLACK_HOLES);
    const refusing = await Promise.all(
      Array.from({ length: DEAD - BLACK_HOLES - SILENT }, async () => `127.0.0.1:${await freePort()}`),
    );
    const dead = [...servers.silent, ...[...holes.hosts, ...refusing].map((host) => `http://${host}`)];
    await using besideDead = await Window.open(servers.live, dead);
    await using alone = await Window.open(servers.live, []);
    const times = await medianTimes(
      {
        besideDead: () => besideDead.listAll(),
        alone: () => alone.listAll(),
        again: () => alone.listAll(),
      },
      ROUNDS,
      5,
    );
    note(`dead connections: the 80 alone against themselves ${(times.again / times.alone).toFixed(2)}`);
    return [
      comparedRow({
        area,
        name: `80 registries ${FAR_MS} ms away listed, beside 20 dead ones`,
        unit: 'ms',
        ours: times.besideDead,
        peer: times.alone,
        peerName: 'without them',
        bar: NO_SLOWER,
      }),
    ];
  },
};

/** Connections that share a limiter, as those of a window do. */
class Window implements AsyncDisposable {
  readonly #limiter = new ConnectionLimiter();
  readonly #stack = new AsyncDisposableStack();
  readonly #closing = new AbortController();

  readonly #live: { readonly provider: OciProvider; readonly signal: AbortSignal }[] = [];

  /** With `dead` being asked for repositories over and over. */
  static async open(live: readonly string[], dead: readonly string[]): Promise<Window> {
    const window = new Window();
    for (const url of live) {
      const { client, signal } = window.#connect(url);
      window.#live.push({ provider: new OciProvider(client), signal });
    }
    for (const url of dead) {
      const provider = new OciProvider(window.#connect(url).client);
      for (let asker = 0; asker < ASKERS; asker += 1) void window.#askOnAndOn(provider);
    }
    // Until those that do not answer hold all that they can.
    await pause(SETTLED_MS);
    return window;
  }

  /** Lists the repositories of all that live, all at once. */
  async listAll(): Promise<void> {
    await Promise.all(this.#live.map(({ provider, signal }) => createTreeCatalog(provider).load(signal)));
  }

  #connect(url: string): TestConnection {
    return this.#stack.use(new TestConnection(url, { limiter: this.#limiter }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#stack.disposeAsync();
  }

  async #askOnAndOn(provider: OciProvider): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await provider.listRepositories(undefined, signal).catch(() => undefined);
      await pause(BETWEEN_QUESTIONS_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
