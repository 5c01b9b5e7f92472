/**
 * What an image says of the image it was built on. Sources: OCI image-spec annotations.md
 * (`org.opencontainers.image.base.name`, `.base.digest`); Cloud Native Buildpacks, platform specification
 * (`io.buildpacks.lifecycle.metadata`); for the history, what the makers of well-known base images write there.
 */
import * as v from 'valibot';
import { isDigest, type Digest } from '../oci/digest.ts';
import { informative } from '../oci/informative.ts';
import type { NamedValue } from './ImageView.ts';

export interface BaseImageHint {
  /** As written: `debian:12`. */
  readonly reference: string;
  /** Of the base at the time of the build. */
  readonly digest?: Digest;
  readonly by: 'annotation' | 'label' | 'history';
}

const NAME = 'org.opencontainers.image.base.name';
const DIGEST = 'org.opencontainers.image.base.digest';

export interface BaseImageSources {
  /** Of the image and of its index, the image's first. */
  readonly annotations: readonly NamedValue[];
  readonly labels: readonly NamedValue[];
  /** Build steps as recorded, base first. */
  readonly history: readonly string[];
}

/** The most reliable hint there is. */
export function findBaseHint({ annotations, labels, history }: BaseImageSources): BaseImageHint | undefined {
  return (
    fromValues(annotations, 'annotation') ??
    fromValues(labels, 'label') ??
    fromBuildpacks(labels) ??
    fromHistory(labels, history)
  );
}

function fromValues(values: readonly NamedValue[], by: 'annotation' | 'label'): BaseImageHint | undefined {
  const reference = valueOf(values, NAME);
  const digest = valueOf(values, DIGEST);
  if (reference === undefined || reference === '') return undefined;
  return { reference, by, ...(digest !== undefined && isDigest(digest) && { digest }) };
}

const buildpacks = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    runImage: v.object({ image: informative(v.string()), reference: informative(v.string()) }),
  }),
);

function fromBuildpacks(labels: readonly NamedValue[]): BaseImageHint | undefined {
  const metadata = v.safeParse(buildpacks, valueOf(labels, 'io.buildpacks.lifecycle.metadata'));
  if (!metadata.success) return undefined;
  const { image, reference } = metadata.output.runImage;
  const digest = reference?.split('@')[1];
  const name = image ?? reference?.split('@')[0];
  if (name === undefined || name === '') return undefined;
  return { reference: name, by: 'label', ...(digest !== undefined && isDigest(digest) && { digest }) };
}

/** First steps of well-known base images. */
const FIRST_STEPS: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
  [/\balpine-minirootfs-(\d+\.\d+)(?:\.\d+)?-/, ([, version]) => `alpine:${version}`],
  [/\bdebian\.sh --arch '?\w+'? out\/ '?(\w+)'?/, ([, suite]) => `debian:${suite}`],
];

function fromHistory(labels: readonly NamedValue[], history: readonly string[]): BaseImageHint | undefined {
  for (const step of history.slice(0, 3)) {
    for (const [pattern, nameOf] of FIRST_STEPS) {
      const match = pattern.exec(step);
      if (match) return { reference: nameOf(match), by: 'history' };
    }
  }
  // Ubuntu writes its own name and version, and every image built on it inherits them unless it says otherwise.
  const name = valueOf(labels, 'org.opencontainers.image.ref.name');
  const version = valueOf(labels, 'org.opencontainers.image.version');
  if (name === 'ubuntu' && version !== undefined && /^\d\d\.\d\d$/.test(version)) {
    return { reference: `ubuntu:${version}`, by: 'history' };
  }
  return undefined;
}

function valueOf(values: readonly NamedValue[], wanted: string): string | undefined {
  return values.find(({ name }) => name === wanted)?.value;
}
