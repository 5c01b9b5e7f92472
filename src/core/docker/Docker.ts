/** What Berth does with a Docker engine, through the CLI: the facade commands and operations use. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoreError, isCoreError } from '../common/CoreError.ts';
import { isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { Containers } from './Containers.ts';
import { buildCommand } from './commands/buildCommand.ts';
import { buildxBuildCommand } from './commands/buildxBuildCommand.ts';
import { buildxFeaturesCommand } from './commands/buildxFeaturesCommand.ts';
import type { BuildxFeatures } from './commands/buildxFeaturesCommand.ts';
import { buildxLsCommand } from './commands/buildxLsCommand.ts';
import type { Builder } from './commands/buildxLsCommand.ts';
import type { BuildSource } from './commands/buildArguments.ts';
import { contextLsCommand } from './commands/contextLsCommand.ts';
import type { DockerContext } from './commands/contextLsCommand.ts';
import { historyCommand } from './commands/historyCommand.ts';
import { imageConfigCommand } from './commands/imageConfigCommand.ts';
import { imageInspectCommand } from './commands/imageInspectCommand.ts';
import type { ImageDetails } from './commands/imageInspectCommand.ts';
import { imagePruneCommand } from './commands/imagePruneCommand.ts';
import type { PrunedImages } from './commands/imagePruneCommand.ts';
import { imagesCommand } from './commands/imagesCommand.ts';
import { infoCommand } from './commands/infoCommand.ts';
import type { DockerInfo } from './commands/infoCommand.ts';
import { loginCommand } from './commands/loginCommand.ts';
import type { LoginOptions } from './commands/loginCommand.ts';
import { logoutCommand } from './commands/logoutCommand.ts';
import { pullCommand } from './commands/pullCommand.ts';
import { pushCommand } from './commands/pushCommand.ts';
import { rmiCommand } from './commands/rmiCommand.ts';
import type { RemovedImages } from './commands/rmiCommand.ts';
import { saveCommand } from './commands/saveCommand.ts';
import { tagCommand } from './commands/tagCommand.ts';
import { versionCommand } from './commands/versionCommand.ts';
import type { DockerVersion } from './commands/versionCommand.ts';
import type { DockerCommand, DockerRunner } from './DockerRunner.ts';
import type { ImageConfig } from '../oci/imageConfig.ts';
import type { LocalImage } from './LocalImage.ts';
import { parseBuildMetadata } from './parseBuildMetadata.ts';
import { BuildKitPlainProgress } from './progress/BuildKitPlainProgress.ts';
import { ClassicBuildProgress } from './progress/ClassicBuildProgress.ts';
import { formatProgressEvent } from './progress/formatProgressEvent.ts';
import { OutputLines } from './progress/OutputLines.ts';
import type { ProgressEvent, ProgressParser } from './progress/ProgressEvent.ts';
import { ProgressSummary } from './progress/ProgressSummary.ts';
import type { ProgressState } from './progress/ProgressSummary.ts';
import { PullProgress } from './progress/PullProgress.ts';
import { PushProgress } from './progress/PushProgress.ts';
import { RawJsonProgress } from './progress/RawJsonProgress.ts';

export interface DockerCapabilities extends DockerVersion {
  readonly hasBuildx: boolean;
  readonly supportsRawJson: boolean;
  /** How a build for one platform with no named builder will run. */
  readonly buildMethod: BuildMethod;
}

export type BuildMethod = 'buildxRawJson' | 'buildxPlain' | 'buildKit' | 'classic' | 'podman';

/** For long work. */
export interface WorkOptions {
  readonly signal: AbortSignal;
  /** After every change worth showing: the totals, and the events that changed them. */
  readonly onProgress?: (state: ProgressState, events: readonly ProgressEvent[]) => void;
  /** Readable output as it comes, safe to show; rawjson is written out as text. */
  readonly onOutput?: (text: string) => void;
}

