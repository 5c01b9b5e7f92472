/** What commands are built from; extension.ts makes it, index.ts hands each command what it needs. */
import type * as vscode from 'vscode';
import type { Logger } from '../core/common/Logger.ts';
import type { CredentialStore } from '../core/credentials/CredentialStore.ts';
import type { Docker } from '../core/docker/Docker.ts';
import type { Journal } from '../core/operations/Journal.ts';
import type { LocalRegistry } from '../core/operations/LocalRegistry.ts';
import type { ImageFilesNode, ImageFilesTree } from '../explorer/ImageFilesTree.ts';
import type { LocalImagesTree, LocalNode } from '../explorer/LocalImagesTree.ts';
import type { RegistriesNode } from '../explorer/nodes.ts';
import type { RegistriesTree } from '../explorer/RegistriesTree.ts';
import type { ReferenceNode, ReferenceView } from '../explorer/selectedReferences.ts';
import type { CapabilitiesRequest } from '../panels/capabilities/capabilitiesPanelProtocol.ts';
import type { CompareSubject } from '../panels/compare/ComparePanels.ts';
import type { ManifestRequest } from '../panels/manifest/manifestPanelProtocol.ts';
import type { PanelsOnFirstUse } from '../panels/PanelsOnFirstUse.ts';
import type { Activity } from '../platform/Activity.ts';
import type { CleanUpReviews } from '../platform/CleanUpReviews.ts';
import type { Connection } from '../platform/Connection.ts';
import type { ConnectionSettings } from '../platform/ConnectionSettings.ts';
import type { LastAnswers } from '../platform/LastAnswers.ts';
import type { OpenImages } from '../platform/OpenImages.ts';
import type { PullLimitStatusBar } from '../platform/PullLimitStatusBar.ts';
import type { RegistrySessions } from '../platform/RegistrySessions.ts';
import type { SecretCredentials } from '../platform/SecretCredentials.ts';
import type { Verifications } from '../platform/Verifications.ts';
import type { ImageCopies } from './copy/ImageCopies.ts';
import type { TagUndo } from './tags/TagUndo.ts';

export interface Services {
  readonly settings: ConnectionSettings;
  readonly secrets: SecretCredentials;
  /** How a connection signs in. */
  readonly credentials: (connection: Connection) => CredentialStore;
  readonly sessions: RegistrySessions;
  readonly answers: LastAnswers;
  /** Answers that belong to this workspace. */
  readonly workspaceAnswers: LastAnswers;
  readonly verifications: Verifications;
  readonly activity: Activity;
  readonly journal: Journal;
  readonly tagUndo: TagUndo;
  readonly imageCopies: ImageCopies;
  readonly cleanUpReviews: CleanUpReviews;
  readonly docker: Docker;
  readonly localRegistry: LocalRegistry;
  readonly registriesTree: RegistriesTree;
  readonly registriesView: vscode.TreeView<RegistriesNode>;
  readonly localImagesTree: LocalImagesTree;
  readonly localImagesView: vscode.TreeView<LocalNode>;
  /** What a view has selected that has a reference. */
  readonly selectedReferences: (view?: ReferenceView) => readonly ReferenceNode[];
  readonly images: OpenImages;
  readonly imageFilesTree: ImageFilesTree;
  readonly imageFilesView: vscode.TreeView<ImageFilesNode>;
  readonly manifestPanels: PanelsOnFirstUse<[ManifestRequest]>;
  readonly comparePanels: PanelsOnFirstUse<CompareSubject>;
  readonly capabilitiesPanels: PanelsOnFirstUse<[CapabilitiesRequest]>;
  readonly pullLimit: PullLimitStatusBar;
  readonly logger: Logger;
  /** Shows the log channel. */
  readonly showLog: () => void;
  readonly extensionId: string;
}
