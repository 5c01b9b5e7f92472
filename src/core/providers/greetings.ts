/** How self-hosted registries sign what they answer to `GET …/v2/`; a proxy in front of them may drop it. */
import { parseChallenges } from '../registry/auth/challenge.ts';
import type { TransportResponse } from '../registry/transport/TransportRequest.ts';

type Headers = TransportResponse['headers'];

/** https://jfrog.com/help/r/jfrog-rest-apis/rest-resources: `X-Artifactory-Id`, `X-JFrog-Version`, … */
export function isArtifactory(headers: Headers): boolean {
  return Object.keys(headers).some((name) => name.startsWith('x-artifactory-') || name === 'x-jfrog-version');
}

/** `Server: Nexus/3.70.1-02 (OSS)` */
export function isNexus({ server }: Headers): boolean {
  return typeof server === 'string' && server.startsWith('Nexus/');
}

/** Gitea and Forgejo: a token service called as GitLab's is, at another place. routers/api/packages/container of either. */
export function isGitea(headers: Headers): boolean {
  return parseChallenges(headers['www-authenticate']).some(
    ({ parameters }) =>
      parameters.get('service') === 'container_registry' &&
      URL.parse(parameters.get('realm') ?? '')?.pathname.endsWith('/v2/token'),
  );
}

/** Quay: a token service named after its own host. get_auth_headers in endpoints/v2/__init__.py of quay/quay. */
export function isQuay(host: string, headers: Headers): boolean {
  return parseChallenges(headers['www-authenticate']).some(({ parameters }) => {
    const realm = URL.parse(parameters.get('realm') ?? '');
    return realm?.host === host && realm.pathname === '/v2/auth' && parameters.get('service') === host;
  });
}
