/** The registry kinds Berth knows. A new one is a file of its own and a line here; each is loaded on first use. */
import type { RegistryEndpoint } from '../registry/RegistryEndpoint.ts';
import { DOCKER_HUB_API_HOST } from '../registry/repositoryName.ts';
import { ECR_PUBLIC_HOST, tryParseEcrAddress } from './aws/ecrAddress.ts';
import { GITLAB_COM_REGISTRY, isGitLabRealm } from './gitlab/gitLabRegistry.ts';
import { isGoogleHost } from './google/googleHosts.ts';
import type { ProviderContext } from './ProviderContext.ts';
import type { RegistryProvider } from './RegistryProvider.ts';

interface ProviderRegistration {
  readonly kind: string;
  readonly create: (context: ProviderContext) => Promise<RegistryProvider>;
  /** Whether an endpoint is of this kind, by its address and, when just met, by where it sends for tokens. */
  readonly matches: (endpoint: RegistryEndpoint, tokenRealm: string | undefined) => boolean;
}

/** The first that matches is taken; the last matches everything. */
const REGISTRATIONS: readonly ProviderRegistration[] = [
  {
    kind: 'dockerHub',
    create: async (context) => (await import('./DockerHubProvider.ts')).DockerHubProvider.open(context),
    matches: ({ host }) => host === DOCKER_HUB_API_HOST,
  },
  {
    kind: 'ecr',
    create: async (context) => new (await import('./EcrProvider.ts')).EcrProvider(context),
    matches: ({ host }) => tryParseEcrAddress(host) !== undefined,
  },
  {
    kind: 'ecrPublic',
    create: async (context) => new (await import('./EcrPublicProvider.ts')).EcrPublicProvider(context),
    matches: ({ host }) => host === ECR_PUBLIC_HOST,
  },
  {
    kind: 'ghcr',
    create: async (context) => (await import('./GhcrProvider.ts')).GhcrProvider.open(context),
    matches: ({ host }) => host === 'ghcr.io',
  },
  {
    kind: 'google',
    create: async (context) => new (await import('./GoogleProvider.ts')).GoogleProvider(context),
    matches: ({ host }) => isGoogleHost(host),
  },
  {
    kind: 'gitlab',
    create: async (context) => (await import('./GitLabProvider.ts')).GitLabProvider.open(context),
    matches: ({ host }, realm) => host === GITLAB_COM_REGISTRY || isGitLabRealm(realm),
  },
  {
    kind: 'oci',
    create: async ({ client }) => new (await import('./OciProvider.ts')).OciProvider(client),
    matches: () => true,
  },
];

/** A kind that is not known (a setting of a newer version, a typing error) is served as plain `oci`. */
export async function createProvider(kind: string, context: ProviderContext): Promise<RegistryProvider> {
  const registration = REGISTRATIONS.find((candidate) => candidate.kind === kind) ?? REGISTRATIONS.at(-1)!;
  return registration.create(context);
}

export function detectProviderKind(endpoint: RegistryEndpoint, tokenRealm?: string): string {
  return REGISTRATIONS.find(({ matches }) => matches(endpoint, tokenRealm))!.kind;
}
