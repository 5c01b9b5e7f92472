/**
 * The behaviour of one manifest panel without its window: loads the view, answers the webview's messages, and keeps
 * what is shown so that a webview that was hidden (and so destroyed) gets it back without asking the registry again.
 */
import type { Logger } from '../../core/common/Logger.ts';
import type { ImageView } from '../../core/image/ImageView.ts';
import type { ImageFilesProgress } from '../../core/image/files/ImageFiles.ts';
import type { FolderView } from '../../core/image/space/ImageSpace.ts';
import type { SpaceView } from '../../core/image/space/SpaceView.ts';
import type { AttachedDocumentView } from '../../core/trust/SupplyChainView.ts';
import {
  tryParseWebviewMessage,
  type CopySubject,
  type HostMessage,
  type ManifestRequest,
  type PanelError,
  type PanelSection,
  type PanelSectionName,
  type PanelSections,
  type PanelSetting,
  type RawDocument,
} from './manifestPanelProtocol.ts';
import { toDisplayable } from '../toDisplayable.ts';

/** A document to be opened as raw JSON, by digest, so that what opens is what was shown. */
export interface RawDocumentRequest {
  readonly connectionId: string;
  readonly repository: string;
  readonly digest: string;
  readonly kind: 'manifest' | 'config';
  /** File name without extension for the editor's tab: `api-1.2`. */
  readonly name: string;
}

/** How each section is read; `view` is the one that is shown. */
export type SectionLoaders = {
  readonly [Name in PanelSectionName]: (
    request: ManifestRequest,
    view: ImageView,
    signal: AbortSignal,
  ) => Promise<PanelSections[Name]>;
};

/** One document of what is attached, to be opened. */
export interface AttachedDocumentRequest {
  readonly connectionId: string;
  readonly repository: string;
  readonly document: AttachedDocumentView;
  readonly as: 'decoded' | 'raw';
}

export interface ManifestPanelDependencies {
  /** Opens `platformDigest` where the reference is an index that holds it, else the platform that suits best. */
  load(request: ManifestRequest, platformDigest: string | undefined, signal: AbortSignal): Promise<ImageView>;
  /** The reference as docker writes it: `localhost:5000/team/api:1.2`. */
  fullReference(request: ManifestRequest): string;
  /** What a person types to pull it; `platform` only where one was chosen. */
  pullCommand(request: ManifestRequest, platform: string | undefined): string;
  openRaw(document: RawDocumentRequest): Promise<void>;
  readonly sections: SectionLoaders;
  /** Reads the layers of `view`; `sections.space` knows the answer from then on. */
  analyzeLayers(
    request: ManifestRequest,
    view: ImageView,
    signal: AbortSignal,
    onProgress: (progress: ImageFilesProgress) => void,
  ): Promise<SpaceView>;
  /** Layers of which less has to be read than this are analyzed without being asked. */
  autoAnalyzeBytes(): number;
  /** A folder of what was measured of `view`. */
  folderOf(view: ImageView, path: string): FolderView | undefined;
  /** Opens a file of the image that `view` shows, read-only; of one layer where its position is given. */
  openFile(request: ManifestRequest, view: ImageView, path: string, layer: number | undefined): Promise<void>;
  openAttached(document: AttachedDocumentRequest): Promise<void>;
  /** Opens a web page. */
  openExternal(url: string): Promise<void>;
  /** Lets the person verify the signatures of exactly the image that is shown. */
  verify(request: ManifestRequest): Promise<void>;
  /** To the clipboard. */
  copy(text: string): Promise<void>;
  /** Opens another panel. */
  open(request: ManifestRequest): Promise<void>;
  describeError(error: unknown): PanelError;
  /** One of the actions that `describeError` named; true when the view should be loaded again afterwards. */
  runAction(id: string, request: ManifestRequest): Promise<boolean>;
  readonly logger: Logger;
}

export class ManifestPanelSession {
  readonly #setting: PanelSetting;
  readonly #dependencies: ManifestPanelDependencies;
  readonly #post: (message: HostMessage) => void;
  #platformDigest: string | undefined;
  #view: ImageView | undefined;
  #error: PanelError | undefined;
  #loading: AbortController | undefined;
  /** For everything that is read for the view that is shown. */
  #reading = new AbortController();
  readonly #sections = new Map<PanelSectionName, PanelSection>();
  readonly #loadingSections = new Set<PanelSectionName>();
  #analysis: AbortController | undefined;

  constructor(
    setting: PanelSetting,
    platformDigest: string | undefined,
    dependencies: ManifestPanelDependencies,
    post: (message: HostMessage) => void,
  ) {
    this.#setting = setting;
    this.#platformDigest = platformDigest;
    this.#dependencies = dependencies;
    this.#post = post;
  }

