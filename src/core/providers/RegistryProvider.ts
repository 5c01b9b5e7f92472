/**
 * A provider teaches Berth one kind of registry: what it lists, how cheaply, what it can delete. The explorer, the
 * commands and the operations speak to registries only through this interface and `client`.
 */
import type { ArtifactKind } from '../oci/artifact.ts';
import type { Digest } from '../oci/digest.ts';
import type { Platform } from '../oci/platform.ts';
import type { CapabilityName } from '../registry/capability.ts';
import type { Page } from '../registry/Page.ts';
import type { PullLimit } from '../registry/PullLimit.ts';
import type { RegistryClient } from '../registry/RegistryClient.ts';

/** A tag as a listing gives it. Everything but the name is present only where the listing carried it. */
export interface TagSummary {
  readonly name: string;
  readonly details?: TagDetails;
}

/** What is shown beside a tag. Undefined fields are unknown, not zero. */
export interface TagDetails {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly kind: ArtifactKind;
  /** Compressed size of config and layers; for an index the sum over its runnable platforms (ECR tells the largest). Bytes. */
  readonly sizeInBytes?: number;
  /** Creation time from the image config (of an index: the newest platform read), or the registry's push time. */
  readonly createdAt?: Date;
  readonly platforms?: readonly Platform[];
  /** For artifacts: the artifactType or config media type. */
  readonly artifactType?: string;
  /** Only digest and time are known, as a listing told them; type and size are not: getTagDetails knows more. */
  readonly isPartial?: true;
  /** When it was last pulled, where the registry counts pulls; `never`: not since it was pushed. */
  readonly lastPulledAt?: Date | 'never';
  /** Digests an index lists, where the listing says. */
  readonly children?: readonly Digest[];
  /** Whether a signature is attached, where the listing says; it is not verified. */
  readonly isSigned?: boolean;
  /** Vulnerabilities the registry's own scan found, by severity; absent where it has not scanned. */
  readonly findings?: FindingCounts;
  /** What the registry refuses to do to the tag or its image; absent where nothing is locked. */
  readonly locks?: readonly TagLock[];
}

/** `delete`: neither tag nor image goes. `write`: nor may the tag be moved. */
export type TagLock = 'delete' | 'write';

export const FINDING_SEVERITIES = [
  'critical',
  'high',
  'medium',
  'low',
  'informational',
  'undefined',
] as const;

/** Empty where a scan found nothing. */
export type FindingCounts = Readonly<Partial<Record<(typeof FINDING_SEVERITIES)[number], number>>>;

/** A repository that a public search found. */
export interface FoundRepository {
  /** Relative to the connection. */
  readonly repository: string;
  readonly description?: string;
  readonly isOfficial?: boolean;
}

export interface ProviderCapabilities {
  /** False where listing every repository is refused: pinned repositories are the way to browse. */
  readonly listsRepositories: boolean;
  /**
   * How one tag goes away while its siblings stay: the registry does it (`native`), by a dummy manifest where only
   * delete-by-digest exists (`dummyManifest`), or not at all; `probe` when it must be found out per repository.
   */
  readonly deletesSingleTag: 'native' | 'dummyManifest' | 'none' | 'probe';
  /** Deleting the only tag of an image deletes the image, at once and not only when garbage is collected. */
  readonly deletesImageWithLastTag?: true;
  /** Listings say when a tag was last pulled. */
  readonly recordsPulls?: true;
  /** How bytes come free after a deletion; absent where nobody knows. */
  readonly reclaims?: ReclaimMode;
}

/**
 * `automatic`: the registry does it by itself, and manifests without a tag go as well. `scheduled`: by a schedule an
 * administrator sets. `manual`: somebody has to start it.
 */
export type ReclaimMode = 'automatic' | 'scheduled' | 'manual';

/** A manifest that no tag leads to: once deleted by nobody, or part of an index, or attached to an image. */
export interface UntaggedManifest extends Pick<
  TagDetails,
  'digest' | 'sizeInBytes' | 'createdAt' | 'lastPulledAt' | 'children'
> {
  /** Undefined where the listing does not say. */
  readonly mediaType?: string;
}

/** What an account needs for a capability, as the maker calls it: a scope, a role, an action. */
export type CapabilityPermissions = Readonly<Partial<Record<CapabilityName, string>>>;

export interface RegistryProvider {
  /** Stable id kept in settings: `oci`, `dockerHub`, … */
  readonly kind: string;
  readonly client: RegistryClient;
  readonly capabilities: ProviderCapabilities;
  /** Absent: the scopes of the distribution API. */
  readonly permissions?: CapabilityPermissions;

  /**
   * Where the maker's own API may be, for a person to complete as `apiUrl`; undefined where it is known. Absent: it is
   * known always.
   * @throws CoreError where what `apiUrl` says cannot be reached.
   */
  guessApiUrl?(signal: AbortSignal): Promise<string | undefined>;

  /** Names relative to the connection (namespace prefix removed), in the registry's order. */
  listRepositories(cursor: string | undefined, signal: AbortSignal): Promise<Page<string>>;

  /** Tags, deduplicated; at most `pageSize` where the registry honours it. */
  listTags(repository: string, cursor: string | undefined, signal: AbortSignal): Promise<Page<TagSummary>>;

  /** Details of one tag, in as few requests as the registry allows; results are cached by digest. */
  getTagDetails(repository: string, tag: string, signal: AbortSignal): Promise<TagDetails>;

  /**
   * Deletes one tag by the registry's own API; its siblings stay. Absent: by the distribution API, as `capabilities` say.
   * @throws CoreError; `notFound` counts as done.
   */
  deleteTag?(repository: string, tag: string, signal: AbortSignal): Promise<void>;

  /** Manifests without a tag; only where the registry lists them. Parts of indexes are among them. */
  listUntagged?(
    repository: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<UntaggedManifest>>;

  /**
   * Deletes a manifest without a tag by the registry's own API. Absent: by the distribution API.
   * @throws CoreError; `notFound` counts as done.
   */
  deleteUntagged?(repository: string, digest: Digest, signal: AbortSignal): Promise<void>;

  /** Creates an empty repository, where one must be there before a push. */
  createRepository?(repository: string, signal: AbortSignal): Promise<void>;

  /** Repositories of anybody that hold `text`, best first; only where the registry has a public search. */
  search?(text: string, signal: AbortSignal): Promise<readonly FoundRepository[]>;

  /** Asks how many pulls are left, which spends none; only where a registry counts them. Undefined: no limit. */
  readPullLimit?(signal: AbortSignal): Promise<PullLimit | undefined>;

  /** Web page of a repository or tag, where the registry has one. */
  webUrl(repository: string, tag?: string): string | undefined;
}
