/** A home of its own for the AWS credential chain, which reads process.env: nothing of this machine's AWS is used. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface AwsHomeFiles {
  /** Text of `~/.aws/config`. */
  readonly config?: string;
  /** Text of `~/.aws/credentials`. */
  readonly credentials?: string;
}

/** Two profiles with keys of their own. */
export const TWO_PROFILES = [
  '[default]',
  'aws_access_key_id = AKIADEFAULT',
  'aws_secret_access_key = canary-default-secret',
  '[work]',
  'aws_access_key_id = AKIAWORK',
  'aws_secret_access_key = canary-work-secret',
].join('\n');

/** Until it is disposed, the environment holds no AWS variable but where these files are. */
export async function useAwsHome(files: AwsHomeFiles = {}): Promise<AsyncDisposable> {
  const home = await mkdtemp(join(tmpdir(), 'berth-aws-'));
  await mkdir(join(home, '.aws'));
  await writeFile(join(home, '.aws/config'), files.config ?? '');
  await writeFile(join(home, '.aws/credentials'), files.credentials ?? '');
  const before = process.env;
  const others = Object.entries(before).filter(([name]) => !name.startsWith('AWS_'));
  // Without this a machine of AWS would be asked for its role.
  process.env = { ...Object.fromEntries(others), HOME: home, AWS_EC2_METADATA_DISABLED: 'true' };
  return {
    [Symbol.asyncDispose]: async () => {
      process.env = before;
      await rm(home, { recursive: true, force: true });
    },
  };
}
