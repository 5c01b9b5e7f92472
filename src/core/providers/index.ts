/** The registry kinds Berth knows. A new one is a file of its own and a line here; each is loaded on first use. */
import { isCoreError } from '../common/CoreError.ts';
import type { Discovery } from '../registry/discoverEndpoint.ts';
import type { RegistryClient } from '../registry/RegistryClient.ts';
import type { RegistryEndpoint } from '../registry/RegistryEndpoint.ts';
import { DOCKER_HUB_API_HOST } from '../registry/repositoryName.ts';
import { ECR_PUBLIC_HOST, tryParseEcrAddress } from './aws/ecrAddress.ts';
import { GITLAB_COM_REGISTRY, isGitLabRealm } from './gitlab/gitLabRegistry.ts';
import { isAcrHost } from './azure/acrAddress.ts';
import { isArtifactory, isGitea, isNexus, isQuay } from './greetings.ts';
import { isGoogleHost } from './google/googleHosts.ts';
import type { ProviderContext } from './ProviderContext.ts';
import type { RegistryProvider } from './RegistryProvider.ts';

/** What a registry said of itself when it was discovered. */
export type RegistryGreeting = Partial<Pick<Discovery, 'tokenRealm' | 'headers'>>;

interface ProviderRegistration {
  readonly kind: string;
  readonly create: (context: ProviderContext) => Promise<RegistryProvider>;
  /** Whether an endpoint is of this kind, by its address and, when just met, by how it greeted us. */
  readonly matches: (endpoint: RegistryEndpoint, greeting: RegistryGreeting) => boolean;
  /** Whether the registry is of this kind, by asking it: for servers that stand at any address. Any error is a no. */
  readonly probe?: (client: RegistryClient, signal: AbortSignal) => Promise<boolean>;
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
    kind: 'acr',
    create: async (context) => new (await import('./AcrProvider.ts')).AcrProvider(context),
    matches: ({ host }) => isAcrHost(host),
  },
  {
    kind: 'gitlab',
    create: async (context) => (await import('./GitLabProvider.ts')).GitLabProvider.open(context),
    matches: ({ host }, { tokenRealm }) => host === GITLAB_COM_REGISTRY || isGitLabRealm(tokenRealm),
  },
  {
    kind: 'quay',
    create: async (context) => new (await import('./QuayProvider.ts')).QuayProvider(context),
    matches: ({ host }, { headers = {} }) => host === 'quay.io' || isQuay(host, headers),
  },
  {
    kind: 'harbor',
    create: async (context) => new (await import('./HarborProvider.ts')).HarborProvider(context),
    matches: () => false,
    probe: async (client, signal) =>
      (await import('./HarborProvider.ts')).HarborProvider.recognises(client, signal),
  },
  {
    kind: 'zot',
    create: async (context) => new (await import('./ZotProvider.ts')).ZotProvider(context),
    matches: () => false,
    probe: async (client, signal) =>
      (await import('./ZotProvider.ts')).ZotProvider.recognises(client, signal),
  },
  {
    kind: 'artifactory',
    create: async (context) => new (await import('./ArtifactoryProvider.ts')).ArtifactoryProvider(context),
    matches: (_, { headers = {} }) => isArtifactory(headers),
  },
  {
    kind: 'nexus',
    create: async (context) => new (await import('./NexusProvider.ts')).NexusProvider(context),
    matches: (_, { headers = {} }) => isNexus(headers),
    probe: async (client, signal) =>
      (await import('./NexusProvider.ts')).NexusProvider.recognises(client, signal),
  },
  {
    kind: 'gitea',
    create: async (context) => new (await import('./GiteaProvider.ts')).GiteaProvider(context),
    matches: (_, { headers = {} }) => isGitea(headers),
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

export function detectProviderKind(endpoint: RegistryEndpoint, greeting: RegistryGreeting = {}): string {
  return REGISTRATIONS.find(({ matches }) => matches(endpoint, greeting))!.kind;
}

/** How long a server may take to say what it is; connecting does not wait longer for it. */
const PROBE_MS = 5_000;

/**
 * Asks a registry that the address says nothing about what it is; `oci` where nothing better is recognised. For once,
 * when a connection is made: the answer is kept in its setting.
 * @throws CoreError `cancelled`
 */
export async function probeProviderKind(client: RegistryClient, signal: AbortSignal): Promise<string> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]);
  const answers = await Promise.all(
    REGISTRATIONS.map(async ({ kind, probe }) => {
      try {
        return (await probe?.(client, deadline)) ? kind : undefined;
      } catch (error) {
        if (isCoreError(error) && !signal.aborted) return undefined;
        throw error;
      }
    }),
  );
  return answers.find((kind) => kind !== undefined) ?? detectProviderKind(client.endpoint);
}
