/** `docker version`: client, engine, and whether it is Podman in truth. */
import * as v from 'valibot';
import type { DockerCommand } from '../DockerRunner.ts';
import { parseJsonOutput } from '../parseJsonOutput.ts';

export interface DockerVersion {
  readonly clientVersion: string;
  /** Undefined for a Podman that runs containers itself. */
  readonly serverVersion?: string;
  /** The engine's API, `1.41`. */
  readonly serverApiVersion?: string;
  /** `linux` or `windows`. */
  readonly serverOs?: string;
  readonly serverArchitecture?: string;
  /** Context the client used: `default`, `desktop-linux`. */
  readonly context?: string;
  readonly isPodman: boolean;
}

const Version = v.object({
  Client: v.looseObject({
    Version: v.string(),
    Context: v.optional(v.string()),
    // Podman's names, docker has others.
    OsArch: v.optional(v.string()),
  }),
  Server: v.nullish(
    v.looseObject({
      Version: v.optional(v.string()),
      ApiVersion: v.optional(v.string()),
      APIVersion: v.optional(v.string()),
      Os: v.optional(v.string()),
      Arch: v.optional(v.string()),
      OsArch: v.optional(v.string()),
    }),
  ),
});

export function versionCommand(): DockerCommand<DockerVersion> {
  return { args: ['version', '--format', '{{json .}}'], parse: parseVersion };
}

function parseVersion(stdout: string): DockerVersion {
  const { Client: client, Server: server } = parseJsonOutput(stdout, Version, 'docker version');
  const [os, architecture] = (server?.OsArch ?? '').split('/');
  return withoutUndefined({
    clientVersion: client.Version,
    serverVersion: server?.Version,
    serverApiVersion: server?.ApiVersion ?? server?.APIVersion,
    serverOs: server?.Os ?? (os || undefined),
    serverArchitecture: server?.Arch ?? architecture,
    context: client.Context,
    isPodman: client.OsArch !== undefined,
  });
}

function withoutUndefined(version: {
  [Key in keyof DockerVersion]: DockerVersion[Key] | undefined;
}): DockerVersion {
  return Object.fromEntries(
    Object.entries(version).filter(([, value]) => value !== undefined),
  ) as unknown as DockerVersion;
}
