/** Something else answers where a registry should: a web page, or the right server at another port or path. */
import { l10n } from 'vscode';
import type { ErrorDetails } from '../../core/common/CoreError.ts';

/** The sentence on what stands there and where to look. @param host at the beginning of a sentence. */
export function wordNotARegistry({ signature = '', host: where }: ErrorDetails, host: string): string {
  const address = `https://${where ?? 'HOST'}`;
  if (signature.startsWith('Nexus/')) {
    return l10n.t(
      'Nexus itself answers at {0}, and no Docker repository. Use the port of the repository’s connector (Settings > Repositories), or {1}.',
      host,
      `${address}/repository/NAME`,
    );
  }
  if (signature.startsWith('Artifactory/')) {
    return l10n.t(
      'Artifactory itself answers at {0}, and no Docker repository. The address names the key of one: {1}.',
      host,
      `${address}/artifactory/api/docker/KEY`,
    );
  }
  return l10n.t(
    '{0} answered with something that is not a registry. Check the address; a sign-in page of your network also looks like this.',
    host,
  );
}
