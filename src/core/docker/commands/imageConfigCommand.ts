/** `docker image inspect` once more, read as the config of the image; the engine keeps the history apart. */
import * as v from 'valibot';
import { parseImageConfig, type ImageConfig } from '../../oci/imageConfig.ts';
import { checkArgument } from '../checkArgument.ts';
import type { DockerCommand } from '../DockerRunner.ts';
import { parseJsonOutput } from '../parseJsonOutput.ts';

const Inspected = v.tupleWithRest(
  [
    v.looseObject({
      Os: v.unknown(),
      OsVersion: v.optional(v.unknown()),
      Architecture: v.unknown(),
      Variant: v.optional(v.unknown()),
      Created: v.optional(v.unknown()),
      Author: v.optional(v.unknown()),
      Config: v.optional(v.unknown()),
      RootFS: v.nullish(v.looseObject({ Layers: v.optional(v.unknown()) })),
    }),
  ],
  v.unknown(),
);

/** Without its history. @param image reference or id. Fails with `notFound`, reason `imageUnknown`. */
export function imageConfigCommand(image: string): DockerCommand<ImageConfig> {
  return {
    args: ['image', 'inspect', '--', checkArgument(image, 'image')],
    parse: (stdout) => {
      const [details] = parseJsonOutput(stdout, Inspected, 'docker image inspect');
      const config = {
        os: details.Os,
        'os.version': details.OsVersion,
        architecture: details.Architecture,
        variant: details.Variant,
        created: details.Created,
        author: details.Author,
        config: details.Config,
        rootfs: { diff_ids: details.RootFS?.Layers },
      };
      return parseImageConfig(Buffer.from(JSON.stringify(config)));
    },
  };
}
