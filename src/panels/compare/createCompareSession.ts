/** What a comparison panel is made of in a window: images out of registries and the engine, VS Code's diff editors. */
import * as vscode from 'vscode';
import { compareImagePackages, compareSboms } from '../../core/image/compare/compareImagePackages.ts';
import type { PackageComparison } from '../../core/image/compare/compareImagePackages.ts';
import { openComparedFiles, type ComparedFiles } from '../../core/image/compare/openComparedFiles.ts';
import { withDiffIds } from '../../core/image/compare/compareLayers.ts';
import type { InstalledPackage } from '../../core/image/packages/InstalledPackage.ts';
import { readSbomPackages } from '../../core/trust/sbomPackages.ts';
import type { CompareHostMessage, CompareRequest } from './comparePanelProtocol.ts';
import { ComparePanelSession, type OpenedFiles } from './ComparePanelSession.ts';
import type { ComparePanelsDependencies } from './ComparePanels.ts';
import { comparisonWords } from './comparisonWords.ts';
import { loadComparison, type ComparedImage, type LoadedComparison } from './loadComparison.ts';
import { openAllDifferences, openDifference } from './openDifference.ts';

const VIEW_ANSWER = 'compareFileView';

export function createCompareSession(
  request: CompareRequest,
  { sessions, docker, images, answers, logger }: ComparePanelsDependencies,
  onDidChangeRequest: (request: CompareRequest) => void,
  post: (message: CompareHostMessage) => void,
): ComparePanelSession {
  /** The layers as they are read, which for an image of the engine is told once it is saved. */
  async function sourceOf({ address, config }: ComparedImage, signal: AbortSignal) {
    const { layers, source, close } = await images.source(address, signal);
    return { source, close, layers: withDiffIds(layers, config.diffIds) };
  }

  async function openFiles(
    { before, after }: LoadedComparison,
    readShared: boolean,
    signal: AbortSignal,
    onProgress: Parameters<typeof openComparedFiles>[2]['onProgress'],
  ): Promise<OpenedFiles> {
    const left = await sourceOf(before, signal);
    const closing = [left.close];
    const close = (): void => {
      for (const each of closing) each();
    };
    try {
      const right = await sourceOf(after, signal);
      closing.push(right.close);
      const indexer = await images.indexer();
      const options = { indexer, readShared, signal, ...(onProgress && { onProgress }) };
      return { ...(await openComparedFiles(left, right, options)), close };
    } catch (error) {
      close();
      throw error;
    }
  }

  async function sbomOf(image: ComparedImage, signal: AbortSignal): Promise<InstalledPackage[] | undefined> {
    if (image.address.kind !== 'registry') return undefined;
    const { client } = await sessions.open(image.address.connectionId);
    return readSbomPackages(client, image.address.repository, image.digest, image.attestations, signal);
  }

  async function comparePackages(
    { before, after }: LoadedComparison,
    compared: ComparedFiles,
    signal: AbortSignal,
  ): Promise<PackageComparison | undefined> {
    const byFiles = await compareImagePackages(compared, signal);
    const isTold = byFiles && byFiles.basis !== 'none' && byFiles.unreadable.length === 0;
    if (isTold) return byFiles;
    const [left, right] = await Promise.all([sbomOf(before, signal), sbomOf(after, signal)]);
    return left && right ? compareSboms(left, right) : byFiles;
  }

  return new ComparePanelSession(
    request,
    {
      words: comparisonWords(),
      load: (wanted, signal) => loadComparison({ sessions, docker }, wanted, signal),
      openFiles,
      comparePackages,
      openDifference,
      openAll: openAllDifferences,
      fileView: () => (answers.get(VIEW_ANSWER) === 'tree' ? 'tree' : 'list'),
      rememberFileView: async (view) => answers.remember(VIEW_ANSWER, view),
      copy: async (text) => vscode.env.clipboard.writeText(text),
      onDidChangeRequest,
      logger,
    },
    post,
  );
}
