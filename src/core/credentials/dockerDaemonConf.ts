/** What the Docker engine of this machine was told about registries. Source: docs.docker.com/reference/cli/dockerd, daemon.json. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { jsonProblemLine } from '../common/jsonProblemLine.ts';
import type { CredentialEnvironment } from './CredentialEnvironment.ts';
import { configFileBroken } from './registriesConf.ts';

export interface DockerDaemonConf {
  readonly file: string;
  /** `host[:port]`; networks (`10.0.0.0/8`) are left out. */
  readonly insecureRegistries: readonly string[];
  /** Of Docker Hub: `host[:port]`, and what follows it. */
  readonly registryMirrors: readonly string[];
}

const names = v.nullish(v.array(v.string()), []);
const schema = v.object({ 'insecure-registries': names, 'registry-mirrors': names });

/** Where the engine, a rootless one, Docker Desktop, and Windows have it. */
export function dockerDaemonFiles({ env, homeDir }: CredentialEnvironment): string[] {
  return [
    '/etc/docker/daemon.json',
    join(env['XDG_CONFIG_HOME'] || join(homeDir, '.config'), 'docker', 'daemon.json'),
    join(env['DOCKER_CONFIG'] || join(homeDir, '.docker'), 'daemon.json'),
    ...(env['ProgramData'] ? [join(env['ProgramData'], 'docker', 'config', 'daemon.json')] : []),
  ];
}

/** Undefined where there is none, or it is the administrator's alone. @throws CoreError `invalidInput`, `configFileBroken`. */
export async function readDockerDaemonConf(file: string): Promise<DockerDaemonConf | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined || text.trim() === '') return undefined;
  const parsed = v.safeParse(schema, parseJson(text, file));
  if (!parsed.success) throw configFileBroken(file);
  const { 'insecure-registries': insecure, 'registry-mirrors': mirrors } = parsed.output;
  return {
    file,
    insecureRegistries: insecure.filter((name) => !/^[\d.:a-f]+\/\d+$/i.test(name)),
    registryMirrors: mirrors.map((url) => url.replace(/^https?:\/\//i, '').replace(/\/+$/, '')),
  };
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw configFileBroken(file, jsonProblemLine(text)); // no cause: the message of JSON.parse quotes the text
  }
}
