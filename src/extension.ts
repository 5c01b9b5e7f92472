/** The composition root: constructs, registers, nothing else. */
import { join } from 'node:path';
import * as vscode from 'vscode';
import { DockerRunner } from './core/docker/DockerRunner.ts';
import { Docker } from './core/docker/Docker.ts';
import { Journal } from './core/operations/Journal.ts';
import type { RepositoryCleanUp } from './commands/cleanUp/RepositoryCleanUp.ts';
import type { ImageCopies } from './commands/copy/ImageCopies.ts';
import { registerCommands } from './commands/registerCommands.ts';
import { TagUndo } from './commands/tags/TagUndo.ts';
import { MANIFEST_SCHEME, ManifestDocumentProvider } from './documents/manifestDocument.ts';
import { IMAGE_SCHEME, ImageFileSystem } from './documents/imageFileSystem.ts';
import { ActivityTree } from './explorer/ActivityTree.ts';
import { ImageDropController, LocalImageDragController } from './explorer/ImageDropController.ts';
import { ImageFilesTree } from './explorer/ImageFilesTree.ts';
import { LayerChangeDecorations } from './explorer/LayerChangeDecorations.ts';
import { LocalImagesTree } from './explorer/LocalImagesTree.ts';
import { RegistriesTree } from './explorer/RegistriesTree.ts';
import { selectedReferences } from './explorer/selectedReferences.ts';
import { registerCleanUpLanguage } from './languages/cleanUp/registerCleanUpLanguage.ts';
import type { CapabilitiesRequest } from './panels/capabilities/capabilitiesPanelProtocol.ts';
import type { CompareSubject } from './panels/compare/ComparePanels.ts';
import type { ManifestRequest } from './panels/manifest/manifestPanelProtocol.ts';
import { PanelsOnFirstUse } from './panels/PanelsOnFirstUse.ts';
import { AccountWatch } from './platform/AccountWatch.ts';
import { Activity } from './platform/Activity.ts';
import { Capabilities } from './platform/Capabilities.ts';
import { CleanUpReviews } from './platform/CleanUpReviews.ts';
import { confirmTransportQuestion } from './platform/confirmTransportQuestion.ts';
import type { Connection } from './platform/Connection.ts';
import { createConnectionCredentials } from './platform/connectionCredentials.ts';
import { ConnectionSettings } from './platform/ConnectionSettings.ts';
import { readDockerEnvironment } from './platform/dockerSettings.ts';
import { DockerStatusBar } from './platform/DockerStatusBar.ts';
import { LastAnswers } from './platform/LastAnswers.ts';
import { openManifestSource } from './platform/manifestSource.ts';
import { OpenImages } from './platform/OpenImages.ts';
import { OutputLog } from './platform/OutputLog.ts';
import { PullLimitStatusBar } from './platform/PullLimitStatusBar.ts';
import { RegistrySessions, tryCreateEndpoint } from './platform/RegistrySessions.ts';
import { SecretCredentials } from './platform/SecretCredentials.ts';
import { Verifications } from './platform/Verifications.ts';

