/** What every way of building has in common. */
import { checkArgument } from '../checkArgument.ts';

export interface BuildSource {
  /** Absolute path of the context folder, or a URL docker understands. */
  readonly context: string;
  /** Absolute path of the Dockerfile; undefined: `Dockerfile` in the context. */
  readonly dockerfile?: string;
  readonly target?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** `linux/amd64`, `linux/arm64`; empty: the engine's own. */
  readonly platforms?: readonly string[];
  /** References the image gets. */
  readonly tags?: readonly string[];
  readonly noCache?: boolean;
  /** Look for a newer base image. */
  readonly pull?: boolean;
}

/** Options and the context, to follow the words of the command and its own options. */
export function buildArguments(source: BuildSource): string[] {
  const options: string[] = [];
  const add = (option: string, value: string) => options.push(`--${option}=${checkArgument(value, option)}`);
  if (source.dockerfile !== undefined) add('file', source.dockerfile);
  if (source.target !== undefined) add('target', source.target);
  if (source.platforms !== undefined && source.platforms.length > 0) {
    add('platform', source.platforms.map((platform) => checkArgument(platform, 'platform')).join(','));
  }
  source.tags?.forEach((tag) => add('tag', tag));
  Object.entries(source.buildArgs ?? {}).forEach(([name, value]) => add('build-arg', `${name}=${value}`));
  Object.entries(source.labels ?? {}).forEach(([name, value]) => add('label', `${name}=${value}`));
  if (source.noCache === true) options.push('--no-cache');
  if (source.pull === true) options.push('--pull');
  return [...options, '--', checkArgument(source.context, 'build context')];
}
