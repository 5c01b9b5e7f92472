/** What cosign signs: the digest of an image and the name it had. Source: cosign SIGNATURE_SPEC.md, "Simple Signing". */
import * as v from 'valibot';
import { isDigest, type Digest } from '../oci/digest.ts';
import { informative } from '../oci/informative.ts';
import { parseDocument } from './parseDocument.ts';

export interface SimpleSigning {
  readonly digest: Digest;
  /** The reference the signer used: `registry.example/team/app`. */
  readonly dockerReference?: string;
}

const schema = v.pipe(
  v.object({
    critical: v.object({
      identity: informative(v.object({ 'docker-reference': informative(v.string()) })),
      image: v.object({
        'docker-manifest-digest': v.custom<Digest>((text) => typeof text === 'string' && isDigest(text)),
      }),
      type: v.string(),
    }),
  }),
  v.transform(({ critical }): SimpleSigning => {
    const dockerReference = critical.identity?.['docker-reference'];
    return {
      digest: critical.image['docker-manifest-digest'],
      ...(dockerReference && { dockerReference }),
    };
  }),
);

/** @throws CoreError `protocol` with reason `notJson` or `badDocument`. */
export function parseSimpleSigning(bytes: Uint8Array): SimpleSigning {
  return parseDocument(schema, bytes, 'signature payload');
}