export function activate(context: vscode.ExtensionContext): void {
  const own = <Thing extends vscode.Disposable>(thing: Thing): Thing => {
    context.subscriptions.push(thing);
    return thing;
  };
  const channel = own(vscode.window.createOutputChannel('Berth', { log: true }));
  const logger = new OutputLog(channel);
  const { version } = context.extension.packageJSON as { version: string };

  const settings = own(new ConnectionSettings());
  const secrets = new SecretCredentials(context.secrets);
  const credentials = (connection: Connection) => createConnectionCredentials(connection, secrets, logger);
  const sessions = own(
    new RegistrySessions({
      settings,
      logger,
      userAgent: `berth/${version}`,
      credentials,
      confirm: confirmTransportQuestion,
      keyPassphrase: (owner) => secrets.keyPassphrases.get(owner),
    }),
  );
  own(new AccountWatch({ settings, sessions, logger }));
  const pullLimit = own(new PullLimitStatusBar(sessions, logger));
  const docker = new Docker(new DockerRunner(readDockerEnvironment, logger));
  const activity = own(new Activity());
  const journal = new Journal({ directory: join(context.globalStorageUri.fsPath, 'journal'), logger });
  const tagUndo = new TagUndo(journal, sessions, activity, logger);

  const verifications = own(new Verifications());
  const capabilities = own(new Capabilities(sessions));
  const registriesTree = own(new RegistriesTree(settings, sessions, verifications, capabilities, logger));
  const dragController = new LocalImageDragController();
  const registriesView = own(
    vscode.window.createTreeView('berth.registries', {
      treeDataProvider: registriesTree,
      dragAndDropController: new ImageDropController(dragController),
      canSelectMany: true,
      showCollapseAll: true,
    }),
  );
  own(registriesView.onDidCollapseElement(({ element }) => registriesTree.onDidCollapse(element)));
  own(registriesView.onDidExpandElement(({ element }) => registriesTree.onDidExpand(element)));
  const localImagesTree = own(new LocalImagesTree(docker, logger));
  const statusBar = own(new DockerStatusBar(docker, logger));
  own(localImagesTree.onDidAsk((hasAnswered) => void statusBar.update(hasAnswered)));
  const localImagesView = own(
    vscode.window.createTreeView('berth.localImages', {
      treeDataProvider: localImagesTree,
      dragAndDropController: dragController,
      canSelectMany: true,
    }),
  );
  const images = own(
    new OpenImages({
      sessions,
      docker,
      activity,
      directory: join(context.globalStorageUri.fsPath, 'layers'),
      workerUrl: new URL('./layerWorker.js', import.meta.url),
      logger,
    }),
  );
  const imageFilesTree = own(new ImageFilesTree(images, context.workspaceState, logger));
  const imageFilesView = own(
    vscode.window.createTreeView('berth.imageFiles', {
      treeDataProvider: imageFilesTree,
      showCollapseAll: true,
    }),
  );
  own(
    vscode.workspace.registerFileSystemProvider(IMAGE_SCHEME, new ImageFileSystem(images), {
      isReadonly: true,
      isCaseSensitive: true,
    }),
  );
  own(vscode.window.registerFileDecorationProvider(new LayerChangeDecorations(images)));
  own(vscode.window.createTreeView('berth.activity', { treeDataProvider: own(new ActivityTree(activity)) }));
  own(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration('berth.docker')) return;
      docker.forgetCapabilities();
      localImagesTree.refresh();
    }),
  );

  const { extensionUri } = context;
  const manifestPanels = own(
    new PanelsOnFirstUse<[ManifestRequest]>('berth.manifest', async (viewType) => {
      const { createManifestPanels } = await import('./createManifestPanels.ts');
      const services = { settings, sessions, images, verifications, logger };
      return createManifestPanels(viewType, extensionUri, services);
    }),
  );
  const capabilitiesPanels = own(
    new PanelsOnFirstUse<[CapabilitiesRequest]>('berth.capabilities', async (viewType) => {
      const { CapabilitiesPanels } = await import('./panels/capabilities/CapabilitiesPanels.ts');
      return new CapabilitiesPanels(viewType, extensionUri, {
        capabilities,
        hostOf: (connectionId) => {
          const connection = settings.get(connectionId);
          return (connection && tryCreateEndpoint(connection)?.referenceHost) ?? connectionId;
        },
        logger,
      });
    }),
  );
  const answers = new LastAnswers(context.globalState);
  const comparePanels = own(
    new PanelsOnFirstUse<CompareSubject>('berth.compare', async (viewType) => {
      const { ComparePanels } = await import('./panels/compare/ComparePanels.ts');
      return new ComparePanels(viewType, extensionUri, { sessions, docker, images, answers, logger });
    }),
  );
  own(
    vscode.workspace.registerTextDocumentContentProvider(
      MANIFEST_SCHEME,
      new ManifestDocumentProvider((connectionId, repository) =>
        openManifestSource(sessions, connectionId, repository),
      ),
    ),
  );

  const cleanUpReviews = new CleanUpReviews(join(context.globalStorageUri.fsPath, 'cleanUps'));
  own(registerCleanUpLanguage(cleanUpReviews));

  let copies: Promise<ImageCopies> | undefined;
  const imageCopies = (): Promise<ImageCopies> =>
    (copies ??= import('./commands/copy/ImageCopies.ts').then(
      (module) =>
        new module.ImageCopies({ sessions, registriesTree, registriesView, activity, journal, tagUndo }),
    ));
  tagUndo.onInterrupted('copy', {
    resume: async (operation) => (await imageCopies()).resume(operation),
    rollBack: async (operation) => (await imageCopies()).rollBack(operation),
  });

  const repositoryCleanUp = async (): Promise<RepositoryCleanUp> => {
    const module = await import('./commands/cleanUp/RepositoryCleanUp.ts');
    return new module.RepositoryCleanUp({ sessions, activity, journal, tagUndo });
  };
  for (const kind of ['cleanUp', 'delete'] as const) {
    tagUndo.onInterrupted(kind, {
      resume: async (operation) => (await repositoryCleanUp()).resume(operation),
      rollBack: async (operation) => (await repositoryCleanUp()).rollBack(operation),
      settle: async (operation) => (await repositoryCleanUp()).settle(operation),
    });
  }

  own(
    registerCommands(
      contributedCommands(context.extension),
      async () => {
        const [{ createCommands }, { LocalRegistry }] = await Promise.all([
          import('./commands/index.ts'),
          import('./core/operations/LocalRegistry.ts'),
        ]);
        return createCommands({
          settings,
          secrets,
          credentials,
          sessions,
          answers,
          workspaceAnswers: new LastAnswers(context.workspaceState),
          verifications,
          activity,
          journal,
          tagUndo,
          imageCopies: await imageCopies(),
          cleanUpReviews,
          docker,
          localRegistry: new LocalRegistry(docker, logger),
          registriesTree,
          registriesView,
          localImagesTree,
          localImagesView,
          selectedReferences: (view) => selectedReferences(registriesView, localImagesView, view),
          images,
          imageFilesTree,
          imageFilesView,
          manifestPanels,
          comparePanels,
          capabilitiesPanels,
          pullLimit,
          logger,
          showLog: () => channel.show(),
          extensionId: context.extension.id,
        });
      },
      activity,
      logger,
    ),
  );

  void tagUndo.restore();
}

/** The ids package.json gives its commands; a test holds them against the classes. */
function contributedCommands({ packageJSON }: vscode.Extension<unknown>): string[] {
  const { contributes } = packageJSON as {
    readonly contributes: { readonly commands: readonly { readonly command: string }[] };
  };
  return contributes.commands.map(({ command }) => command);
}
