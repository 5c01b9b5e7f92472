/** The entry of the worker threads that index layers: everything that takes time happens here, not in the extension host's thread. */
import { parentPort } from 'node:worker_threads';
import { isCoreError } from '../../common/CoreError.ts';
import type { LayerIndex } from './LayerIndex.ts';
import { LayerScanner } from './LayerScanner.ts';
import type { LayerReply, LayerRequest } from './layerWorkerProtocol.ts';
import { parseTableOfContents } from './parseTableOfContents.ts';
import { packSections } from './sections.ts';

const port = parentPort!;
let scanner: LayerScanner | undefined;
/** Requests are worked off one after the other. */
let work = Promise.resolve();
let hasFailed = false;

port.on('message', (request: LayerRequest) => {
  work = work.then(() => answer(request));
});

async function answer(request: LayerRequest): Promise<void> {
  try {
    if (request.kind === 'scan') {
      hasFailed = false;
      scanner = new LayerScanner(request.content);
    } else if (request.kind === 'tableOfContents') {
      finish(await parseTableOfContents(request.request));
    } else if (hasFailed) {
      return;
    } else if (request.kind === 'bytes') {
      const { buffer, byteOffset, length } = request.bytes;
      await scanner!.write(Buffer.from(buffer, byteOffset, length));
      reply({ kind: 'taken', length, buffer: buffer as ArrayBuffer }, [buffer as ArrayBuffer]);
    } else {
      finish(await scanner!.end());
    }
  } catch (error) {
    hasFailed = true;
    scanner?.destroy();
    const message = error instanceof Error ? error.message : String(error);
    reply({
      kind: 'failed',
      error: { message, ...(isCoreError(error) && { kind: error.kind, details: error.details }) },
    });
  }
}

function finish(index: LayerIndex): void {
  scanner = undefined;
  const packed = packSections(index.sections);
  reply({ kind: 'done', packed }, [packed.buffer]);
}

function reply(message: LayerReply, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}
