/** `docker run`. */
import { checkArgument } from '../checkArgument.ts';
import type { DockerCommand } from '../DockerRunner.ts';

export interface RunCommandOptions {
  readonly image: string;
  readonly name?: string;
  /** In the background; stdout is then the container's id. */
  readonly detach?: boolean;
  /** With a terminal: `-i -t`. Only for argv that a terminal runs. */
  readonly interactive?: boolean;
  /** Remove the container when it ends. */
  readonly remove?: boolean;
  /** `127.0.0.1:5000:5000`. */
  readonly publish?: readonly string[];
  /** Every exposed port on a random port of the host. */
  readonly publishAll?: boolean;
  /** `name:/path`. */
  readonly volumes?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly restart?: 'no' | 'always' | 'unless-stopped' | 'on-failure';
  readonly platform?: string;
  /** Replaces the image's CMD. */
  readonly command?: readonly string[];
}

export function runCommand(options: RunCommandOptions): DockerCommand<string> {
  const args = ['run'];
  const add = (option: string, value: string) => args.push(`--${option}=${checkArgument(value, option)}`);
  if (options.detach === true) args.push('--detach');
  if (options.interactive === true) args.push('--interactive', '--tty');
  if (options.remove === true) args.push('--rm');
  if (options.publishAll === true) args.push('--publish-all');
  if (options.name !== undefined) add('name', options.name);
  if (options.platform !== undefined) add('platform', options.platform);
  if (options.restart !== undefined) add('restart', options.restart);
  options.publish?.forEach((value) => add('publish', value));
  options.volumes?.forEach((value) => add('volume', value));
  Object.entries(options.env ?? {}).forEach(([name, value]) => add('env', `${name}=${value}`));
  Object.entries(options.labels ?? {}).forEach(([name, value]) => add('label', `${name}=${value}`));
  return {
    args: [...args, '--', checkArgument(options.image, 'image'), ...(options.command ?? [])],
    parse: (stdout) => stdout.trim(),
  };
}
