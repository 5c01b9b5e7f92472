/**
 * What a registry and a repository can do: what the provider knows without asking, and for the rest what the registry
 * answers. Findings come one by one, each as soon as it is known; one that cannot be had holds up no other.
 */
import { CoreError, isCoreError } from '../common/CoreError.ts';
import type { Digest } from '../oci/digest.ts';
import type { Manifest } from '../oci/manifest.ts';
import type { CapabilityFinding, CapabilityName } from '../registry/capability.ts';
import type { RegistryClient } from '../registry/RegistryClient.ts';
import { throwIfCancelled } from '../registry/transport/cancellation.ts';
import type { RegistryProvider } from './RegistryProvider.ts';

type OnFinding = (finding: CapabilityFinding) => void;

/** What a probe is tried with. */
interface Sample {
  readonly digest?: Digest;
  /** A blob of one byte at least. */
  readonly blob?: Digest;
}

/** @throws CoreError `cancelled`; any other failure is a finding. */
export async function probeRegistry(
  provider: RegistryProvider,
  onFinding: OnFinding,
  signal: AbortSignal,
): Promise<void> {
  onFinding(
    provider.search
      ? { name: 'publicSearch', answer: 'yes', source: { kind: 'ownApi' } }
      : { name: 'publicSearch', answer: 'no', source: { kind: 'provider' }, reason: 'notOffered' },
  );
  await find(provider, 'catalog', onFinding, signal, () => findCatalog(provider, signal));
}

/**
 * Everything but `mount`, which is found `askFirst`; see probeMount.
 * @throws CoreError `cancelled`; any other failure is a finding.
 */
export async function probeRepository(
  provider: RegistryProvider,
  repository: string,
  onFinding: OnFinding,
  signal: AbortSignal,
): Promise<void> {
  const { probes } = provider.client;
  const ask = (name: CapabilityName, probe: () => Promise<CapabilityFinding>): Promise<void> =>
    find(provider, name, onFinding, signal, probe);
  onFinding({ name: 'mount', answer: 'unknown', reason: 'askFirst' });
  let firstTag: string | undefined;
  await Promise.all([
    askDeletion(provider, repository, ask, signal),
    ask('tagPages', () => probes.tagPages(repository, signal)),
    ask('listedDetails', async () => {
      const [first] = (await provider.listTags(repository, undefined, signal)).items;
      firstTag = first?.name;
      if (!first) return { name: 'listedDetails', answer: 'unknown', reason: 'nothingToTry' };
      return first.details
        ? { name: 'listedDetails', answer: 'yes', source: { kind: 'ownApi' } }
        : { name: 'listedDetails', answer: 'no', source: { kind: 'provider' }, reason: 'notOffered' };
    }),
  ]);
  const sample = firstTag === undefined ? {} : await readSample(provider, repository, firstTag, signal);
  await Promise.all([
    ask('referrers', () => probes.referrers(repository, sample.digest, signal)),
    ask('range', async () => {
      // A registry that counts pulls serves blobs from a content network, which knows ranges.
      if (countsPulls(provider)) return { name: 'range', answer: 'yes', source: { kind: 'provider' } };
      return sample.blob === undefined
        ? { name: 'range', answer: 'unknown', reason: 'nothingToTry' }
        : probes.range(repository, sample.blob, signal);
    }),
  ]);
}

/**
 * Whether blobs can be mounted. Only on a person's word: it asks for the right to push, and spends a pull where they
 * are counted.
 * @throws CoreError `cancelled`; any other failure is a finding.
 */
export async function probeMount(
  provider: RegistryProvider,
  repository: string,
  onFinding: OnFinding,
  signal: AbortSignal,
): Promise<void> {
  await find(provider, 'mount', onFinding, signal, async () => {
    const [first] = (await provider.listTags(repository, undefined, signal)).items;
    const manifest = first && (await provider.client.getManifest(repository, first.name, signal));
    const blob = manifest && (await blobOf(provider.client, repository, manifest, signal));
    return blob === undefined
      ? { name: 'mount', answer: 'unknown', reason: 'nothingToTry' }
      : provider.client.probes.mount(repository, blob, signal);
  });
}

