/** `docker info`: what the engine can do. */
import * as v from 'valibot';
import type { DockerCommand } from '../DockerRunner.ts';
import { parseJsonOutput } from '../parseJsonOutput.ts';

export interface DockerInfo {
  /** `linux` or `windows`. */
  readonly os: string;
  readonly architecture: string;
  /** True when the engine keeps images in containerd, and so can hold several platforms of one. */
  readonly hasContainerdImageStore: boolean;
  /** Hosts the engine talks to without TLS, besides 127.0.0.0/8. */
  readonly insecureRegistries: readonly string[];
}

const text = v.optional(v.string(), '');

const Info = v.looseObject({
  OSType: text,
  Architecture: text,
  DriverStatus: v.nullish(v.array(v.array(v.unknown()))),
  RegistryConfig: v.nullish(
    v.looseObject({
      IndexConfigs: v.nullish(
        v.record(v.string(), v.nullish(v.looseObject({ Name: text, Secure: v.optional(v.boolean(), true) }))),
      ),
    }),
  ),
  // Podman.
  host: v.nullish(v.looseObject({ os: text, arch: text })),
});

export function infoCommand(): DockerCommand<DockerInfo> {
  return { args: ['info', '--format', '{{json .}}'], parse: parseInfo };
}

function parseInfo(stdout: string): DockerInfo {
  const info = parseJsonOutput(stdout, Info, 'docker info');
  const driver = new Map((info.DriverStatus ?? []).map((pair) => [pair[0], pair[1]]));
  return {
    os: info.OSType || (info.host?.os ?? ''),
    architecture: info.Architecture || (info.host?.arch ?? ''),
    hasContainerdImageStore: driver.get('driver-type') === 'io.containerd.snapshotter.v1',
    insecureRegistries: Object.entries(info.RegistryConfig?.IndexConfigs ?? {}).flatMap(([name, config]) =>
      config?.Secure === false ? [name] : [],
    ),
  };
}
