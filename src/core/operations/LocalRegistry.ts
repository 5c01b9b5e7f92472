/**
 * A registry on this machine in one step: what `docker run -d -p 5000:5000 --name registry registry:2` does, with
 * what is usually in the way handled: a stopped container, a taken port, a missing image, a slow start.
 */
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { CoreError, isCoreError } from '../common/CoreError.ts';
import { toDisplayText } from '../common/displayText.ts';
import type { Logger } from '../common/Logger.ts';
import type { ContainerDetails } from '../docker/Containers.ts';
import type { Docker, WorkOptions } from '../docker/Docker.ts';

export interface LocalRegistryOptions {
  /** Of the container. */
  readonly name: string;
  /** On the host; 0: any free one. */
  readonly port: number;
  /** Address of the host it listens on. Default 127.0.0.1: nobody else reaches it. */
  readonly address?: string;
  /** `registry:2`, or another that serves the registry API on 5000. */
  readonly image: string;
  /** Named volume that keeps the data; undefined: an anonymous one, which goes with the container. */
  readonly volume?: string;
  readonly deleteEnabled: boolean;
}

export type LocalRegistryState =
  | { readonly state: 'absent' }
  | {
      readonly state: 'stopped' | 'running';
      readonly image: string;
      /** Undefined when nothing publishes the container's port 5000, or the port is chosen at its start. */
      readonly port?: number;
      /** Named or anonymous volume that holds the data. */
      readonly volume?: string;
      /** Whether Berth made it. */
      readonly isOurs: boolean;
    };

export interface StartedRegistry {
  readonly name: string;
  /** `localhost:5000`, as references to it begin. */
  readonly host: string;
  readonly port: number;
  /** Whether it was made now, started again, or running before. */
  readonly outcome: 'created' | 'restarted' | 'reused';
}

const LABEL = 'dev.berth.registry';
const CONTAINER_PORT = '5000/tcp';
const DATA_FOLDER = '/var/lib/registry';
const ANSWER_DEADLINE_MS = 30_000;
const ANSWER_PAUSE_MS = 100;
/** Cleaning up goes on after Cancel, but not for ever. */
const CLEAN_UP_TIMEOUT_MS = 30_000;

export class LocalRegistry {
  readonly #docker: Docker;
  readonly #logger: Logger;
  readonly #answerDeadlineMs: number;

  constructor(docker: Docker, logger: Logger, answerDeadlineMs = ANSWER_DEADLINE_MS) {
    this.#docker = docker;
    this.#logger = logger;
    this.#answerDeadlineMs = answerDeadlineMs;
  }

  async inspect(name: string, signal: AbortSignal): Promise<LocalRegistryState> {
    const container = await this.#find(name, signal);
    if (container === undefined) return { state: 'absent' };
    const port = publishedPort(container);
    const volume = dataVolume(container);
    return {
      state: container.state === 'running' ? 'running' : 'stopped',
      image: container.image,
      isOurs: container.labels[LABEL] === 'true',
      ...(port === undefined ? {} : { port }),
      ...(volume === undefined ? {} : { volume }),
    };
  }

  /** Names of the containers Berth made. */
  async list(signal: AbortSignal): Promise<string[]> {
    const containers = await this.#docker.containers.list(`label=${LABEL}=true`, signal);
    return containers.flatMap((container) => container.names.slice(0, 1));
  }

  /**
   * Makes sure the registry runs and answers. A container of that name is started or reused as it is: its port and
   * image win over those asked for.
   * Throws `conflict` with reason `portTaken`, or `containerNameTaken` when the name belongs to something that
   * publishes no registry port; `timeout`, reason `registryNotAnswering`; `dockerFailed`, reason `containerExited`.
   */
  async start(options: LocalRegistryOptions, work: WorkOptions): Promise<StartedRegistry> {
    checkOptions(options);
    const existing = await this.#find(options.name, work.signal);
    const outcome = await this.#ensureRunning(options, existing, work);
    const port = await this.#waitUntilAnswering(options, work.signal);
    this.#logger.info(`local registry ${options.name}: ${outcome}, on port ${port}`);
    return { name: options.name, host: `localhost:${port}`, port, outcome };
  }

