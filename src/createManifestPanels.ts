/** What the manifest panels are made of, put together when the first of them is opened: a part of the composition root. */
import * as vscode from 'vscode';
import { openReferrerDocument } from './commands/referrers/openReferrerDocument.ts';
import { fullReference } from './commands/tags/manifestTarget.ts';
import type { Logger } from './core/common/Logger.ts';
import { loadImageView } from './core/image/loadImageView.ts';
import { parseDigest } from './core/oci/digest.ts';
import type { RegistryEndpoint } from './core/registry/RegistryEndpoint.ts';
import { openManifestDocument } from './documents/manifestDocument.ts';
import { ManifestPanels } from './panels/manifest/ManifestPanels.ts';
import { createPanelReaders } from './panels/manifest/sections/createPanelReaders.ts';
import type { ConnectionSettings } from './platform/ConnectionSettings.ts';
import { openManifestSource } from './platform/manifestSource.ts';
import type { OpenImages } from './platform/OpenImages.ts';
import { pullCommandLine } from './platform/pullCommandLine.ts';
import { tryCreateEndpoint, type RegistrySessions } from './platform/RegistrySessions.ts';
import { runPanelAction } from './platform/runPanelAction.ts';
import type { Verifications } from './platform/Verifications.ts';

export function createManifestPanels(
  viewType: string,
  extensionUri: vscode.Uri,
  services: {
    readonly settings: ConnectionSettings;
    readonly sessions: RegistrySessions;
    readonly images: OpenImages;
    readonly verifications: Verifications;
    readonly logger: Logger;
  },
): ManifestPanels {
  const { settings, sessions, images, verifications, logger } = services;
  const endpointOf = (connectionId: string): RegistryEndpoint | undefined => {
    const connection = settings.get(connectionId);
    return connection && tryCreateEndpoint(connection);
  };
  return new ManifestPanels(viewType, extensionUri, {
    load: async ({ connectionId, repository, reference }, platformDigest, signal) => {
      const source = await openManifestSource(sessions, connectionId, repository);
      return loadImageView(source, reference, signal, {
        logger,
        architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
        ...(platformDigest !== undefined && { platformDigest }),
      });
    },
    fullReference: ({ connectionId, repository, reference }) => {
      const endpoint = endpointOf(connectionId);
      return endpoint ? fullReference(endpoint, repository, reference) : `${repository}:${reference}`;
    },
    pullCommand: ({ connectionId, repository, reference }, platform) => {
      const endpoint = endpointOf(connectionId);
      return endpoint ? pullCommandLine(fullReference(endpoint, repository, reference), platform) : '';
    },
    openRaw: ({ connectionId, repository, digest, kind, name }) =>
      openManifestDocument(
        kind === 'config'
          ? { kind, connectionId, repository, digest: parseDigest(digest), name }
          : { kind, connectionId, repository, reference: digest, name },
      ),
    ...createPanelReaders(sessions, images, verifications, logger),
    openAttached: ({ connectionId, repository, document, as }) =>
      openReferrerDocument(
        { connectionId, repository, ...document },
        as === 'raw' ? 'referrer' : 'decodedReferrer',
      ),
    verify: async (request) => {
      await vscode.commands.executeCommand('berth.verifySignature', { kind: 'reference', ...request });
    },
    onDidVerify: verifications.onDidChange,
    runAction: runPanelAction,
    logger,
  });
}