export interface BuildOptions extends BuildSource {
  /** A buildx builder; undefined: the current one, or the engine's own where there is no buildx. */
  readonly builder?: string;
  /** `load` keeps the image in the engine; `push` sends it to the registries of its tags. */
  readonly output: 'load' | 'push';
}

export interface BuildResult {
  readonly method: BuildMethod;
  /** Id of the image in the engine, where it is known. */
  readonly imageId?: string;
  /** Digest that was pushed, or of the manifest the engine holds. */
  readonly digest?: Digest;
  readonly progress: ProgressState;
}

export interface TransferResult {
  /** Undefined when the client printed none. */
  readonly digest?: Digest;
  /** Of the manifest, as docker prints it after a push. */
  readonly manifestSizeInBytes?: number;
  readonly progress: ProgressState;
}

/** Queries of the engine: a healthy one answers at once, a hung one must not hang us. */
const QUERY_TIMEOUT_MS = 30_000;
const LOGIN_TIMEOUT_MS = 60_000;

export class Docker {
  readonly runner: DockerRunner;
  readonly containers: Containers;
  #cached: { readonly key: string; readonly value: DockerCapabilities } | undefined;

  constructor(runner: DockerRunner) {
    this.runner = runner;
    this.containers = new Containers(runner);
  }

