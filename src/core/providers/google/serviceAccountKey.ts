/** A service account's key file, as it is kept for Google's registries. https://cloud.google.com/iam/docs/keys-create-delete */
import * as v from 'valibot';
import type { Credential } from '../../credentials/CredentialStore.ts';
import { GOOGLE_BASE64_KEY_USER, GOOGLE_KEY_USER } from './googleHosts.ts';

const keyFile = v.object({
  type: v.literal('service_account'),
  project_id: v.string(),
  client_email: v.string(),
  private_key: v.string(),
});

export type ServiceAccountKey = v.InferOutput<typeof keyFile>;

/** Undefined for any other credential, and for a key that cannot be read. */
export function tryReadServiceAccountKey(credential: Credential | undefined): ServiceAccountKey | undefined {
  if (credential?.kind !== 'basic') return undefined;
  const { username, password } = credential;
  if (username !== GOOGLE_KEY_USER && username !== GOOGLE_BASE64_KEY_USER) return undefined;
  const text = username === GOOGLE_KEY_USER ? password : Buffer.from(password, 'base64').toString('utf8');
  const { success, output } = v.safeParse(v.pipe(v.string(), v.parseJson(), keyFile), text);
  return success ? output : undefined;
}
