/**
 * Every command of Berth, in the order of the folders. A test holds this list against package.json. Loaded when the
 * first command runs: nothing here may be needed before.
 */
import type { Command } from './Command.ts';
import type { Services } from './Services.ts';
import { AllowBlockedRegistryCommand } from './connections/AllowBlockedRegistryCommand.ts';
import { CompareSelection } from './compare/CompareSelection.ts';
import { CompareWithBaseImageCommand } from './compare/CompareWithBaseImageCommand.ts';
import { CompareWithSelectedCommand } from './compare/CompareWithSelectedCommand.ts';
import { SelectForCompareCommand } from './compare/SelectForCompareCommand.ts';
import { ChooseClientCertificateCommand } from './connections/ChooseClientCertificateCommand.ts';
import { ConnectAzureCommand } from './connections/ConnectAzureCommand.ts';
import { ConnectDockerHubCommand } from './connections/ConnectDockerHubCommand.ts';
import { ConnectEcrCommand } from './connections/ConnectEcrCommand.ts';
import { ConnectGoogleCommand } from './connections/ConnectGoogleCommand.ts';
import { ConnectRegistryCommand } from './connections/ConnectRegistryCommand.ts';
import { CreateRepositoryCommand } from './connections/CreateRepositoryCommand.ts';
import { EditConnectionCommand } from './connections/EditConnectionCommand.ts';
import { ImportConnectionsCommand } from './connections/ImportConnectionsCommand.ts';
import { PinRepositoryCommand } from './connections/PinRepositoryCommand.ts';
import { RemoveConnectionCommand } from './connections/RemoveConnectionCommand.ts';
import { SearchDockerHubCommand } from './connections/SearchDockerHubCommand.ts';
import { SignInCommand } from './connections/SignInCommand.ts';
import { SignOutCommand } from './connections/SignOutCommand.ts';
import { TrustCertificateCommand } from './connections/TrustCertificateCommand.ts';
import { UnpinRepositoryCommand } from './connections/UnpinRepositoryCommand.ts';
import { CleanUpLocalImagesCommand } from './cleanUp/CleanUpLocalImagesCommand.ts';
import { CleanUpRepositoryCommand } from './cleanUp/CleanUpRepositoryCommand.ts';
import { LocalCleanUp } from './cleanUp/LocalCleanUp.ts';
import { RepositoryCleanUp } from './cleanUp/RepositoryCleanUp.ts';
import { RunCleanUpCommand } from './cleanUp/RunCleanUpCommand.ts';
import { SaveCleanUpRulesCommand } from './cleanUp/SaveCleanUpRulesCommand.ts';
import { CopyForm } from './copy/CopyForm.ts';
import { CopyToCommand } from './copy/CopyToCommand.ts';
import { PromoteCommand } from './copy/PromoteCommand.ts';
import { BrowseFilesCommand } from './files/BrowseFilesCommand.ts';
import { CloseImageFilesCommand } from './files/CloseImageFilesCommand.ts';
import { CopyFilePathCommand } from './files/CopyFilePathCommand.ts';
import { FindFileCommand } from './files/FindFileCommand.ts';
import { RefreshImageFilesCommand } from './files/RefreshImageFilesCommand.ts';
import { SaveFileCommand } from './files/SaveFileCommand.ts';
import { SaveFolderCommand } from './files/SaveFolderCommand.ts';
import { BuildImageCommand } from './images/BuildImageCommand.ts';
import { DockerSignIn } from './images/DockerSignIn.ts';
import { ImagePusher } from './images/ImagePusher.ts';
import { LogInCommand } from './images/LogInCommand.ts';
import { LogOutCommand } from './images/LogOutCommand.ts';
import { PruneImagesCommand } from './images/PruneImagesCommand.ts';
import { PullImageCommand } from './images/PullImageCommand.ts';
import { PushImageCommand } from './images/PushImageCommand.ts';
import { ReferenceForm } from './images/ReferenceForm.ts';
import { RemoveImageCommand } from './images/RemoveImageCommand.ts';
import { RunImageCommand } from './images/RunImageCommand.ts';
import { SelectBuilderCommand } from './images/SelectBuilderCommand.ts';
import { SelectDockerContextCommand } from './images/SelectDockerContextCommand.ts';
import { TagImageCommand } from './images/TagImageCommand.ts';
import { CollectGarbageCommand } from './localRegistry/CollectGarbageCommand.ts';
import { ExportImageCommand } from './layouts/ExportImageCommand.ts';
import { ImportImageCommand } from './layouts/ImportImageCommand.ts';
import { RemoveLocalRegistryCommand } from './localRegistry/RemoveLocalRegistryCommand.ts';
import { RunLocalRegistryCommand } from './localRegistry/RunLocalRegistryCommand.ts';
import { StartLocalRegistryCommand } from './localRegistry/StartLocalRegistryCommand.ts';
import { StopLocalRegistryCommand } from './localRegistry/StopLocalRegistryCommand.ts';
import { OpenRawReferrerCommand } from './referrers/OpenRawReferrerCommand.ts';
import { OpenReferrerCommand } from './referrers/OpenReferrerCommand.ts';
import { OpenSourceCommitCommand } from './referrers/OpenSourceCommitCommand.ts';
import { VerifySignatureCommand } from './referrers/VerifySignatureCommand.ts';
import { CopyDigestCommand } from './tags/CopyDigestCommand.ts';
import { CopyPullCommandCommand } from './tags/CopyPullCommandCommand.ts';
import { CopyReferenceCommand } from './tags/CopyReferenceCommand.ts';
import { DeleteTagCommand } from './tags/DeleteTagCommand.ts';
import { InspectManifestCommand } from './tags/InspectManifestCommand.ts';
import { OpenInBrowserCommand } from './tags/OpenInBrowserCommand.ts';
import { OpenRawManifestCommand } from './tags/OpenRawManifestCommand.ts';
import { RetagCommand } from './tags/RetagCommand.ts';
import { UndoCommand } from './tags/UndoCommand.ts';
import { CancelOperationCommand } from './views/CancelOperationCommand.ts';
import { ClearActivityCommand } from './views/ClearActivityCommand.ts';
import { ClearTagFilterCommand } from './views/ClearTagFilterCommand.ts';
import { ExplainPullLimitCommand } from './views/ExplainPullLimitCommand.ts';
import { FilterTagsCommand } from './views/FilterTagsCommand.ts';
import { LoadMoreCommand } from './views/LoadMoreCommand.ts';
import { OpenGettingStartedCommand } from './views/OpenGettingStartedCommand.ts';
import { RefreshCommand } from './views/RefreshCommand.ts';
import { RefreshLocalImagesCommand } from './views/RefreshLocalImagesCommand.ts';
import { RefreshNodeCommand } from './views/RefreshNodeCommand.ts';
import { ResolveErrorCommand } from './views/ResolveErrorCommand.ts';
import { SearchCommand } from './views/SearchCommand.ts';
import { ShowCapabilitiesCommand } from './views/ShowCapabilitiesCommand.ts';
import { ResumeOperationCommand } from './views/ResumeOperationCommand.ts';
import { RollBackOperationCommand } from './views/RollBackOperationCommand.ts';
import { ShowLogCommand } from './views/ShowLogCommand.ts';
import { ShowOutputCommand } from './views/ShowOutputCommand.ts';
import { SortTagsCommand } from './views/SortTagsCommand.ts';

