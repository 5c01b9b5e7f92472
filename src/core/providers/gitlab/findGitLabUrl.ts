/**
 * Where the GitLab of a registry is: on another host or port, or under a path. The registry says it by the address it
 * sends clients to for tokens, `<GitLab>/jwt/auth`. https://docs.gitlab.com/administration/packages/container_registry/
 */
import * as v from 'valibot';
import { parseChallenges } from '../../registry/auth/challenge.ts';
import { judgeRealm } from '../../registry/auth/realmPolicy.ts';
import type { ProviderContext } from '../ProviderContext.ts';
import { GITLAB_COM_REGISTRY, GITLAB_TOKEN_PATH } from './gitLabRegistry.ts';

/** Undefined where the registry is not GitLab's, or sends to a host that may not see its credentials unasked. */
export async function findGitLabUrl(
  { client, openApi }: Pick<ProviderContext, 'client' | 'openApi'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { scheme, host, apiPrefix } = client.endpoint;
  if (host === GITLAB_COM_REGISTRY) return 'https://gitlab.com';
  const registry = new URL(`${scheme}://${host}${apiPrefix === '' ? '' : `/${apiPrefix}`}`);
  const api = openApi(registry.href, () => Promise.resolve(undefined));
  const request = { path: '/v2/', operation: 'check the registry', accept: [401], signal };
  const { headers } = await api.get(v.unknown(), request);
  for (const { parameters } of parseChallenges(headers['www-authenticate'])) {
    const realm = URL.parse(parameters.get('realm') ?? '');
    if (!realm?.pathname.endsWith(GITLAB_TOKEN_PATH)) continue;
    const { verdict } = await judgeRealm(registry, realm, false);
    if (verdict === 'allowed') return realm.origin + realm.pathname.slice(0, -GITLAB_TOKEN_PATH.length);
  }
  return undefined;
}