  /** Obeys one message from the webview; anything that is not a message of the protocol is logged and dropped. */
  async receive(data: unknown): Promise<void> {
    const message = tryParseWebviewMessage(data);
    if (!message) {
      this.#dependencies.logger.warn('manifest panel: dropped a message that is not in the protocol');
      return;
    }
    switch (message.type) {
      case 'ready':
        return this.#restore();
      case 'reload':
        return this.#load();
      case 'selectPlatform':
        this.#platformDigest = message.digest;
        return this.#load();
      case 'copy':
        return this.#copy(message.subject);
      case 'copyText':
        return this.#dependencies.copy(message.text);
      case 'openRaw':
        return this.#openRaw(message.document);
      case 'openDigest':
        return this.#openDigest(message.digest);
      case 'loadSection':
        return this.#loadSection(message.name);
      case 'openAttached':
        return this.#openAttached(message.id, message.as);
      case 'verify':
        return this.#view && this.#dependencies.verify({ ...this.#request, reference: this.#view.digest });
      case 'openBase':
        return this.#openBase();
      case 'openTag':
        return this.#openTag(message.tag);
      case 'analyzeLayers':
        return this.#analyzeLayers();
      case 'cancelAnalysis':
        this.#analysis?.abort();
        return;
      case 'showFolder': {
        this.#showFolder(message.path);
        return;
      }
      case 'openFile':
        return this.#openFile(message.path, message.layer);
      case 'runAction':
        if (!this.#error?.actions.some(({ id }) => id === message.id)) {
          return;
        }
        if (await this.#dependencies.runAction(message.id, this.#request)) {
          await this.#load();
        }
    }
  }

  /** Stops the request under way; nothing is posted afterwards. */
  dispose(): void {
    this.#loading?.abort();
    this.#loading = undefined;
    this.#reading.abort();
  }

  /** What was known of the signatures has changed: shown again where they are shown. */
  async refreshAttached(): Promise<void> {
    if (this.#sections.delete('attached')) await this.#loadSection('attached');
  }

  get #request(): ManifestRequest {
    return this.#setting.request;
  }