export function createCommands(services: Services): Command[] {
  const { settings, activity, registriesTree: tree } = services;
  const references = new ReferenceForm(services);
  const copyForm = new CopyForm(services, references);
  return [
    new ConnectRegistryCommand(services),
    new ConnectDockerHubCommand(services),
    new ConnectAzureCommand(services),
    new ConnectEcrCommand(services),
    new ConnectGoogleCommand(services),
    new EditConnectionCommand(services),
    new RemoveConnectionCommand(services),
    new SignInCommand(services),
    new SignOutCommand(services),
    new TrustCertificateCommand(services),
    new ChooseClientCertificateCommand(services),
    new AllowBlockedRegistryCommand(services),
    new ImportConnectionsCommand(services),
    new CreateRepositoryCommand(services),
    new SearchDockerHubCommand(services),
    new PinRepositoryCommand(settings),
    new UnpinRepositoryCommand(settings),
    new RunLocalRegistryCommand(services),
    new StartLocalRegistryCommand(services),
    new StopLocalRegistryCommand(services),
    new CollectGarbageCommand(services),
    new RemoveLocalRegistryCommand(services),
    ...createImageCommands(services, references),
    ...createFileCommands(services),
    ...createCompareCommands(services),
    new InspectManifestCommand(services),
    new OpenRawManifestCommand(tree),
    new OpenReferrerCommand(tree),
    new OpenRawReferrerCommand(tree),
    new OpenSourceCommitCommand(tree),
    new VerifySignatureCommand(services),
    new CopyReferenceCommand(services),
    new CopyDigestCommand(services),
    new CopyPullCommandCommand(services),
    new OpenInBrowserCommand(services),
    new DeleteTagCommand(services),
    new RetagCommand(services),
    ...createCleanUpCommands(services),
    new CopyToCommand(services, copyForm),
    new PromoteCommand(services),
    new ExportImageCommand(services),
    new ImportImageCommand(copyForm, services.imageCopies),
    new UndoCommand(activity),
    new SearchCommand(services),
    new RefreshCommand(tree),
    new RefreshNodeCommand(tree),
    new LoadMoreCommand(tree),
    new ResolveErrorCommand(tree),
    new SortTagsCommand(),
    new ShowCapabilitiesCommand(services),
    new FilterTagsCommand(tree),
    new ClearTagFilterCommand(tree),
    new RefreshLocalImagesCommand(services.localImagesTree),
    new OpenGettingStartedCommand(services.extensionId),
    new ExplainPullLimitCommand(services.pullLimit),
    new ShowLogCommand(services.showLog),
    new ShowOutputCommand(activity),
    new CancelOperationCommand(activity),
    new ResumeOperationCommand(activity),
    new RollBackOperationCommand(activity),
    new ClearActivityCommand(activity),
  ];
}

