/** Progress of `docker push` (and `podman push`): a line a layer and state, at the end `tag: digest: sha256:… size: n`. */
import { isDigest } from '../../oci/digest.ts';
import { parseLayerLine } from './layerLine.ts';
import { LineParser } from './LineParser.ts';
import { PodmanBlobs } from './PodmanBlobs.ts';
import type { ProgressEvent } from './ProgressEvent.ts';

export class PushProgress extends LineParser {
  readonly #podmanBlobs = new PodmanBlobs('push');

  protected override parseLine(line: string): ProgressEvent[] {
    if (line === '') return [];
    const layer = parseLayerLine(line);
    if (layer !== undefined) return [layer];
    const blobs = this.#podmanBlobs.parseLine(line);
    if (blobs !== undefined) return blobs;
    const pushed = /^(\S+): digest: (\S+) size: (\d+)$/.exec(line);
    if (pushed !== null && isDigest(pushed[2]!)) {
      return [{ kind: 'digest', digest: pushed[2], sizeInBytes: Number(pushed[3]), tag: pushed[1]! }];
    }
    return [{ kind: 'log', text: `${line}\n` }];
  }
}
