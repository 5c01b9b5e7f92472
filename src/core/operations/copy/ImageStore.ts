/** Where images are copied from and to: a repository of a registry, a folder, an archive. */
import type { Readable } from 'node:stream';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Manifest } from '../../oci/manifest.ts';
import type { BlobContent } from '../../registry/RegistryClient.ts';
import type { Passage } from '../../registry/transport/ConnectionLimiter.ts';
import type { ResolvedTag } from '../resolveTag.ts';

/** A repository as its registry knows it: what says whether blobs can be mounted. */
export interface RepositoryLocation {
  readonly host: string;
  /** Full name, namespace prefix included. */
  readonly name: string;
}

/** Every method throws CoreError. */
export interface ImageSource {
  /** Absent for what is no registry. */
  readonly location?: RepositoryLocation;
  /** By tag or digest; digest verified. */
  getManifest(reference: string, signal: AbortSignal): Promise<Manifest>;
  /** From `offset` on; from 0 the digest is checked before the end. */
  openBlob(descriptor: Descriptor, offset: number, signal: AbortSignal, passage?: Passage): Promise<Readable>;
  hasBlob(digest: Digest, signal: AbortSignal): Promise<boolean>;
  /** What refers to a manifest. */
  listReferrers(digest: Digest, signal: AbortSignal): Promise<readonly Descriptor[]>;
  /** Undefined: there is no such tag. */
  resolve(tag: string, signal: AbortSignal): Promise<ResolvedTag | undefined>;
}

export interface PutBlobOptions {
  readonly signal: AbortSignal;
  /** Full name of a repository on the same host that has it. */
  readonly mountFrom?: string;
  readonly onProgress?: (sentInBytes: number) => void;
}

/** `present`: it was there already. */
export type PutBlobResult = 'present' | 'mounted' | 'uploaded';

/** Every method throws CoreError. */
export interface ImageSink {
  readonly location?: RepositoryLocation;
  /** Blobs it takes at a time. */
  readonly parallelBlobs: number;
  getManifest(reference: string, signal: AbortSignal): Promise<Manifest>;
  /** With everything it needs. */
  hasManifest(digest: Digest, signal: AbortSignal): Promise<boolean>;
  putBlob(content: BlobContent, options: PutBlobOptions): Promise<PutBlobResult>;
  /** Exactly the manifest's bytes under its digest or a tag; all it names is there already. */
  putManifest(reference: string, manifest: Manifest, signal: AbortSignal): Promise<void>;
  resolve(tag: string, signal: AbortSignal): Promise<ResolvedTag | undefined>;
}

export function isSameRepository(
  a: RepositoryLocation | undefined,
  b: RepositoryLocation | undefined,
): boolean {
  return a !== undefined && b !== undefined && a.host === b.host && a.name === b.name;
}
