/** Progress of `docker pull` (and `podman pull`): a line a layer and state, then `Digest: sha256:…` and `Status: …`. */
import { isDigest } from '../../oci/digest.ts';
import { parseLayerLine, parsePodmanBlobLine } from './layerLine.ts';
import { LineParser } from './LineParser.ts';
import type { ProgressEvent } from './ProgressEvent.ts';

export class PullProgress extends LineParser {
  protected override parseLine(line: string): ProgressEvent[] {
    if (line === '') return [];
    const layer = parseLayerLine(line) ?? parsePodmanBlobLine(line, 'pull');
    if (layer !== undefined) return [layer];
    const digest = /^Digest: (\S+)$/.exec(line)?.[1];
    if (digest !== undefined && isDigest(digest)) return [{ kind: 'digest', digest }];
    return [{ kind: 'log', text: `${line}\n` }];
  }
}