/** Clean-ups of repositories and of local images: planned, reviewed as documents, carried out. */
function createCleanUpCommands(services: Services): Command[] {
  const { cleanUpReviews: reviews } = services;
  return [
    new CleanUpRepositoryCommand(services),
    new CleanUpLocalImagesCommand(services),
    new RunCleanUpCommand(reviews, new RepositoryCleanUp(services), new LocalCleanUp(services)),
    new SaveCleanUpRulesCommand(reviews),
  ];
}

/** The commands that compare two images. */
function createCompareCommands(services: Services): Command[] {
  const selection = new CompareSelection();
  return [
    new SelectForCompareCommand(services, selection),
    new CompareWithSelectedCommand(services, selection),
    new CompareWithBaseImageCommand(services),
  ];
}

/** The commands about files inside images. */
function createFileCommands(services: Services): Command[] {
  return [
    new BrowseFilesCommand(services),
    new FindFileCommand(services),
    new SaveFileCommand(services),
    new SaveFolderCommand(services),
    new CopyFilePathCommand(),
    new CloseImageFilesCommand(services.imageFilesTree),
    new RefreshImageFilesCommand(services.imageFilesTree),
  ];
}

/** The commands that run docker. */
function createImageCommands(services: Services, references: ReferenceForm): Command[] {
  const { settings, docker } = services;
  const signIn = new DockerSignIn(services);
  const pusher = new ImagePusher(services, signIn, references);
  return [
    new BuildImageCommand(services, signIn, pusher),
    new TagImageCommand(services, references, pusher),
    new PushImageCommand(services, pusher),
    new PullImageCommand(services, signIn),
    new RemoveImageCommand(services),
    new PruneImagesCommand(services),
    new RunImageCommand(services),
    new LogInCommand(settings, signIn),
    new LogOutCommand(services),
    new SelectDockerContextCommand(docker),
    new SelectBuilderCommand(docker),
  ];
}
