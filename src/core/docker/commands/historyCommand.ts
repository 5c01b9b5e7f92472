/** `docker history`. */
import * as v from 'valibot';
import type { HistoryEntry } from '../../oci/imageConfig.ts';
import { checkArgument } from '../checkArgument.ts';
import type { DockerCommand } from '../DockerRunner.ts';
import { parseJsonLines } from '../parseJsonLines.ts';

const Row = v.looseObject({
  CreatedBy: v.optional(v.string(), ''),
  Comment: v.optional(v.string(), ''),
  Size: v.optional(v.string(), ''),
});

/** Instructions that make no layer; WORKDIR makes one where the folder was not there. */
const CONFIG_ONLY =
  /^(?:\/bin\/sh -c #\(nop\)\s+)?(?:ARG|CMD|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|SHELL|STOPSIGNAL|USER|VOLUME)\b/;

/** Base first. @param image reference or id. */
export function historyCommand(image: string): DockerCommand<HistoryEntry[]> {
  return {
    args: ['history', '--no-trunc', '--format', '{{json .}}', '--', checkArgument(image, 'image')],
    parse: (stdout) =>
      parseJsonLines(stdout, Row)
        .reverse()
        .map(({ CreatedBy: createdBy, Comment: comment, Size: size }) => ({
          createdBy,
          ...(comment !== '' && { comment }),
          emptyLayer: CONFIG_ONLY.test(createdBy) || (/#\(nop\)\s+WORKDIR/.test(createdBy) && size === '0B'),
        })),
  };
}
