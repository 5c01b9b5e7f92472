/** Host of gitlab.com's registry; GitLab elsewhere has a host that says nothing. */
export const GITLAB_COM_REGISTRY = 'registry.gitlab.com';
