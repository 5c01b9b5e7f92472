/** Tags as Amazon ECR describes images: one image with several tags is several. */
import * as v from 'valibot';
import { MediaType, isIndexType, isSchema1Type } from '../../oci/mediaType.ts';
import type { ArtifactKind } from '../../oci/artifact.ts';
import { isTag } from '../../oci/reference.ts';
import { isDigest, type Digest } from '../../oci/digest.ts';
import {
  FINDING_SEVERITIES,
  type FindingCounts,
  type TagDetails,
  type TagSummary,
  type UntaggedManifest,
} from '../RegistryProvider.ts';

/**
 * What private and public ECR say alike of an image: sizes compressed and in bytes, of an index that of its largest
 * image; `artifactMediaType` is the config's.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html
 * https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_ReferencedImageDetail.html
 */
const imageSchema = v.object({
  imageDigest: v.custom<Digest>((value) => typeof value === 'string' && isDigest(value)),
  imageSizeInBytes: v.optional(v.pipe(v.number(), v.minValue(0))),
  imagePushedAt: v.optional(v.date()),
  /** Private registries only. */
  lastRecordedPullTime: v.optional(v.date()),
  imageManifestMediaType: v.string(),
  artifactMediaType: v.optional(v.string()),
  imageScanFindingsSummary: v.optional(
    v.object({ findingSeverityCounts: v.optional(v.record(v.string(), v.number()), {}) }),
  ),
});

const IMAGE_CONFIGS: ReadonlySet<string | undefined> = new Set([
  undefined,
  MediaType.ociConfig,
  MediaType.dockerConfig,
  // Docker 1.10 pushed its configs so.
  'application/octet-stream',
]);

export interface SummaryOptions {
  /** Pulls are recorded, so that an image without a time was not pulled. */
  readonly recordsPulls?: boolean;
}

/** Nothing for what cannot be a tag; without details where the image is not described well enough to show them. */
export function summarise(name: string, image: unknown, options: SummaryOptions = {}): TagSummary[] {
  if (!isTag(name)) return [];
  const parsed = v.safeParse(imageSchema, image);
  return [parsed.success ? { name, details: detailsOf(parsed.output, options) } : { name }];
}

/** Nothing where the image is not described well enough. */
export function summariseUntagged(image: unknown, options: SummaryOptions): UntaggedManifest[] {
  const parsed = v.safeParse(imageSchema, image);
  return parsed.success ? [detailsOf(parsed.output, options)] : [];
}

function detailsOf(
  image: v.InferOutput<typeof imageSchema>,
  { recordsPulls = false }: SummaryOptions,
): TagDetails {
  const lastPulledAt = image.lastRecordedPullTime ?? (recordsPulls ? 'never' : undefined);
  const { imageManifestMediaType: mediaType, artifactMediaType } = image;
  const { imageSizeInBytes, imagePushedAt, imageScanFindingsSummary } = image;
  const kind = kindOf(mediaType, artifactMediaType);
  return {
    digest: image.imageDigest,
    mediaType,
    kind,
    ...(imageSizeInBytes !== undefined && { sizeInBytes: imageSizeInBytes }),
    ...(imagePushedAt !== undefined && { createdAt: imagePushedAt }),
    ...(lastPulledAt !== undefined && { lastPulledAt }),
    ...((kind === 'artifact' || kind === 'helm') &&
      artifactMediaType !== undefined && { artifactType: artifactMediaType }),
    ...(imageScanFindingsSummary && { findings: countsOf(imageScanFindingsSummary.findingSeverityCounts) }),
  };
}

function kindOf(mediaType: string, artifactMediaType: string | undefined): ArtifactKind {
  if (isIndexType(mediaType)) return 'index';
  if (isSchema1Type(mediaType)) return 'legacy';
  if (artifactMediaType === MediaType.helmConfig) return 'helm';
  return IMAGE_CONFIGS.has(artifactMediaType) ? 'image' : 'artifact';
}

function countsOf(counts: Readonly<Record<string, number>>): FindingCounts {
  return Object.fromEntries(
    FINDING_SEVERITIES.flatMap((severity) => {
      const count = counts[severity.toUpperCase()] ?? 0;
      return count > 0 ? [[severity, count]] : [];
    }),
  );
}
