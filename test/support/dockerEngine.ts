/**
 * A real Docker Engine for tests and demos: a private dockerd in a temporary folder (needs root), or the engine
 * BERTH_TEST_DOCKER_HOST names. Images are made FROM scratch, since nothing can be pulled from outside.
 */
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findTool } from './tools.ts';

const execFileAsync = promisify(execFile);

export interface DockerEngine {
  /** `unix:///…/docker.sock` or whatever BERTH_TEST_DOCKER_HOST holds. */
  readonly host: string;
  /** Environment for a docker client: this engine, and a configuration folder of its own that holds no credentials. */
  readonly env: { readonly DOCKER_HOST: string; readonly DOCKER_CONFIG: string };
  /** A scratch folder, removed by `dispose`. */
  readonly folder: string;
  /** Runs the docker client with `args`; resolves to trimmed stdout. */
  docker(...args: string[]): Promise<string>;
  /** Ends what was started and removes its files. An engine that was there before is left running. */
  dispose(): Promise<void>;
}

/** @throws Error that says what to install when there is no engine and none can be started. */
export async function startDockerEngine(): Promise<DockerEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-docker-'));
  const given = process.env['BERTH_TEST_DOCKER_HOST'];
  const daemon =
    given === undefined ? await startDaemon(folder) : { host: given, stop: async () => undefined };
  const env = { DOCKER_HOST: daemon.host, DOCKER_CONFIG: join(folder, 'config') };
  await mkdir(env.DOCKER_CONFIG);
  const docker = async (...args: string[]) => {
    const { stdout } = await execFileAsync('docker', args, { env: { ...process.env, ...env } });
    return stdout.trim();
  };
  const dispose = async () => {
    await daemon.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { host: daemon.host, env, folder, docker, dispose };
}

let users = 0;
let shared: Promise<DockerEngine> | undefined;

/**
 * For mocha: call inside `describe`; every suite of the run shares one engine, which ends with the last suite.
 * Resolves to the engine once the suite's hooks have run.
 */
export function useDockerEngine(): () => DockerEngine {
  let engine: DockerEngine | undefined;
  users++;
  before('start a Docker Engine', async function () {
    this.timeout(60_000);
    engine = await (shared ??= startDockerEngine());
  });
  after('stop the Docker Engine', async function () {
    this.timeout(60_000);
    if (--users === 0) {
      await engine?.dispose();
      shared = undefined;
    }
  });
  return () => {
    if (engine === undefined) throw new Error('the Docker Engine is there only inside hooks and tests');
    return engine;
  };
}