  /** Asked once for each program, context and environment. Throws `dockerMissing`, `dockerUnreachable`. */
  async capabilities(signal: AbortSignal): Promise<DockerCapabilities> {
    const key = JSON.stringify(this.runner.environment);
    if (this.#cached?.key === key) return this.#cached.value;
    const version = await this.#query(versionCommand(), signal);
    const features = version.isPodman ? undefined : await this.#buildxFeatures(signal);
    const value = {
      ...version,
      hasBuildx: features !== undefined,
      supportsRawJson: features?.supportsRawJson === true,
      buildMethod: chooseBuildMethod(version, features),
    };
    this.#cached = { key, value };
    return value;
  }

  /** Looks again next time: docker was installed, updated or restarted. */
  forgetCapabilities(): void {
    this.#cached = undefined;
  }

  info(signal: AbortSignal): Promise<DockerInfo> {
    return this.#query(infoCommand(), signal);
  }

  /**
   * Builds in the best way there is: buildx (rawjson, else plain), the client's BuildKit, the classic builder.
   * Throws `unsupported` with reason `multiPlatformNeedsBuildx` (several platforms or a builder, and no buildx),
   * `multiPlatformNeedsBuilder` (this builder makes one platform only), `multiPlatformCannotLoad` (push instead);
   * `dockerFailed` with reason `buildStepFailed`, `dockerfileSyntax`, `dockerfileMissing`, `fileNotInContext`, ….
   */
  async build(options: BuildOptions, work: WorkOptions): Promise<BuildResult> {
    const { builder, output, ...source } = options;
    const capabilities = await this.capabilities(work.signal);
    const method = capabilities.buildMethod;
    const withBuildx = method === 'buildxRawJson' || method === 'buildxPlain';
    if (!withBuildx && ((options.platforms?.length ?? 0) > 1 || builder !== undefined)) {
      throw new CoreError('unsupported', 'a build for several platforms, or with a builder, needs buildx', {
        operation: 'docker build',
        reason: 'multiPlatformNeedsBuildx',
      });
    }
    return withTemporaryFolder(async (folder) => {
      const resultFile = join(folder, 'result');
      if (withBuildx) {
        const progress = method === 'buildxRawJson' ? 'rawjson' : 'plain';
        const command = buildxBuildCommand({
          ...source,
          output,
          progress,
          metadataFile: resultFile,
          ...(builder === undefined ? {} : { builder }),
        });
        const state = await this.#work(command, buildParser(method), work, method === 'buildxRawJson');
        const metadata = parseBuildMetadata(await readResult(resultFile));
        const imageId = metadata.imageId ?? state.imageId;
        const digest = metadata.digest ?? state.digest;
        return {
          method,
          progress: state,
          ...(imageId === undefined ? {} : { imageId }),
          ...(digest === undefined || digest === imageId ? {} : { digest }),
        };
      }
      const command = buildCommand({ ...source, builder: method, imageIdFile: resultFile });
      const state = await this.#work(command, buildParser(method), work);
      const imageId = (await readResult(resultFile)).trim() || state.imageId;
      let digest: Digest | undefined;
      if (output === 'push') {
        for (const tag of source.tags ?? []) digest = (await this.push(tag, work)).digest;
      }
      return {
        method,
        progress: state,
        ...(imageId === undefined ? {} : { imageId }),
        ...(digest === undefined ? {} : { digest }),
      };
    });
  }

  /** Throws `unauthorized` when the registry wants credentials, `notFound`/`imageUnknown` when there is no such image. */
  async push(reference: string, work: WorkOptions): Promise<TransferResult> {
    const { isPodman } = await this.capabilities(work.signal);
    if (!isPodman)
      return transferResult(await this.#work(pushCommand({ reference }), new PushProgress(), work));
    return withTemporaryFolder(async (folder) => {
      const digestFile = join(folder, 'digest');
      const state = await this.#work(pushCommand({ reference, digestFile }), new PushProgress(), work);
      const digest = (await readResult(digestFile)).trim();
      return transferResult(isDigest(digest) ? { ...state, digest } : state);
    });
  }

  /** Throws `notFound` with reason `manifestUnknown`, `repositoryUnknown` or `platformUnavailable`; `unauthorized`. */
  async pull(reference: string, platform: string | undefined, work: WorkOptions): Promise<TransferResult> {
    return transferResult(await this.#work(pullCommand(reference, platform), new PullProgress(), work));
  }

  images(signal: AbortSignal): Promise<LocalImage[]> {
    return this.#query(imagesCommand(), signal);
  }

  /** @param image reference or id. Throws `notFound`, reason `imageUnknown`. */
  inspectImage(image: string, signal: AbortSignal): Promise<ImageDetails> {
    return this.#query(imageInspectCommand(image), signal);
  }

  /** As a registry would have it. @throws CoreError `notFound`, reason `imageUnknown` */
  async imageConfig(image: string, signal: AbortSignal): Promise<ImageConfig> {
    const [config, history] = await Promise.all([
      this.#query(imageConfigCommand(image), signal),
      this.#query(historyCommand(image), signal),
    ]);
    return { ...config, history };
  }

  /** @param source reference or id. */
  tag(source: string, target: string, signal: AbortSignal): Promise<void> {
    return this.#query(tagCommand(source, target), signal);
  }

  /** Writes the archive of an image to `file`. @param image reference or id. */
  save(image: string, file: string, signal: AbortSignal): Promise<void> {
    return this.runner.run(saveCommand(image, file), { signal });
  }

  /** Throws `conflict` with reason `imageInUse`, `imageHasSeveralTags` or `imageHasChildren`. */
  remove(
    images: readonly string[],
    options: { readonly force?: boolean },
    signal: AbortSignal,
  ): Promise<RemovedImages> {
    return this.runner.run(rmiCommand(images, options), { signal });
  }

  /** Removes dangling images. */
  prune(signal: AbortSignal): Promise<PrunedImages> {
    return this.runner.run(imagePruneCommand(), { signal });
  }

  /** Throws `unauthorized`, reason `wrongCredentials`; `credentialHelper` when the sign-in cannot be stored. */
  login(options: LoginOptions, signal: AbortSignal): Promise<void> {
    return this.runner.run(loginCommand(options), { signal, timeoutMs: LOGIN_TIMEOUT_MS });
  }

  /** @param registry `host[:port]`; undefined: Docker Hub. */
  logout(registry: string | undefined, signal: AbortSignal): Promise<void> {
    return this.#query(logoutCommand(registry), signal);
  }

  /** Docker contexts, or Podman's connections. Needs no running engine. */
  async contexts(signal: AbortSignal): Promise<DockerContext[]> {
    try {
      return await this.#query(contextLsCommand('docker'), signal);
    } catch (error) {
      if (!isCoreError(error, 'unsupported', 'dockerFailed')) throw error;
      return this.#query(contextLsCommand('podman'), signal);
    }
  }

  /** buildx builders; none where there is no buildx. */
  async builders(signal: AbortSignal): Promise<Builder[]> {
    const { hasBuildx, supportsRawJson } = await this.capabilities(signal);
    // Both came with buildx 0.13.
    return hasBuildx ? this.#query(buildxLsCommand(supportsRawJson ? 'json' : 'table'), signal) : [];
  }

  /** Runs a command that must answer soon. */
  #query<Result>(command: DockerCommand<Result>, signal: AbortSignal): Promise<Result> {
    return this.runner.run(command, { signal, timeoutMs: QUERY_TIMEOUT_MS });
  }

  async #buildxFeatures(signal: AbortSignal) {
    try {
      return await this.#query(buildxFeaturesCommand(), signal);
    } catch (error) {
      if (isCoreError(error, 'unsupported', 'dockerFailed')) return undefined;
      throw error;
    }
  }

  /** Runs `command` with its output parsed; the state at its end. */
  async #work(
    command: DockerCommand<void>,
    parser: ProgressParser,
    { signal, onProgress, onOutput }: WorkOptions,
    isMachineReadable = false,
  ): Promise<ProgressState> {
    const summary = new ProgressSummary();
    const readable = isMachineReadable ? undefined : new OutputLines();
    const show = (events: readonly ProgressEvent[]) => {
      const text = events.map(formatProgressEvent).join('');
      if (text !== '') onOutput?.(text);
    };
    const take = (events: readonly ProgressEvent[]) => {
      if (summary.push(events)) onProgress?.(summary.summarize(), events);
      if (isMachineReadable) show(events);
    };
    onOutput?.(`$ ${this.runner.describe(command)}\n`);
    try {
      await this.runner.run(command, {
        signal,
        onOutput: ({ text, stream }) => {
          if (readable !== undefined) show(readable.push(text, stream));
          take(parser.push(text, stream));
        },
      });
    } finally {
      if (readable !== undefined) show(readable.end());
      take(parser.end());
    }
    return summary.summarize();
  }
}

