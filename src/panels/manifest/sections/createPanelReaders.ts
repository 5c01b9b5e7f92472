/** What the sections of a manifest panel are read with; each is loaded when a panel first shows it. */
import * as vscode from 'vscode';
import type { Logger } from '../../../core/common/Logger.ts';
import type { ImageView } from '../../../core/image/ImageView.ts';
import { parseDigest } from '../../../core/oci/digest.ts';
import { formatImageFile } from '../../../platform/imageFileAddress.ts';
import type { OpenImages } from '../../../platform/OpenImages.ts';
import type { RegistrySessions } from '../../../platform/RegistrySessions.ts';
import type { Verifications } from '../../../platform/Verifications.ts';
import type { ManifestPanelDependencies, SectionLoaders } from '../ManifestPanelSession.ts';
import type { ManifestRequest } from '../manifestPanelProtocol.ts';
import type { LayerSpaces } from './LayerSpaces.ts';
import type { Attached } from './readAttached.ts';

const MEGABYTE = 1_000_000;

export type PanelReaders = Pick<
  ManifestPanelDependencies,
  'sections' | 'analyzeLayers' | 'autoAnalyzeBytes' | 'folderOf' | 'openFile'
>;

export function createPanelReaders(
  sessions: RegistrySessions,
  images: Pick<OpenImages, 'indexer'>,
  verifications: Verifications,
  logger: Logger,
): PanelReaders {
  /** Two sections need what is attached; it is read once a view. */
  const attachedOf = new WeakMap<ImageView, Promise<Attached>>();

  function attached(
    { connectionId, repository }: ManifestRequest,
    view: ImageView,
    signal: AbortSignal,
  ): Promise<Attached> {
    const known = attachedOf.get(view);
    if (known) return known;
    const reading = (async () => {
      const { readAttached } = await import('./readAttached.ts');
      const { client } = await sessions.open(connectionId);
      return readAttached(client, repository, view, signal);
    })();
    attachedOf.set(view, reading);
    reading.catch(() => attachedOf.delete(view));
    return reading;
  }

  let layerSpaces: LayerSpaces | undefined;
  async function spaces(): Promise<LayerSpaces> {
    const { LayerSpaces: Spaces } = await import('./LayerSpaces.ts');
    return (layerSpaces ??= new Spaces(sessions, images));
  }

  const sections: SectionLoaders = {
    attached: async (request, view, signal) => {
      const { toAttachedView } = await import('./toAttachedView.ts');
      return toAttachedView(await attached(request, view, signal), view, request, verifications);
    },
    baseImage: async (request, view, signal) => {
      const { findBaseImage } = await import('./findBaseImage.ts');
      const base = await findBaseImage(sessions, view, () => attached(request, view, signal), logger, signal);
      return base ?? null;
    },
    sizeTrend: async ({ connectionId, repository, reference }, view, signal) => {
      const { readSizeTrend } = await import('../../../core/trust/readSizeTrend.ts');
      const { provider } = await sessions.open(connectionId);
      return readSizeTrend(provider, repository, { digest: view.digest, reference }, signal);
    },
    space: async (request, view, signal) => (await spaces()).find(request, view, signal),
  };
  return {
    sections,
    analyzeLayers: async (request, view, signal, onProgress) =>
      (await spaces()).analyze(request, view, signal, onProgress),
    autoAnalyzeBytes: () =>
      vscode.workspace.getConfiguration('berth').get<number>('files.analyzeBelow', 0) * MEGABYTE,
    folderOf: (view, path) => layerSpaces?.folder(view, path),
    openFile: async ({ connectionId, repository }, view, path, layer) => {
      if (!view.selected) return;
      const digest = parseDigest(view.selected.digest);
      const image = { kind: 'registry', connectionId, repository, digest } as const;
      const address = { image, path, ...(layer !== undefined && { layer }) };
      await vscode.commands.executeCommand('vscode.open', vscode.Uri.from(formatImageFile(address)));
    },
  };
}
