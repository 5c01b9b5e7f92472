/**
 * The images whose files are open: each is read once, shared by the tree, the editors and the commands, and forgotten when
 * others have been used since. Reading that takes time shows its progress and can be cancelled.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { LRUCache } from 'lru-cache';
import * as vscode from 'vscode';
import { CoreError } from '../core/common/CoreError.ts';
import type { Logger } from '../core/common/Logger.ts';
import { toDisplayLine } from '../core/common/displayText.ts';
import type { Docker } from '../core/docker/Docker.ts';
import type { SavedImage } from '../core/image/archive/SavedImage.ts';
import type { BlobSource, BlobSpan } from '../core/image/BlobSource.ts';
import type { ImageFiles, ImageFilesProgress } from '../core/image/files/ImageFiles.ts';
import { isFileSystemLayer } from '../core/image/layers/isFileSystemLayer.ts';
import type { LayerIndexer } from '../core/image/layers/LayerIndexer.ts';
import type { Descriptor } from '../core/oci/descriptor.ts';
import { shortDigest, type Digest } from '../core/oci/digest.ts';
import { MediaType } from '../core/oci/mediaType.ts';
import { RegistryBlobSource } from '../core/providers/RegistryBlobSource.ts';
import type { Activity } from './Activity.ts';
import { formatSize } from './format.ts';
import { imageKeyOf, type ImageAddress } from './imageFileAddress.ts';
import type { RegistrySessions } from './RegistrySessions.ts';

export interface OpenImagesOptions {
  readonly sessions: Pick<RegistrySessions, 'open'>;
  readonly docker: Pick<Docker, 'inspectImage' | 'save'>;
  readonly activity: Activity;
  /** Where indexes of layers are kept. */
  readonly directory: string;
  /** Of the worker that indexes layers, as it was built. */
  readonly workerUrl: URL;
  readonly logger: Logger;
}

/** Images kept open; another use of an older one costs reading its indexes from the disk. */
const MAX_OPEN = 8;
/** Faster than this, nobody needs to be told. */
const QUIET_MS = 400;
const MEGABYTE = 1024 * 1024;

export class OpenImages implements vscode.Disposable {
  readonly #options: OpenImagesOptions;
  readonly #open = new LRUCache<string, Promise<OpenImage>>({
    max: MAX_OPEN,
    dispose: (opening) => void opening.then(({ close }) => close()).catch(() => undefined),
  });
  #indexer: Promise<LayerIndexer> | undefined;

  constructor(options: OpenImagesOptions) {
    this.#options = options;
  }

  dispose(): void {
    this.#open.clear();
    void this.#indexer?.then((indexer) => indexer.dispose());
  }

  /** @throws CoreError; whoever asks at the same time shares the answer and the failure */
  files(image: ImageAddress): Promise<ImageFiles> {
    return this.#share(imageKeyOf(image), image, undefined);
  }

  /** One layer alone, as a file system of its own; nothing of the others is read for it. @throws CoreError */
  async layer(image: ImageAddress, position: number): Promise<ImageFiles> {
    if (!this.isOpen(image)) return this.#share(`${imageKeyOf(image)}#${position}`, image, position);
    const files = await this.files(image);
    if (!files.layers[position]) throw noSuchLayer(position);
    return files.layerAlone(position);
  }

  /** Where the layers of an image are read from; nothing is read yet. The caller closes it. @throws CoreError */
  async source(image: ImageAddress, signal: AbortSignal): Promise<ImageSource> {
    if (image.kind === 'registry') {
      const { client } = await this.#options.sessions.open(image.connectionId);
      const manifest = await client.getManifest(image.repository, image.digest, signal);
      const all = manifest.kind === 'index' ? [] : manifest.layers;
      return {
        layers: all.filter(isFileSystemLayer),
        hasLayers: all.length > 0,
        source: new RegistryBlobSource(client, image.repository),
        close: () => undefined,
      };
    }
    const source = new EngineImage(this.#options.docker, image.imageId);
    try {
      const known = await source.knownLayers(await this.indexer(), signal);
      const layers = known ?? (await source.saved(signal)).layers;
      return { layers, hasLayers: layers.length > 0, source, close: () => source.close() };
    } catch (error) {
      source.close();
      throw error;
    }
  }

  /** Whether the image is open or being opened, so that asking for its files costs nothing new. */
  isOpen(image: ImageAddress): boolean {
    return this.#open.peek(imageKeyOf(image)) !== undefined;
  }

  /** The worker threads and the store, loaded on first use. */
  indexer(): Promise<LayerIndexer> {
    return (this.#indexer ??= this.#createIndexer());
  }

  async #share(key: string, image: ImageAddress, position: number | undefined): Promise<ImageFiles> {
    let opening = this.#open.get(key);
    if (!opening) {
      opening = this.#openWithProgress(image, position);
      this.#open.set(key, opening);
      opening.catch(() => {
        if (this.#open.peek(key) === opening) this.#open.delete(key);
      });
    }
    return (await opening).files;
  }

  async #createIndexer(): Promise<LayerIndexer> {
    const { directory, workerUrl, logger } = this.#options;
    const [{ LayerIndexer: Indexer }, { LayerIndexStore }, { removeStaleSaves }] = await Promise.all([
      import('../core/image/layers/LayerIndexer.ts'),
      import('../core/image/layers/LayerIndexStore.ts'),
      import('../core/image/archive/SaveFolder.ts'),
    ]);
    // Not at activation: the first look at an image is soon enough, and costs nothing more.
    void removeStaleSaves();
    const maxBytes =
      vscode.workspace.getConfiguration('berth').get<number>('files.cacheSize', 512) * MEGABYTE;
    return new Indexer({ workerUrl, logger, store: new LayerIndexStore({ directory, maxBytes, logger }) });
  }

  async #openWithProgress(image: ImageAddress, position: number | undefined): Promise<OpenImage> {
    const controller = new AbortController();
    let latest: ImageFilesProgress | undefined;
    let report: (progress: ImageFilesProgress) => void = (progress) => (latest = progress);
    const opening = this.#openImage(image, position, controller.signal, (progress) => report(progress));
    let timer: NodeJS.Timeout | undefined;
    const isQuick = await Promise.race([
      opening.then(
        () => true,
        () => true,
      ),
      new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), QUIET_MS))),
    ]);
    clearTimeout(timer);
    if (isQuick) return opening;
    const title = vscode.l10n.t('Read the files of {0}', nameOf(image));
    let opened: OpenImage | undefined;
    await this.#options.activity.run({ title, icon: 'file-directory' }, async (handle) => {
      handle.signal.addEventListener('abort', () => controller.abort(), { once: true });
      report = ({ bytesDone, bytesTotal }) => {
        const share = bytesTotal === 0 ? undefined : bytesDone / bytesTotal;
        handle.report(vscode.l10n.t('{0} of {1}', formatSize(bytesDone), formatSize(bytesTotal)), share);
      };
      if (latest) report(latest);
      opened = await opening;
      const { layers } = opened.files;
      const count = layers.reduce((sum, { index }) => sum + index.entryCount, 0);
      return { detail: vscode.l10n.t('{0} entries in {1} layers', count, layers.length) };
    });
    return opened!;
  }

  /** @param position of the only layer that is wanted */
  async #openImage(
    image: ImageAddress,
    position: number | undefined,
    signal: AbortSignal,
    onProgress: (progress: ImageFilesProgress) => void,
  ): Promise<OpenImage> {
    const [{ openImageFiles }, indexer] = await Promise.all([
      import('../core/image/files/ImageFiles.ts'),
      this.indexer(),
    ]);
    const { layers, hasLayers, source, close } = await this.source(image, signal);
    try {
      if (layers.length === 0) {
        throw new CoreError('unsupported', 'nothing in it is a file system', {
          operation: 'read files',
          subject: image.kind === 'registry' ? image.repository : image.imageId,
          reason: hasLayers ? 'noFiles' : 'noLayers',
        });
      }
      const wanted = position === undefined ? layers : layers.slice(position, position + 1);
      if (wanted.length === 0) throw noSuchLayer(position);
      return { files: await openImageFiles(wanted, { source, indexer, signal, onProgress }), close };
    } catch (error) {
      close();
      throw error;
    }
  }
}

