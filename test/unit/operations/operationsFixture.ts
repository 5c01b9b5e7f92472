/** What the tests of operations share: a provider over the real client, a journal in a temporary folder, small images. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildJsonBlob, buildManifest, buildBlob } from '../../../scripts/samples/buildArtifact.ts';
import type { BuiltManifest } from '../../../scripts/samples/buildArtifact.ts';
import { pushBuilt } from '../../../scripts/samples/pushBuilt.ts';
import { nullLogger } from '../../../src/core/common/Logger.ts';
import { MediaType } from '../../../src/core/oci/mediaType.ts';
import { Journal } from '../../../src/core/operations/Journal.ts';
import type { ProviderCapabilities, RegistryProvider } from '../../../src/core/providers/RegistryProvider.ts';
import { createEndpoint } from '../../../src/core/registry/parseRegistryUrl.ts';
import { RegistryClient } from '../../../src/core/registry/RegistryClient.ts';
import { Transport } from '../../../src/core/registry/transport/Transport.ts';

export const REPOSITORY = 'team/app';
export const CONNECTION_ID = 'test-connection';

export interface TestProvider extends RegistryProvider, AsyncDisposable {}

/** A provider that knows only what the client knows. Retries pause 1 ms. */
export function createTestProvider(
  url: string,
  deletesSingleTag: ProviderCapabilities['deletesSingleTag'] = 'probe',
  pageSize = 1000,
): TestProvider {
  const endpoint = createEndpoint(url, 'api');
  const transport = new Transport({
    endpoint,
    tls: {},
    proxy: { strictProxyTls: true, noProxy: '*' },
    credentials: { get: () => Promise.resolve(undefined) },
    logger: nullLogger,
    userAgent: 'berth-test',
    limits: { retryBaseMs: 1 },
  });
  const client = new RegistryClient(endpoint, transport, nullLogger);
  return {
    kind: 'test',
    client,
    capabilities: { listsRepositories: true, deletesSingleTag },
    listRepositories: (cursor, signal) => client.listRepositories(cursor, pageSize, signal),
    listTags: async (repository, cursor, signal) => {
      const page = await client.listTags(repository, cursor, pageSize, signal);
      return { ...page, items: page.items.map((name) => ({ name })) };
    },
    getTagDetails: () => Promise.reject(new Error('operations ask the client')),
    webUrl: () => undefined,
    [Symbol.asyncDispose]: () => transport.dispose(),
  };
}

export interface TestJournal extends AsyncDisposable {
  readonly journal: Journal;
  readonly directory: string;
}

export async function createTestJournal(
  bounds: { maxBytes?: number; maxOperations?: number } = {},
): Promise<TestJournal> {
  const directory = await mkdtemp(join(tmpdir(), 'berth-journal-'));
  return {
    directory,
    journal: new Journal({ directory, logger: nullLogger, ...bounds }),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** An image of one layer; `name` makes it, and its blobs, unique. */
export function buildTinyImage(
  name: string,
  layers: readonly string[] = [`layer of ${name}`],
): BuiltManifest {
  return buildManifest({
    config: buildJsonBlob(MediaType.ociConfig, { architecture: 'amd64', os: 'linux', config: {}, name }),
    layers: layers.map((content) => buildBlob(MediaType.ociLayer, content)),
  });
}

export async function push(
  provider: RegistryProvider,
  built: BuiltManifest,
  ...tags: readonly string[]
): Promise<void> {
  await pushBuilt(provider.client, REPOSITORY, built, tags, neverCancelled());
}

export function neverCancelled(): AbortSignal {
  return new AbortController().signal;
}

/** Tag → digest as the registry answers now; tags that are not there are left out. */
export async function readTags(
  provider: RegistryProvider,
  tags: readonly string[],
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const tag of tags) {
    const head = await provider.client.headManifest(REPOSITORY, tag, neverCancelled());
    if (head?.digest) found[tag] = head.digest;
  }
  return found;
}
