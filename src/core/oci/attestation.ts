/** The attestations that BuildKit lists in an image's own index. Source: BuildKit docs/attestations/attestation-storage.md. */
import type { Descriptor } from './descriptor.ts';
import { isDigest, type Digest } from './digest.ts';
import { isUnknownPlatform } from './platform.ts';

/** What an index lists, apart: what can be run, and what is attached to it. */
export function splitAttestations(manifests: readonly Descriptor[]): {
  readonly platforms: readonly Descriptor[];
  readonly attestations: readonly Descriptor[];
} {
  return {
    platforms: manifests.filter((each) => !isAttestation(each)),
    attestations: manifests.filter(isAttestation),
  };
}

/** The digest of the platform that an attestation speaks about. */
export function attestedDigest({ annotations }: Descriptor): Digest | undefined {
  const digest = annotations?.['vnd.docker.reference.digest'];
  return digest !== undefined && isDigest(digest) ? digest : undefined;
}

function isAttestation({ platform, annotations }: Descriptor): boolean {
  return isUnknownPlatform(platform) || annotations?.['vnd.docker.reference.type'] === 'attestation-manifest';
}
