/** The file `docker buildx build --metadata-file` writes. */
import * as v from 'valibot';
import { isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';

export interface BuildMetadata {
  /** Digest of the manifest or index that was pushed or exported. */
  readonly digest?: Digest;
  /** Digest of the config: the image's id in the classic image store. */
  readonly imageId?: Digest;
}

const digest = v.fallback(v.optional(v.pipe(v.string(), v.check(isDigest))), undefined);

const Metadata = v.looseObject({ 'containerimage.digest': digest, 'containerimage.config.digest': digest });

/** Tolerant: an older or broken file gives an empty result. */
export function parseBuildMetadata(json: string): BuildMetadata {
  let parsed: v.SafeParseResult<typeof Metadata>;
  try {
    parsed = v.safeParse(Metadata, JSON.parse(json));
  } catch {
    return {};
  }
  if (!parsed.success) return {};
  const manifest = parsed.output['containerimage.digest'] as Digest | undefined;
  const config = parsed.output['containerimage.config.digest'] as Digest | undefined;
  return {
    ...(manifest === undefined ? {} : { digest: manifest }),
    ...(config === undefined ? {} : { imageId: config }),
  };
}
