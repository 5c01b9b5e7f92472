/** `docker container inspect`. */
import * as v from 'valibot';
import { checkArgument } from '../checkArgument.ts';
import type { DockerCommand } from '../DockerRunner.ts';
import { parseJsonOutput } from '../parseJsonOutput.ts';

export interface PublishedPort {
  /** `5000/tcp`. */
  readonly containerPort: string;
  /** Address on the host, '' or `0.0.0.0` for all. */
  readonly hostAddress: string;
  /** 0: chosen when the container starts. */
  readonly hostPort: number;
}

export interface ContainerDetails {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  /** `running`, `exited`, `created`, `paused`, `restarting`, `dead`. */
  readonly state: string;
  readonly exitCode: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Program and arguments it was started with. */
  readonly command: readonly string[];
  /** The ports in use while it runs, otherwise those it will have. */
  readonly ports: readonly PublishedPort[];
  /** Named and anonymous volumes by mount point. */
  readonly volumes: readonly { readonly name: string; readonly destination: string }[];
}

const text = v.optional(v.string(), '');
const ports = v.nullish(
  v.record(v.string(), v.nullish(v.array(v.looseObject({ HostIp: text, HostPort: text })))),
);

const Inspected = v.tupleWithRest(
  [
    v.looseObject({
      Id: v.string(),
      Name: text,
      Path: text,
      Args: v.nullish(v.array(v.string()), []),
      State: v.looseObject({ Status: text, ExitCode: v.optional(v.number(), 0) }),
      Config: v.nullish(v.looseObject({ Image: text, Labels: v.nullish(v.record(v.string(), v.string())) })),
      HostConfig: v.nullish(v.looseObject({ PortBindings: ports })),
      NetworkSettings: v.nullish(v.looseObject({ Ports: ports })),
      Mounts: v.nullish(v.array(v.looseObject({ Type: text, Name: text, Destination: text }))),
    }),
  ],
  v.unknown(),
);

/** @param container name or id. Fails with `notFound`, reason `containerUnknown`. */
export function containerInspectCommand(container: string): DockerCommand<ContainerDetails> {
  return {
    args: ['container', 'inspect', '--', checkArgument(container, 'container')],
    parse: (stdout) => {
      const [details] = parseJsonOutput(stdout, Inspected, 'docker container inspect');
      const running = details.State.Status === 'running';
      return {
        id: details.Id,
        name: details.Name.replace(/^\//, ''),
        image: details.Config?.Image ?? '',
        state: details.State.Status,
        exitCode: details.State.ExitCode,
        command: [details.Path, ...details.Args],
        labels: details.Config?.Labels ?? {},
        ports: publishedPorts(running ? details.NetworkSettings?.Ports : details.HostConfig?.PortBindings),
        volumes: (details.Mounts ?? [])
          .filter((mount) => mount.Type === 'volume')
          .map((mount) => ({ name: mount.Name, destination: mount.Destination })),
      };
    },
  };
}

function publishedPorts(bindings: v.InferOutput<typeof ports>): PublishedPort[] {
  return Object.entries(bindings ?? {}).flatMap(([containerPort, hosts]) =>
    (hosts ?? []).map((host) => ({
      containerPort,
      hostAddress: host.HostIp,
      hostPort: Number(host.HostPort) || 0,
    })),
  );
}
