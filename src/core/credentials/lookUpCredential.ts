/** Asks one credential file: the registry's helper first, then the entry in the file, both for exactly that registry. */
import type { AuthFile } from './AuthFile.ts';
import type { CredentialEnvironment } from './CredentialEnvironment.ts';
import { CredentialHelper } from './CredentialHelper.ts';
import type { Credential, CredentialRequest } from './CredentialStore.ts';

/** @param serverName how the helper knows the registry. @throws CoreError `credentialHelper`: a helper's failure is never passed over. */
export async function lookUpCredential(
  file: AuthFile,
  request: CredentialRequest,
  serverName: string,
  environment: CredentialEnvironment,
  signal: AbortSignal,
): Promise<Credential | undefined> {
  const helper = file.helperFor(request.key);
  const fromHelper = helper && (await new CredentialHelper(helper, environment).get(serverName, signal));
  return fromHelper || file.find(request);
}
