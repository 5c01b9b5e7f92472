/** What `registries.conf` of this machine forbids: nothing is sent there, unless the person chose to all the same. */
import { CoreError } from '../core/common/CoreError.ts';
import type { Logger } from '../core/common/Logger.ts';
import { findRegistryRule, readRegistriesConf } from '../core/credentials/registriesConf.ts';
import { credentialEnvironment } from './credentialEnvironment.ts';

/**
 * @param reference `host[:port]`, with a path where it is known; as references are written.
 * @throws CoreError `forbidden` with reason `blockedByConfiguration`.
 */
export async function refuseBlocked(reference: string, host: string, logger: Logger): Promise<void> {
  const { rules, failures } = await readRegistriesConf(credentialEnvironment());
  // A file that nobody can read blocks nothing: Import Connections names it, and its line.
  for (const { message } of failures) logger.warn(message);
  const rule = findRegistryRule(rules, reference);
  if (!rule?.blocked) return;
  throw new CoreError('forbidden', `${reference} is blocked by ${rule.file}`, {
    host,
    reason: 'blockedByConfiguration',
    subject: rule.file,
  });
}

/** For a transport to another host than the registry's: asked once, before anything is sent. */
export function admitUnlessBlocked(host: string, logger: Logger): () => Promise<void> {
  let answer: Promise<void> | undefined;
  return () => (answer ??= refuseBlocked(host, host, logger));
}
