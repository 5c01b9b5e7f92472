/** The registry kinds Berth knows. A new one is a file of its own and a line here. */
import type { RegistryClient } from '../registry/RegistryClient.ts';
import type { RegistryEndpoint } from '../registry/RegistryEndpoint.ts';
import { DOCKER_HUB_API_HOST } from '../registry/repositoryName.ts';
import { DockerHubProvider } from './DockerHubProvider.ts';
import { OciProvider } from './OciProvider.ts';
import type { RegistryProvider } from './RegistryProvider.ts';

interface ProviderRegistration {
  readonly kind: string;
  readonly create: (client: RegistryClient) => RegistryProvider;
  /** Whether an endpoint is of this kind, by its address alone. */
  readonly matches: (endpoint: RegistryEndpoint) => boolean;
}

/** The first that matches is taken; the last matches everything. */
const REGISTRATIONS: readonly ProviderRegistration[] = [
  {
    kind: 'dockerHub',
    create: (client) => new DockerHubProvider(client),
    matches: ({ host }) => host === DOCKER_HUB_API_HOST,
  },
  { kind: 'oci', create: (client) => new OciProvider(client), matches: () => true },
];

/** A kind that is not known (a setting of a newer version, a typing error) is served as plain `oci`. */
export function createProvider(kind: string, client: RegistryClient): RegistryProvider {
  const registration = REGISTRATIONS.find((candidate) => candidate.kind === kind) ?? REGISTRATIONS.at(-1)!;
  return registration.create(client);
}

export function detectProviderKind(endpoint: RegistryEndpoint): string {
  return REGISTRATIONS.find(({ matches }) => matches(endpoint))!.kind;
}
