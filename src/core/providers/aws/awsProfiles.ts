/** The profiles of the AWS CLI on this machine: `~/.aws/config` and `~/.aws/credentials`, or where the environment says. */
import { loadSharedConfigFiles } from '@smithy/core/config';

export type AwsProfiles = ReadonlyMap<string, Readonly<Record<string, string | undefined>>>;

/** Read anew each time, so that an edited file counts at once; empty where there are no files. */
export async function readAwsProfiles(): Promise<AwsProfiles> {
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true });
  const names = new Set([...Object.keys(configFile), ...Object.keys(credentialsFile)]);
  return new Map(
    [...names]
      // Other kinds of section are listed as `sso-session.name`.
      .filter((name) => !/^(?:sso-session|services)\./.test(name))
      .map((name) => [name, { ...configFile[name], ...credentialsFile[name] }]),
  );
}

/** The profile the chain uses where none is chosen. */
export function defaultProfileName(): string {
  return process.env['AWS_PROFILE'] || 'default';
}

/** The profile that signs in by SSO when `name` is used: itself or one it takes a role from. */
export function ssoProfileOf(name: string, profiles: AwsProfiles): string | undefined {
  const visited = new Set<string>();
  for (let next: string | undefined = name; next !== undefined && !visited.has(next);) {
    const profile = profiles.get(next);
    if (profile?.['sso_session'] !== undefined || profile?.['sso_start_url'] !== undefined) return next;
    visited.add(next);
    next = profile?.['source_profile'];
  }
  return undefined;
}