/** A build context in `folder` whose Dockerfile is `dockerfile`; holds `busybox`. Returns the folder. */
export async function writeBuildContext(
  folder: string,
  dockerfile: string,
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  await mkdir(folder, { recursive: true });
  await copyFile('/bin/busybox', join(folder, 'busybox'));
  for (const [name, content] of Object.entries({ Dockerfile: dockerfile, ...files })) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

/** Dockerfile of a small image with a shell. `extra` is appended. */
export function busyboxDockerfile(extra = ''): string {
  return [
    'FROM scratch',
    'COPY busybox /bin/busybox',
    'RUN ["/bin/busybox", "--install", "-s", "/bin"]',
    extra,
    'CMD ["sh"]',
    '',
  ].join('\n');
}

/**
 * Builds an image that behaves as the official `registry:2` (same entry point, port, volume and variables) out of
 * the machine's own registry binary, under each of `tags`.
 */
export async function buildRegistryImage(engine: DockerEngine, tags = ['registry:2']): Promise<void> {
  const binary = findTool('docker-registry');
  const folder = join(engine.folder, 'registry-image');
  await mkdir(join(folder, 'root', 'bin'), { recursive: true });
  await copyFile(binary, join(folder, 'root', 'bin', 'registry'));
  await chmod(join(folder, 'root', 'bin', 'registry'), 0o755);
  for (const library of await sharedLibraries(binary)) {
    await mkdir(join(folder, 'root', dirname(library)), { recursive: true });
    await copyFile(library, join(folder, 'root', library));
  }
  await mkdir(join(folder, 'root', 'etc', 'docker', 'registry'), { recursive: true });
  await writeFile(join(folder, 'root', 'etc', 'docker', 'registry', 'config.yml'), REGISTRY_CONFIG);
  await writeFile(join(folder, 'Dockerfile'), REGISTRY_DOCKERFILE);
  await engine.docker('build', '--quiet', ...tags.flatMap((tag) => ['--tag', tag]), folder);
}

const REGISTRY_DOCKERFILE = `FROM scratch
COPY root /
VOLUME ["/var/lib/registry"]
EXPOSE 5000
ENTRYPOINT ["/bin/registry", "serve"]
CMD ["/etc/docker/registry/config.yml"]
`;

const REGISTRY_CONFIG = `version: 0.1
log: {fields: {service: registry}}
storage:
  cache: {blobdescriptor: inmemory}
  filesystem: {rootdirectory: /var/lib/registry}
http:
  addr: :5000
`;

/** Absolute paths of the libraries a dynamic executable loads; none for a static one. */
async function sharedLibraries(binary: string): Promise<string[]> {
  try {
    const { stdout } = await execFileAsync('ldd', [binary]);
    return [...stdout.matchAll(/(?:=>\s*|^\s*)(\/\S+)/gm)].map((match) => match[1]!);
  } catch {
    return [];
  }
}

/**
 * A network of its own: on the usual one engines give the same addresses to different containers, and a port of one
 * leads to a container of another, perhaps of the person who runs the tests.
 */
async function createBridge(): Promise<{ readonly name: string; remove(): Promise<unknown> }> {
  const ip = (...args: string[]) => execFileAsync(findTool('ip'), args);
  const name = `berth${randomBytes(4).toString('hex')}`;
  const remove = () => ip('link', 'delete', name).catch(() => undefined);
  const { stdout: taken } = await ip('-oneline', 'address');
  const [first] = randomBytes(1);
  const subnets = Array.from({ length: 256 }, (_, index) => `172.29.${(first! + index) % 256}.1/24`);
  await ip('link', 'add', name, 'type', 'bridge');
  await ip(
    'address',
    'add',
    subnets.find((subnet) => !taken.includes(` ${subnet} `))!,
    'dev',
    name,
  );
  await ip('link', 'set', name, 'up');
  return { name, remove };
}

async function startDaemon(folder: string): Promise<{ host: string; stop(): Promise<void> }> {
  const install = 'apt-get install docker.io iproute2 busybox-static, or set BERTH_TEST_DOCKER_HOST';
  if (process.getuid?.() !== 0) throw new Error(`starting a private dockerd needs root; ${install}`);
  const host = `unix://${folder}/docker.sock`;
  const bridge = await createBridge();
  const args = ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec'), '--host', host];
  args.push(
    '--bridge',
    bridge.name,
    '--iptables=false',
    '--ip-forward=false',
    '--pidfile',
    join(folder, 'pid'),
  );
  const child = spawn(findTool('dockerd'), args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let ended: Error | undefined;
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-4000)));
  const exit = new Promise<void>((resolve) => {
    child.on('error', (cause) => {
      ended = new Error(`dockerd did not start; ${install}`, { cause });
      resolve();
    });
    child.on('exit', (code) => {
      ended ??= new Error(`dockerd ended with ${code ?? 'a signal'}: ${output}`);
      resolve();
    });
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await exit;
    await bridge.remove();
  };
  const deadline = Date.now() + 30_000;
  for (;;) {
    if (ended) {
      await bridge.remove();
      throw ended;
    }
    const ready = await execFileAsync('docker', [
      '--host',
      host,
      'version',
      '--format',
      '{{.Server.Version}}',
    ]).then(
      () => true,
      () => false,
    );
    if (ready) return { host, stop };
    if (Date.now() > deadline) {
      await stop();
      throw new Error(`dockerd was not ready after 30 s: ${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