/** Where the layers of an image are read from. */
export interface ImageSource {
  /** Those that hold files, the base first. */
  readonly layers: readonly Descriptor[];
  /** Of any kind: an artifact has layers too, and none of them holds files. */
  readonly hasLayers: boolean;
  readonly source: BlobSource;
  readonly close: () => void;
}

interface OpenImage {
  readonly files: ImageFiles;
  readonly close: () => void;
}

/** A layer's root is the first thing that is not there. */
function noSuchLayer(position: number | undefined): CoreError {
  return new CoreError('notFound', `no layer ${position}`, {
    operation: 'read files',
    subject: '/',
    reason: 'noSuchFile',
  });
}

function nameOf(image: ImageAddress): string {
  const [name, digest] =
    image.kind === 'registry'
      ? [image.repository, image.digest]
      : [vscode.l10n.t('local image'), image.imageId];
  return toDisplayLine(`${name}@${shortDigest(digest)}`);
}

/** An image of the engine. It is saved into a temporary file when the first content is asked for. */
class EngineImage implements BlobSource {
  readonly #docker: OpenImagesOptions['docker'];
  readonly #imageId: Digest;
  #folder: Promise<string> | undefined;
  #saved: Promise<SavedImage> | undefined;
  readonly honoursRanges = true;

  constructor(docker: OpenImagesOptions['docker'], imageId: Digest) {
    this.#docker = docker;
    this.#imageId = imageId;
  }

  /** Its layers, where the indexes of all of them are on the disk already: then nothing has to be saved to list them. */
  async knownLayers(indexer: LayerIndexer, signal: AbortSignal): Promise<Descriptor[] | undefined> {
    const { layers } = await this.#docker.inspectImage(this.#imageId, signal);
    const descriptors = layers.map((digest) => ({ mediaType: MediaType.ociLayer, digest, sizeInBytes: 0 }));
    const stored = await Promise.all(descriptors.map((descriptor) => indexer.stored(descriptor)));
    return stored.length > 0 && stored.every((index) => index?.meta.compression === 'tar')
      ? descriptors
      : undefined;
  }

  saved(signal: AbortSignal): Promise<SavedImage> {
    return (this.#saved ??= this.#save(signal).catch((error: unknown) => {
      this.#saved = undefined;
      throw error;
    }));
  }

  async open(descriptor: Descriptor, signal: AbortSignal, span?: BlobSpan): Promise<Readable> {
    return (await this.saved(signal)).open(descriptor, signal, span);
  }

  close(): void {
    void this.#folder?.then((folder) => rm(folder, { recursive: true, force: true })).catch(() => undefined);
  }

  async #save(signal: AbortSignal): Promise<SavedImage> {
    const [{ SavedImage: Saved }, { createSaveFolder }] = await Promise.all([
      import('../core/image/archive/SavedImage.ts'),
      import('../core/image/archive/SaveFolder.ts'),
    ]);
    const file = join(await (this.#folder ??= createSaveFolder()), 'image.tar');
    await this.#docker.save(this.#imageId, file, signal);
    return Saved.read(file, signal);
  }
}
