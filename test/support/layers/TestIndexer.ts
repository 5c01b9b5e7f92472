/** A LayerIndexer with real worker threads and a store of its own in a temporary directory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nullLogger } from '../../../src/core/common/Logger.ts';
import { LayerIndexer } from '../../../src/core/image/layers/LayerIndexer.ts';
import { LayerIndexStore } from '../../../src/core/image/layers/LayerIndexStore.ts';

const LAYER_WORKER = new URL('../../../src/core/image/layers/layerWorker.ts', import.meta.url);

export class TestIndexer implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'berth-layers-'));
  readonly store: LayerIndexStore;
  readonly #indexers: LayerIndexer[] = [];

  constructor(maxBytes = 100 * 1024 * 1024) {
    this.store = new LayerIndexStore({ directory: this.directory, maxBytes, logger: nullLogger });
  }

  /** What one window has; several share the directory. */
  create(): LayerIndexer {
    const indexer = new LayerIndexer({ workerUrl: LAYER_WORKER, store: this.store, logger: nullLogger });
    this.#indexers.push(indexer);
    return indexer;
  }

  [Symbol.dispose](): void {
    for (const indexer of this.#indexers) indexer.dispose();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
