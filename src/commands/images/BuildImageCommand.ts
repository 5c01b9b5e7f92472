import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { isCoreError } from '../../core/common/CoreError.ts';
import type { BuildResult } from '../../core/docker/Docker.ts';
import { parseDockerfileOutline } from '../../core/docker/dockerfileOutline.ts';
import type { ProgressState } from '../../core/docker/progress/ProgressSummary.ts';
import { recallBuild, rememberBuild, type BuildChoices } from '../../core/docker/rememberedBuild.ts';
import { shortDigest } from '../../core/oci/digest.ts';
import { parseReference } from '../../core/oci/reference.ts';
import { suggestReferences, type BuildFacts } from '../../core/oci/suggestTags.ts';
import type { ActivityHandle } from '../../platform/Activity.ts';
import { readGitFacts } from '../../platform/gitFacts.ts';
import { tryCreateEndpoint } from '../../platform/RegistrySessions.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { askDockerfile } from './askDockerfile.ts';
import { BuildForm } from './BuildForm.ts';
import type { DockerSignIn } from './DockerSignIn.ts';
import type { ImagePusher } from './ImagePusher.ts';
import { runInTerminal } from './runInTerminal.ts';
import { trackWork, withDetails } from './trackWork.ts';

type Needs = Pick<Services, 'docker' | 'settings' | 'answers' | 'activity' | 'localImagesTree'>;

/** Builds an image from a Dockerfile: one list of choices that starts from the last build, then progress. */
export class BuildImageCommand implements Command {
  readonly id = 'berth.buildImage';
  readonly #services: Needs;
  readonly #signIn: DockerSignIn;
  readonly #pusher: ImagePusher;

  constructor(services: Needs, signIn: DockerSignIn, pusher: ImagePusher) {
    this.#services = services;
    this.#signIn = signIn;
    this.#pusher = pusher;
  }

  async execute(target?: unknown): Promise<void> {
    const uri =
      target instanceof vscode.Uri
        ? target
        : await askDockerfile(this.#services.answers, vscode.l10n.t('Build Image'), vscode.l10n.t('Build'));
    const document = await vscode.workspace.openTextDocument(uri);
    // The builder reads the file, not the editor.
    if (document.isDirty) await document.save();
    const folder = dirname(uri.fsPath);
    const facts = await this.#facts(folder);
    const suggestedTags = suggestReferences(facts);
    const question = `build ${uri.fsPath}`;
    const setting = vscode.workspace.getConfiguration('berth.build').get<string>('builder')?.trim();
    const builder = setting || undefined;
    const recalled = recallBuild(this.#services.answers.get(question), facts);
    const choices = await new BuildForm(this.#services.docker, {
      dockerfile: uri.fsPath,
      outline: parseDockerfileOutline(document.getText()),
      suggestedTags,
      folders: [folder, ...(vscode.workspace.workspaceFolders ?? []).map((each) => each.uri.fsPath)],
      start: {
        context: folder,
        buildArgs: {},
        platforms: [],
        tags: suggestedTags.slice(0, 1),
        output: 'load',
        noCache: false,
        pull: false,
        ...recalled,
        builder: recalled?.builder ?? builder,
      },
    }).ask();
    // The setting stays in charge where nothing else was chosen.
    const own = choices.builder === builder ? { ...choices, builder: undefined } : choices;
    await this.#services.answers.remember(question, rememberBuild(own, facts));
    await this.#build(uri.fsPath, choices);
  }

  async #facts(folder: string): Promise<BuildFacts> {
    return {
      folderName: basename(folder),
      referenceHosts: this.#services.settings
        .connections()
        .flatMap((connection) => tryCreateEndpoint(connection)?.referenceHost ?? []),
      ...(await readGitFacts(folder, new AbortController().signal)),
    };
  }

  async #build(dockerfile: string, choices: BuildChoices): Promise<void> {
    const { tags, output } = choices;
    const name = tags[0] ?? basename(dirname(dockerfile));
    let activityId = '';
    const run = () =>
      this.#services.activity.run(
        { title: vscode.l10n.t('Building {0}', name), icon: 'tools' },
        async (handle) => {
          activityId = handle.id;
          const result = await this.#runBuild(dockerfile, choices, handle);
          const shown = result.digest ?? result.imageId;
          return {
            result,
            ...(result.digest !== undefined && { digest: result.digest }),
            ...(shown !== undefined && { detail: shortDigest(shown) }),
          };
        },
      );
    try {
      const host = output === 'push' && tags[0] !== undefined ? parseReference(tags[0]).host : undefined;
      const { result } = await (host === undefined ? run() : this.#signIn.retrying(host, run));
      if (output === 'push') for (const tag of tags) this.#pusher.announce(tag, result.digest);
      else void this.#offerNext(name, tags, result, activityId);
    } finally {
      this.#services.localImagesTree.refresh();
    }
  }

  /** A failure names the step it happened at. */
  async #runBuild(
    dockerfile: string,
    { context, target, buildArgs, platforms, tags, builder, output, noCache, pull }: BuildChoices,
    handle: ActivityHandle,
  ): Promise<BuildResult> {
    const work = trackWork(handle);
    let steps: ProgressState['steps'];
    try {
      return await this.#services.docker.build(
        {
          context,
          dockerfile,
          buildArgs,
          platforms,
          tags,
          output,
          noCache,
          pull,
          ...(target !== undefined && { target }),
          ...(builder !== undefined && { builder }),
        },
        {
          ...work,
          onProgress: (state, events) => {
            steps = state.steps;
            work.onProgress?.(state, events);
          },
        },
      );
    } catch (error) {
      const step = steps?.failed ?? steps?.current;
      const isStep = step !== undefined && isCoreError(error, 'dockerFailed');
      const host = tags[0] === undefined ? undefined : parseReference(tags[0]).host;
      throw withDetails(error, {
        ...(isStep && { subject: step.name }),
        ...(output === 'push' && host !== undefined && { host }),
      });
    }
  }

  async #offerNext(
    name: string,
    tags: readonly string[],
    { imageId }: BuildResult,
    activityId: string,
  ): Promise<void> {
    const push = vscode.l10n.t('Push…');
    const runIt = vscode.l10n.t('Run in Terminal');
    const showOutput = vscode.l10n.t('Show Output');
    const reference = tags[0];
    const canRun = reference !== undefined || imageId !== undefined;
    const answer = await vscode.window.showInformationMessage(
      imageId === undefined
        ? vscode.l10n.t('Built {0}', name)
        : vscode.l10n.t('Built {0} ({1})', name, shortDigest(imageId)),
      ...(canRun ? [push, runIt] : []),
      showOutput,
    );
    const image = { id: imageId ?? '', ...(reference !== undefined && { reference }) };
    if (answer === showOutput) this.#services.activity.showOutput(activityId);
    else if (answer === runIt) runInTerminal(this.#services.docker.runner, image);
    else if (answer === push) {
      if (tags.length === 0) await this.#pusher.push(image);
      for (const tag of tags) await this.#pusher.push({ ...image, reference: tag });
    }
  }
}
