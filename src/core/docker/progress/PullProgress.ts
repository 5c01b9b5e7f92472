/** Progress of `docker pull` (and `podman pull`): a line a layer and state, then `Digest: sha256:…` and `Status: …`. */
import { isDigest } from '../../oci/digest.ts';
import { parseLayerLine } from './layerLine.ts';
import { LineParser } from './LineParser.ts';
import { PodmanBlobs } from './PodmanBlobs.ts';
import type { ProgressEvent } from './ProgressEvent.ts';

export class PullProgress extends LineParser {
  readonly #podmanBlobs = new PodmanBlobs('pull');

  protected override parseLine(line: string): ProgressEvent[] {
    if (line === '') return [];
    const layer = parseLayerLine(line);
    if (layer !== undefined) return [layer];
    const blobs = this.#podmanBlobs.parseLine(line);
    if (blobs !== undefined) return blobs;
    const digest = /^Digest: (\S+)$/.exec(line)?.[1];
    if (digest !== undefined && isDigest(digest)) return [{ kind: 'digest', digest }];
    return [{ kind: 'log', text: `${line}\n` }];
  }
}
