/** Host of gitlab.com's registry; GitLab elsewhere has a host that says nothing. */
export const GITLAB_COM_REGISTRY = 'registry.gitlab.com';

/** Where a registry of GitLab sends for tokens, below GitLab's own URL. */
export const GITLAB_TOKEN_PATH = '/jwt/auth';

export function isGitLabRealm(realm: string | undefined): boolean {
  return URL.parse(realm ?? '')?.pathname.endsWith(GITLAB_TOKEN_PATH) === true;
}
