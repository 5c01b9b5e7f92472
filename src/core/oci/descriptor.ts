/** A pointer to content. Source: OCI image-spec, descriptor.md. */
import type { Digest } from './digest.ts';
import type { Platform } from './platform.ts';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Size of the content as stored (compressed for layers). */
  readonly sizeInBytes: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  readonly platform?: Platform;
  /** Where non-distributable layers may be fetched instead. */
  readonly urls?: readonly string[];
}