function chooseBuildMethod(version: DockerVersion, features: BuildxFeatures | undefined): BuildMethod {
  if (version.isPodman) return 'podman';
  // BuildKit builds no Windows images.
  if (version.serverOs === 'windows') return 'classic';
  if (features !== undefined) return features.supportsRawJson ? 'buildxRawJson' : 'buildxPlain';
  // Clients 18.09 to 22 carry BuildKit; since 23 it is buildx or the classic builder.
  const isOld = Number.parseInt(version.clientVersion, 10) < 23;
  const minorApi = Number(version.serverApiVersion?.split('.')[1] ?? 0);
  return isOld && minorApi >= 39 ? 'buildKit' : 'classic';
}

function buildParser(method: BuildMethod): ProgressParser {
  switch (method) {
    case 'buildxRawJson':
      return new RawJsonProgress();
    case 'buildxPlain':
    case 'buildKit':
      return new BuildKitPlainProgress();
    case 'classic':
    case 'podman':
      return new ClassicBuildProgress();
  }
}

function transferResult(progress: ProgressState): TransferResult {
  return {
    progress,
    ...(progress.digest === undefined ? {} : { digest: progress.digest }),
    ...(progress.sizeInBytes === undefined ? {} : { manifestSizeInBytes: progress.sizeInBytes }),
  };
}

async function withTemporaryFolder<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** '' when docker wrote no such file. */
async function readResult(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