  async #restore(): Promise<void> {
    this.#post({ type: 'setting', setting: this.#setting });
    if (this.#view) {
      this.#post({ type: 'view', view: this.#view });
    }
    if (this.#error) {
      this.#post({ type: 'error', error: this.#error });
    }
    if (this.#loading) {
      this.#post({ type: 'loading' });
    } else if (!this.#view && !this.#error) {
      await this.#load();
    }
  }

  async #load(): Promise<void> {
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    this.#error = undefined;
    this.#post({ type: 'loading' });
    try {
      const view = await this.#dependencies.load(this.#request, this.#platformDigest, loading.signal);
      if (this.#loading === loading) {
        this.#view = toDisplayable(view);
        this.#forgetSections();
        this.#post({ type: 'view', view: this.#view });
      }
    } catch (error) {
      if (this.#loading === loading) {
        this.#dependencies.logger.debug(`manifest panel: ${String(error)}`);
        this.#error = this.#dependencies.describeError(error);
        this.#post({ type: 'error', error: this.#error });
      }
    } finally {
      if (this.#loading === loading) {
        this.#loading = undefined;
      }
    }
  }

  #forgetSections(): void {
    this.#reading.abort();
    this.#analysis = undefined;
    this.#reading = new AbortController();
    this.#sections.clear();
    this.#loadingSections.clear();
  }

  /** A section that failed is read again; one that is there is given again, to a page that was hidden. */
  async #loadSection(name: PanelSectionName): Promise<void> {
    const view = this.#view;
    const known = this.#sections.get(name);
    if (known && 'content' in known) {
      this.#post({ type: 'section', section: known });
      return;
    }
    if (!view || this.#loadingSections.has(name)) return;
    const { signal } = this.#reading;
    this.#loadingSections.add(name);
    const section = await this.#readSection(name, view, signal);
    if (signal.aborted) return;
    this.#loadingSections.delete(name);
    this.#sections.set(name, section);
    this.#post({ type: 'section', section });
    const space = name === 'space' ? this.#contentOf('space') : undefined;
    if (space?.kind === 'unread' && space.sizeInBytes < this.#dependencies.autoAnalyzeBytes()) {
      await this.#analyzeLayers();
    }
  }

  async #readSection(name: PanelSectionName, view: ImageView, signal: AbortSignal): Promise<PanelSection> {
    try {
      const content = await this.#dependencies.sections[name](this.#request, view, signal);
      return toDisplayable({ name, content }) as PanelSection;
    } catch (error) {
      this.#dependencies.logger.debug(`manifest panel: ${name}: ${String(error)}`);
      return { name, problem: this.#dependencies.describeError(error).message };
    }
  }

  async #analyzeLayers(): Promise<void> {
    const view = this.#view;
    if (!view || this.#analysis) return;
    const { signal } = this.#reading;
    const analysis = new AbortController();
    this.#analysis = analysis;
    const before = this.#contentOf('space');
    let shown = -1;
    const onProgress = ({ bytesDone, bytesTotal }: ImageFilesProgress): void => {
      const percent = Math.floor((100 * bytesDone) / Math.max(1, bytesTotal));
      if (percent === shown || this.#analysis !== analysis) return;
      shown = percent;
      this.#showSpace({ kind: 'reading', bytesDone, bytesTotal });
    };
    onProgress({ bytesDone: 0, bytesTotal: before?.kind === 'unread' ? before.sizeInBytes : 0 });
    let space: SpaceView;
    try {
      const both = AbortSignal.any([signal, analysis.signal]);
      space = await this.#dependencies.analyzeLayers(this.#request, view, both, onProgress);
    } catch (error) {
      this.#dependencies.logger.debug(`manifest panel: analysis: ${String(error)}`);
      const sizeInBytes = before?.kind === 'unread' ? before.sizeInBytes : 0;
      const problem = analysis.signal.aborted ? undefined : this.#dependencies.describeError(error).message;
      space = { kind: 'unread', sizeInBytes, ...(problem !== undefined && { problem }) };
    }
    if (signal.aborted) return;
    this.#analysis = undefined;
    this.#showSpace(space);
  }

  #showFolder(path: string): void {
    const content = this.#contentOf('space');
    const folder = this.#view && this.#dependencies.folderOf(this.#view, path);
    if (content?.kind === 'measured' && folder) this.#showSpace({ ...content, folder });
  }

  async #openFile(path: string, layer: number | undefined): Promise<void> {
    if (this.#view) await this.#dependencies.openFile(this.#request, this.#view, path, layer);
  }

  #showSpace(content: SpaceView): void {
    const section = toDisplayable({ name: 'space', content } as const);
    this.#sections.set('space', section);
    this.#post({ type: 'section', section });
  }

  /** Only what was sent to the page can be asked for. */
  #contentOf<Name extends PanelSectionName>(name: Name): PanelSections[Name] | undefined {
    const section = this.#sections.get(name);
    return section && 'content' in section ? (section.content as PanelSections[Name]) : undefined;
  }

  async #openAttached(id: string, as: 'decoded' | 'raw' | 'source'): Promise<void> {
    const document = this.#contentOf('attached')?.documents.find((each) => each.id === id);
    if (!document) return;
    if (as === 'source') {
      if (document.sourceUrl !== undefined) await this.#dependencies.openExternal(document.sourceUrl);
      return;
    }
    const { connectionId, repository } = this.#request;
    await this.#dependencies.openAttached({ connectionId, repository, document, as });
  }

  async #openBase(): Promise<void> {
    const base = this.#contentOf('baseImage');
    if (base?.open) await this.#dependencies.open({ ...base.open, title: base.reference });
  }

  async #openTag(tag: string): Promise<void> {
    const points = this.#contentOf('sizeTrend')?.points ?? [];
    if (!points.some((point) => point.tag === tag)) return;
    const { connectionId, repository } = this.#request;
    const name = repository.slice(repository.lastIndexOf('/') + 1);
    await this.#dependencies.open({ connectionId, repository, reference: tag, title: `${name}:${tag}` });
  }

  async #copy(subject: CopySubject): Promise<void> {
    switch (subject) {
      case 'reference':
        return this.#dependencies.copy(this.#setting.fullReference);
      case 'digest':
        return this.#view && this.#dependencies.copy(this.#view.digest);
      case 'pullCommand': {
        const platform = this.#platformDigest === undefined ? undefined : this.#view?.selected?.platform;
        return this.#dependencies.copy(this.#dependencies.pullCommand(this.#request, platform));
      }
    }
  }

  async #openRaw(document: RawDocument): Promise<void> {
    const { connectionId, repository, reference } = this.#request;
    const digest = {
      image: this.#view?.digest,
      selected: this.#view?.selected?.digest,
      config: this.#view?.selected?.config?.digest,
    }[document];
    if (digest === undefined) {
      return;
    }
    const image = `${repository.slice(repository.lastIndexOf('/') + 1)}-${shorten(reference)}`;
    const name = {
      image,
      selected: `${image}-${this.#view?.selected?.platform?.replaceAll(/[/ ]/g, '-') ?? shorten(digest)}`,
      config: `${image}-config`,
    }[document];
    await this.#dependencies.openRaw({
      connectionId,
      repository,
      digest,
      kind: document === 'config' ? 'config' : 'manifest',
      name,
    });
  }

  async #openDigest(digest: string): Promise<void> {
    const { connectionId, repository } = this.#request;
    const title = `${repository}@${shorten(digest)}`;
    await this.#dependencies.open({ connectionId, repository, reference: digest, title });
  }
}

/** `sha256:0123456789ab…` as `0123456789ab`; a tag as it is. */
function shorten(reference: string): string {
  const colon = reference.indexOf(':');
  return colon < 0 ? reference : reference.slice(colon + 1, colon + 13);
}