async function findCatalog(provider: RegistryProvider, signal: AbortSignal): Promise<CapabilityFinding> {
  const { capabilities, client, kind } = provider;
  if (!capabilities.listsRepositories) {
    return { name: 'catalog', answer: 'no', source: { kind: 'provider' }, reason: 'signInNeeded' };
  }
  if (kind === 'oci') return client.probes.catalog(signal);
  await provider.listRepositories(undefined, signal);
  return { name: 'catalog', answer: 'yes', source: { kind: 'ownApi' } };
}

async function askDeletion(
  provider: RegistryProvider,
  repository: string,
  ask: (name: CapabilityName, probe: () => Promise<CapabilityFinding>) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { client, capabilities } = provider;
  let deletesByDigest = false;
  await ask('deleteByDigest', async () => {
    const finding = await client.probes.deleteByDigest(repository, signal);
    deletesByDigest = finding.answer === 'yes';
    return finding;
  });
  await ask('deleteByTag', async () => {
    if (provider.deleteTag && capabilities.deletesSingleTag === 'native') {
      return { name: 'deleteByTag', answer: 'yes', source: { kind: 'ownApi' } };
    }
    if (capabilities.deletesSingleTag === 'none') {
      return { name: 'deleteByTag', answer: 'no', source: { kind: 'provider' }, reason: 'notAllowed' };
    }
    const finding =
      capabilities.deletesSingleTag === 'dummyManifest'
        ? ({ name: 'deleteByTag', answer: 'no', source: { kind: 'provider' }, reason: 'notOffered' } as const)
        : await client.probes.deleteByTag(repository, signal);
    return finding.answer === 'no' && deletesByDigest ? { ...finding, reason: 'dummyManifest' } : finding;
  });
}

/** Nothing where the image cannot be read: that is told where it is opened. A HEAD only where a GET counts as a pull. */
async function readSample(
  provider: RegistryProvider,
  repository: string,
  tag: string,
  signal: AbortSignal,
): Promise<Sample> {
  try {
    if (countsPulls(provider)) {
      const head = await provider.client.headManifest(repository, tag, signal);
      return head?.digest ? { digest: head.digest } : {};
    }
    const manifest = await provider.client.getManifest(repository, tag, signal);
    const blob = await blobOf(provider.client, repository, manifest, signal);
    return { digest: manifest.digest, ...(blob !== undefined && { blob }) };
  } catch (error) {
    throwIfCancelled(signal);
    if (!isCoreError(error)) throw error;
    return {};
  }
}

/** The config or a layer, of an index those of its first image. */
async function blobOf(
  client: RegistryClient,
  repository: string,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<Digest | undefined> {
  if (manifest.kind === 'index') {
    const [first] = manifest.manifests;
    if (!first) return undefined;
    const image = await client.getManifest(repository, first.digest, signal);
    return image.kind === 'index' ? undefined : blobOf(client, repository, image, signal);
  }
  const blobs = manifest.kind === 'manifest' ? [manifest.config, ...manifest.layers] : manifest.layers;
  return blobs.find(({ sizeInBytes }) => manifest.kind === 'legacy' || sizeInBytes > 0)?.digest;
}

/** Asks for one finding; a failure is one too, and what the account lacks is named as its maker calls it. */
async function find(
  provider: RegistryProvider,
  name: CapabilityName,
  onFinding: OnFinding,
  signal: AbortSignal,
  probe: () => Promise<CapabilityFinding>,
): Promise<void> {
  let finding: CapabilityFinding;
  try {
    finding = await probe();
  } catch (error) {
    throwIfCancelled(signal);
    if (!(error instanceof CoreError)) throw error;
    finding = failed(name, error);
  }
  const isRefused = finding.reason === 'signInNeeded' || finding.reason === 'notAllowed';
  const permission = isRefused ? provider.permissions?.[name] : undefined;
  onFinding(permission === undefined ? finding : { ...finding, missing: permission });
}

/** Another error than a refusal leaves the question open. */
function failed(name: CapabilityName, error: CoreError): CapabilityFinding {
  if (!isCoreError(error, 'unauthorized', 'forbidden')) {
    return { name, answer: 'unknown', reason: 'failed', error };
  }
  const { reason, missing } = error.details;
  const isSignedOut = reason === 'noCredentials' || reason === 'anonymousRefused';
  return {
    name,
    answer: 'no',
    source: { kind: 'ownApi' },
    reason: isSignedOut ? 'signInNeeded' : 'notAllowed',
    ...(missing !== undefined && { missing }),
  };
}

function countsPulls(provider: RegistryProvider): boolean {
  return provider.readPullLimit !== undefined;
}
