/** `docker login`, the password on stdin only. */
import { CoreError } from '../../common/CoreError.ts';
import { checkArgument } from '../checkArgument.ts';
import type { DockerCommand } from '../DockerRunner.ts';

export interface LoginOptions {
  /** `host[:port]`; undefined: Docker Hub. */
  readonly registry?: string;
  readonly username: string;
  readonly password: string;
}

export function loginCommand({ registry, username, password }: LoginOptions): DockerCommand<void> {
  // Docker would cut a trailing line break off without a word, and take an empty one for a prompt.
  if (password === '' || /[\r\n\0]/.test(password)) {
    throw new CoreError('invalidInput', 'unfit password', {
      subject: 'password',
      reason: password === '' ? 'empty' : 'controlCharacter',
    });
  }
  return {
    args: [
      'login',
      `--username=${checkArgument(username, 'username')}`,
      '--password-stdin',
      ...(registry === undefined ? [] : ['--', checkArgument(registry, 'registry')]),
    ],
    stdin: password,
    parse: () => undefined,
  };
}