  /** Its data stays. Throws `notFound`, reason `containerUnknown`. */
  async stop(name: string, signal: AbortSignal): Promise<void> {
    await this.#docker.containers.stop(name, signal);
  }

  /** Removes the container, running or not; with `volume` the images in it too. An absent one is no error. */
  async remove(name: string, options: { readonly volume: boolean }, signal: AbortSignal): Promise<void> {
    const container = await this.#find(name, signal);
    if (container === undefined) return;
    await this.#docker.containers.remove(container.id, { force: true, volumes: options.volume }, signal);
    const volume = dataVolume(container);
    if (!options.volume || volume === undefined) return;
    try {
      await this.#docker.containers.removeVolume(volume, signal);
    } catch (error) {
      // An anonymous volume went with its container.
      if (!isCoreError(error, 'notFound')) throw error;
    }
  }

  async #find(name: string, signal: AbortSignal): Promise<ContainerDetails | undefined> {
    try {
      return await this.#docker.containers.inspect(name, signal);
    } catch (error) {
      if (isCoreError(error, 'notFound')) return undefined;
      throw error;
    }
  }

  async #ensureRunning(
    options: LocalRegistryOptions,
    existing: ContainerDetails | undefined,
    work: WorkOptions,
  ): Promise<StartedRegistry['outcome']> {
    if (existing === undefined) {
      await this.#create(options, work);
      return 'created';
    }
    if (!existing.ports.some((port) => port.containerPort === CONTAINER_PORT)) {
      throw conflict(
        'containerNameTaken',
        options.name,
        'the name belongs to a container that is no registry',
      );
    }
    if (existing.state === 'running') return 'reused';
    const port = publishedPort(existing);
    if (port !== undefined) await checkPortIsFree(options.address, port);
    await this.#docker.containers.start(existing.id, work.signal);
    return 'restarted';
  }

  async #create(options: LocalRegistryOptions, work: WorkOptions): Promise<void> {
    const { name, port, image, volume, deleteEnabled } = options;
    const address = options.address ?? '127.0.0.1';
    await checkPortIsFree(address, port);
    await this.#ensureImage(image, work);
    const container = {
      image,
      name,
      publish: [`${address}:${port === 0 ? '' : port}:5000`],
      labels: { [LABEL]: 'true' },
      ...(volume === undefined ? {} : { volumes: [`${volume}:${DATA_FOLDER}`] }),
      ...(deleteEnabled ? { env: { REGISTRY_STORAGE_DELETE_ENABLED: 'true' } } : {}),
    };
    try {
      await this.#docker.containers.runDetached(container, work.signal);
    } catch (error) {
      // Docker leaves a container behind that could not be started; the next attempt would trip over it.
      if (!isCoreError(error, 'conflict') || error.details.reason !== 'containerNameTaken') {
        await this.#removeUnstarted(name);
      }
      throw error;
    }
  }

  async #removeUnstarted(name: string): Promise<void> {
    const signal = AbortSignal.timeout(CLEAN_UP_TIMEOUT_MS);
    try {
      const left = await this.#find(name, signal);
      if (left?.state === 'created' && left.labels[LABEL] === 'true') {
        await this.#docker.containers.remove(left.id, { force: true, volumes: true }, signal);
      }
    } catch (error) {
      this.#logger.warn(`local registry ${name}: an unstarted container may be left: ${String(error)}`);
    }
  }

  async #ensureImage(image: string, work: WorkOptions): Promise<void> {
    try {
      await this.#docker.inspectImage(image, work.signal);
    } catch (error) {
      if (!isCoreError(error, 'notFound')) throw error;
      await this.#docker.pull(image, undefined, work);
    }
  }

  /** Resolves to the published port once `GET /v2/` gets an answer. */
  async #waitUntilAnswering(options: LocalRegistryOptions, signal: AbortSignal): Promise<number> {
    const { name } = options;
    const deadline = AbortSignal.timeout(this.#answerDeadlineMs);
    const either = AbortSignal.any([signal, deadline]);
    for (;;) {
      const container = await this.#find(name, signal);
      if (container?.state !== 'running') throw await this.#notRunning(name, container, signal);
      const port = publishedPort(container);
      if (port !== undefined && (await answers(options.address, port, either))) return port;
      await delay(ANSWER_PAUSE_MS, undefined, { signal: either }).catch(() => undefined);
      if (signal.aborted)
        throw new CoreError('cancelled', 'starting the registry was cancelled', {
          operation: 'start registry',
        });
      if (deadline.aborted) {
        throw new CoreError('timeout', `registry ${name} did not answer in ${this.#answerDeadlineMs} ms`, {
          operation: 'start registry',
          subject: name,
          reason: 'registryNotAnswering',
          output: await this.#lastWords(name, signal),
        });
      }
    }
  }

  async #notRunning(
    name: string,
    container: ContainerDetails | undefined,
    signal: AbortSignal,
  ): Promise<CoreError> {
    return new CoreError('dockerFailed', `registry ${name} ended as soon as it was started`, {
      operation: 'start registry',
      subject: name,
      reason: 'containerExited',
      ...(container === undefined
        ? {}
        : { exitCode: container.exitCode, output: await this.#lastWords(name, signal) }),
    });
  }

  async #lastWords(name: string, signal: AbortSignal): Promise<string> {
    const text = await this.#docker.containers.logs(name, 20, signal).catch(() => '');
    return toDisplayText(text).slice(-4_000);
  }
}

