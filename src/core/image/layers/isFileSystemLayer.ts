import type { Descriptor } from '../../oci/descriptor.ts';

/** Signatures, SBOMs and other artifacts carry layers too. */
export function isFileSystemLayer({ mediaType }: Pick<Descriptor, 'mediaType'>): boolean {
  return /tar|rootfs|^$/.test(mediaType);
}
