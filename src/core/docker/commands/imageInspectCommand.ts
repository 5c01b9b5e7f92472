/** `docker image inspect`. */
import * as v from 'valibot';
import { isDigest, type Digest } from '../../oci/digest.ts';
import { checkArgument } from '../checkArgument.ts';
import type { DockerCommand } from '../DockerRunner.ts';
import { parseJsonOutput } from '../parseJsonOutput.ts';

export interface ImageDetails {
  readonly id: string;
  /** `repo:tag` names. */
  readonly tags: readonly string[];
  /** `repo@digest` names: where it was pushed to or pulled from. */
  readonly repositoryDigests: readonly string[];
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly createdAt?: string;
  /** Unpacked. */
  readonly sizeInBytes: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Digests of the layers unpacked, the base first. */
  readonly layers: readonly Digest[];
}

const strings = v.nullish(v.array(v.string()));
const text = v.optional(v.string(), '');

const Inspected = v.tupleWithRest(
  [
    v.looseObject({
      Id: v.string(),
      RepoTags: strings,
      RepoDigests: strings,
      Os: text,
      Architecture: text,
      Variant: text,
      Created: text,
      Size: v.optional(v.number(), 0),
      RootFS: v.nullish(v.looseObject({ Layers: strings })),
      Config: v.nullish(v.looseObject({ Labels: v.nullish(v.record(v.string(), v.string())) })),
    }),
  ],
  v.unknown(),
);

/** @param image reference or id. Fails with `notFound`, reason `imageUnknown`. */
export function imageInspectCommand(image: string): DockerCommand<ImageDetails> {
  return {
    args: ['image', 'inspect', '--', checkArgument(image, 'image')],
    parse: (stdout) => {
      const [details] = parseJsonOutput(stdout, Inspected, 'docker image inspect');
      return {
        id: details.Id.includes(':') ? details.Id : `sha256:${details.Id}`,
        tags: details.RepoTags ?? [],
        repositoryDigests: details.RepoDigests ?? [],
        os: details.Os,
        architecture: details.Architecture,
        ...(details.Variant === '' ? {} : { variant: details.Variant }),
        ...(details.Created === '' ? {} : { createdAt: details.Created }),
        sizeInBytes: details.Size,
        labels: details.Config?.Labels ?? {},
        layers: (details.RootFS?.Layers ?? []).filter(isDigest),
      };
    },
  };
}
