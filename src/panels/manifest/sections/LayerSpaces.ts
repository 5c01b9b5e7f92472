/** Where the bytes of the images of panels are: from indexes that are there, or by reading the layers when a person asks. */
import type { ImageView } from '../../../core/image/ImageView.ts';
import { openImageFiles, type ImageFilesProgress } from '../../../core/image/files/ImageFiles.ts';
import { isFileSystemLayer } from '../../../core/image/layers/isFileSystemLayer.ts';
import type { LayerIndex } from '../../../core/image/layers/LayerIndex.ts';
import { folderView } from '../../../core/image/space/folderView.ts';
import type { FolderView, ImageSpace } from '../../../core/image/space/ImageSpace.ts';
import { measureSpace } from '../../../core/image/space/measureSpace.ts';
import type { SpaceView } from '../../../core/image/space/SpaceView.ts';
import type { Descriptor } from '../../../core/oci/descriptor.ts';
import { parseDigest } from '../../../core/oci/digest.ts';
import { RegistryBlobSource } from '../../../core/providers/RegistryBlobSource.ts';
import type { OpenImages } from '../../../platform/OpenImages.ts';
import type { RegistrySessions } from '../../../platform/RegistrySessions.ts';
import type { ManifestRequest } from '../manifestPanelProtocol.ts';

export class LayerSpaces {
  readonly #sessions: Pick<RegistrySessions, 'open'>;
  readonly #images: Pick<OpenImages, 'indexer'>;
  /** Kept as long as a panel shows the view: not every index is kept on the disk. */
  readonly #measured = new WeakMap<ImageView, ImageSpace>();

  constructor(sessions: Pick<RegistrySessions, 'open'>, images: Pick<OpenImages, 'indexer'>) {
    this.#sessions = sessions;
    this.#images = images;
  }

  /** Reads no layer: what is not known already is told by its size. */
  async find(request: ManifestRequest, view: ImageView, signal: AbortSignal): Promise<SpaceView> {
    const measured = this.#measured.get(view);
    if (measured) return toView(measured);
    const layers = await this.#layersOf(request, view, signal);
    if (layers.length === 0) return { kind: 'noFiles' };
    const indexer = await this.#images.indexer();
    const known: LayerIndex[] = [];
    const missing = new Map<string, number>();
    for (const layer of layers) {
      const index = await indexer.stored(layer);
      if (index) known.push(index);
      else missing.set(layer.digest, layer.sizeInBytes);
    }
    if (missing.size === 0) return toView(await this.#measure(view, known, signal));
    return { kind: 'unread', sizeInBytes: [...missing.values()].reduce((sum, size) => sum + size, 0) };
  }

  /** @throws CoreError, `cancelled` too */
  async analyze(
    request: ManifestRequest,
    view: ImageView,
    signal: AbortSignal,
    onProgress: (progress: ImageFilesProgress) => void,
  ): Promise<SpaceView> {
    const layers = await this.#layersOf(request, view, signal);
    const [{ client }, indexer] = await Promise.all([
      this.#sessions.open(request.connectionId),
      this.#images.indexer(),
    ]);
    const source = new RegistryBlobSource(client, request.repository);
    const files = await openImageFiles(layers, { source, indexer, signal, onProgress });
    const indexes = files.layers.map(({ index }) => index);
    return toView(await this.#measure(view, indexes, signal));
  }

  folder(view: ImageView, path: string): FolderView | undefined {
    const measured = this.#measured.get(view);
    return measured && folderView(measured.root, path);
  }

  async #layersOf(
    { connectionId, repository }: ManifestRequest,
    view: ImageView,
    signal: AbortSignal,
  ): Promise<readonly Descriptor[]> {
    if (!view.selected || view.kind === 'legacy') return [];
    const { client } = await this.#sessions.open(connectionId);
    const manifest = await client.getManifest(repository, parseDigest(view.selected.digest), signal);
    return manifest.kind === 'index' ? [] : manifest.layers.filter(isFileSystemLayer);
  }

  async #measure(view: ImageView, indexes: readonly LayerIndex[], signal: AbortSignal): Promise<ImageSpace> {
    const space = await measureSpace(indexes, signal);
    this.#measured.set(view, space);
    return space;
  }
}

function toView({ root, ...space }: ImageSpace): SpaceView {
  return { kind: 'measured', space, folder: folderView(root, '/')! };
}
