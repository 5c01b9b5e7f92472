/**
 * What a GitHub account is asked for: to read, write and delete packages, and to know one's organizations. Source:
 * https://docs.github.com/packages/learn-github-packages/about-permissions-for-github-packages
 */
export const GITHUB_SCOPES: readonly string[] = [
  'read:packages',
  'write:packages',
  'delete:packages',
  'read:org',
];
