/** A service account's key file, as it is kept for Google's registries. https://cloud.google.com/iam/docs/keys-create-delete */
import { readFile, stat } from 'node:fs/promises';
import * as v from 'valibot';
import { CoreError } from '../../common/CoreError.ts';
import type { Credential } from '../../credentials/CredentialStore.ts';
import { GOOGLE_BASE64_KEY_USER, GOOGLE_KEY_USER } from './googleHosts.ts';

/** A key is about 2 KiB. */
const MAX_KEY_BYTES = 64 * 1024;

const keyFile = v.pipe(
  v.string(),
  v.parseJson(),
  v.looseObject({
    type: v.literal('service_account'),
    project_id: v.string(),
    client_email: v.string(),
    private_key: v.string(),
  }),
);

export type ServiceAccountKey = v.InferOutput<typeof keyFile>;

/** Undefined for any other credential, and for a key that cannot be read. */
export function tryReadServiceAccountKey(credential: Credential | undefined): ServiceAccountKey | undefined {
  if (credential?.kind !== 'basic') return undefined;
  const { username, password } = credential;
  if (username !== GOOGLE_KEY_USER && username !== GOOGLE_BASE64_KEY_USER) return undefined;
  const text = username === GOOGLE_KEY_USER ? password : Buffer.from(password, 'base64').toString('utf8');
  const { success, output } = v.safeParse(keyFile, text);
  return success ? output : undefined;
}

/**
 * The content of a key file on one line, as a password has to be.
 * @throws CoreError `invalidInput` with reason `googleKeyFile` for any other file, and one that cannot be read.
 */
export async function readServiceAccountKeyFile(path: string): Promise<string> {
  const key = v.safeParse(keyFile, await readSmallFile(path));
  if (key.success) return JSON.stringify(key.output);
  // Nothing of it is quoted, and no cause is kept: it may be another secret.
  throw new CoreError('invalidInput', 'not the key of a service account', {
    subject: path,
    reason: 'googleKeyFile',
  });
}

/** Empty where there is none of that size. */
async function readSmallFile(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    return size > MAX_KEY_BYTES ? '' : await readFile(path, 'utf8');
  } catch {
    return '';
  }
}