function checkOptions({ name, port, volume }: LocalRegistryOptions): void {
  // The names docker itself accepts; a volume that looks like a path would mount a folder of this machine.
  const isName = (text: string) => /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(text);
  const wrong = !isName(name)
    ? 'name'
    : volume !== undefined && !isName(volume)
      ? 'volume'
      : !Number.isInteger(port) || port < 0 || port > 65_535
        ? 'port'
        : undefined;
  if (wrong !== undefined) {
    throw new CoreError('invalidInput', `unfit ${wrong} for a local registry`, {
      subject: wrong,
      reason: wrong,
    });
  }
}

function publishedPort(container: ContainerDetails): number | undefined {
  const port = container.ports.find((published) => published.containerPort === CONTAINER_PORT)?.hostPort;
  return port === 0 ? undefined : port;
}

function dataVolume(container: ContainerDetails): string | undefined {
  return container.volumes.find((volume) => volume.destination === DATA_FOLDER)?.name;
}

function conflict(reason: string, subject: string, message: string): CoreError {
  return new CoreError('conflict', message, { operation: 'start registry', subject, reason });
}

/**
 * Asks by connecting and by listening: one alone misses a port that is bound but not listened on, or (macOS) one
 * that another program holds on all addresses.
 */
async function checkPortIsFree(address: string | undefined, port: number): Promise<void> {
  if (port === 0) return;
  const host = address ?? '127.0.0.1';
  if ((await accepts(host, port)) || (await isBound(host, port))) {
    throw conflict('portTaken', `${host}:${port}`, `port ${port} is taken`);
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: probeHost(host), port, timeout: 1_000 });
    const done = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket
      .once('connect', () => done(true))
      .once('error', () => done(false))
      .once('timeout', () => done(false));
  });
}

function isBound(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    // Other errors (a port below 1024 without the right) do not tell: docker will say.
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE'));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(false)));
  });
}

async function answers(address: string | undefined, port: number, signal: AbortSignal): Promise<boolean> {
  try {
    // Node's own fetch: no proxy and no registry rules for a container on this machine.
    const reply = await fetch(`http://${probeHost(address ?? '127.0.0.1')}:${port}/v2/`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(2_000)]),
      redirect: 'manual',
    });
    await reply.body?.cancel();
    return reply.status === 200 || reply.status === 401;
  } catch {
    return false;
  }
}

/** Where to reach a server that listens on `address`. */
function probeHost(address: string): string {
  return address === '0.0.0.0' || address === '' ? '127.0.0.1' : address;
}
