/**
 * The choices of a build on one list, with their values: Enter on its first row builds, any other row changes one
 * choice and comes back to the list.
 */
import { isAbsolute, relative } from 'node:path';
import * as vscode from 'vscode';
import { isCoreError } from '../../core/common/CoreError.ts';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { formatBuildArguments, parseBuildArguments } from '../../core/docker/buildArgumentText.ts';
import type { Docker } from '../../core/docker/Docker.ts';
import type { DockerfileOutline } from '../../core/docker/dockerfileOutline.ts';
import { parseBuildTags, type BuildChoices } from '../../core/docker/rememberedBuild.ts';
import { formatPlatform, parsePlatform } from '../../core/oci/platform.ts';
import { GoBack, askPick, askText } from '../../platform/ask.ts';
import { wordError } from '../../platform/wordError.ts';
import { problemOf } from '../problemOf.ts';
import { askBuilder } from './SelectBuilderCommand.ts';

type Choice = keyof BuildChoices;
type Row = vscode.QuickPickItem & { readonly choice?: Choice };

const USUAL_PLATFORMS = ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/s390x', 'linux/ppc64le'];

export interface BuildQuestions {
  /** Absolute path. */
  readonly dockerfile: string;
  readonly outline: DockerfileOutline;
  /** Where the answers start. */
  readonly start: BuildChoices;
  /** References to offer, best first. */
  readonly suggestedTags: readonly string[];
  /** Other folders that may be the context. */
  readonly folders: readonly string[];
}

export class BuildForm {
  readonly #docker: Docker;
  readonly #questions: BuildQuestions;
  readonly #title: string;
  #choices: BuildChoices;
  /** The person did not choose to push: several platforms made it necessary. */
  #mustPush = false;

  constructor(docker: Docker, questions: BuildQuestions) {
    this.#docker = docker;
    this.#questions = questions;
    this.#choices = questions.start;
    this.#title = vscode.l10n.t('Build {0}', vscode.workspace.asRelativePath(questions.dockerfile));
  }

  /** @throws CancellationError when the list is dismissed. */
  async ask(): Promise<BuildChoices> {
    for (;;) {
      const { choice } = await askPick<Row>({
        title: this.#title,
        placeholder: vscode.l10n.t('Enter builds; choose a row to change it'),
        items: this.#rows(),
      });
      if (choice === undefined && this.#isComplete()) return this.#choices;
      await this.#change(choice ?? 'tags');
    }
  }

  #isComplete(): boolean {
    return this.#choices.output === 'load' || this.#choices.tags.length > 0;
  }

  #rows(): Row[] {
    const { context, target, buildArgs, platforms, tags, builder, output, noCache, pull } = this.#choices;
    const { l10n } = vscode;
    const engine = l10n.t('the Docker engine');
    const yesNo = (is: boolean) => (is ? l10n.t('yes') : l10n.t('no'));
    const row = (choice: Choice, label: string, value: string, detail?: string): Row => ({
      choice,
      label,
      description: toDisplayLine(value),
      ...(detail !== undefined && { detail }),
    });
    return [
      {
        label: l10n.t('Build'),
        description: this.#isComplete()
          ? toDisplayLine(
              output === 'push'
                ? l10n.t('{0}, and push', tags.join(', '))
                : l10n.t('{0}, into {1}', tags.join(', ') || l10n.t('no tag'), engine),
            )
          : l10n.t('needs a tag, since it is pushed'),
        iconPath: new vscode.ThemeIcon('play'),
        alwaysShow: true,
      },
      { label: l10n.t('Choices'), kind: vscode.QuickPickItemKind.Separator },
      row('tags', l10n.t('Tags'), tags.join(', ') || l10n.t('none')),
      row('context', l10n.t('Context Folder'), this.#displayFolder(context)),
      row('target', l10n.t('Target Stage'), target ?? l10n.t('the last one')),
      row(
        'buildArgs',
        l10n.t('Build Arguments'),
        formatBuildArguments(buildArgs) || l10n.t('the Dockerfile’s defaults'),
      ),
      row('platforms', l10n.t('Platforms'), platforms.join(', ') || l10n.t('the engine’s own')),
      row('builder', l10n.t('Builder'), builder ?? l10n.t('Docker’s own choice')),
      row(
        'output',
        l10n.t('Output'),
        output === 'push' ? l10n.t('push to the registries of the tags') : l10n.t('load into {0}', engine),
        this.#mustPush
          ? l10n.t('The engine cannot hold several platforms of one image, so it is pushed')
          : undefined,
      ),
      row('noCache', l10n.t('Build Without Cache'), yesNo(noCache)),
      row('pull', l10n.t('Look for Newer Base Images'), yesNo(pull)),
    ];
  }

  /** Back and Escape leave the choice as it was. */
  async #change(choice: Choice): Promise<void> {
    try {
      this.#choices = { ...this.#choices, ...(await this.#askOne(choice)) };
    } catch (error) {
      if (!(error instanceof GoBack) && !(error instanceof vscode.CancellationError)) {
        if (!isCoreError(error)) throw error;
        void vscode.window.showErrorMessage(wordError(error).message);
      }
    }
  }

  async #askOne(choice: Choice): Promise<Partial<BuildChoices>> {
    const { builder, noCache, pull, output } = this.#choices;
    switch (choice) {
      case 'tags':
        return { tags: await this.#askTags() };
      case 'context':
        return { context: await this.#askContext() };
      case 'target':
        return { target: await this.#askTarget() };
      case 'buildArgs':
        return { buildArgs: await this.#askBuildArguments() };
      case 'platforms':
        return this.#askPlatforms();
      case 'builder': {
        const name = await askBuilder(this.#docker, this.#title, builder ?? '', true);
        return name === undefined ? {} : { builder: name || undefined };
      }
      case 'output':
        this.#mustPush = false;
        return { output: output === 'push' ? 'load' : 'push' };
      case 'noCache':
        return { noCache: !noCache };
      case 'pull':
        return { pull: !pull };
    }
  }

  async #askTags(): Promise<readonly string[]> {
    const current = this.#choices.tags;
    const { typed, tags } = await askPick<vscode.QuickPickItem & { typed?: string; tags?: string[] }>({
      title: this.#title,
      placeholder: vscode.l10n.t('Choose a tag, or type one'),
      items: [
        ...[...new Set([...current, ...this.#questions.suggestedTags])].map((tag) => ({
          label: tag,
          tags: [tag],
        })),
        { label: vscode.l10n.t('Several Tags…'), typed: current.join(' ') },
        { label: vscode.l10n.t('No Tag'), tags: [] },
      ],
      active: (item) => item.label === current[0],
      custom: (text) => (text === '' ? undefined : { label: text, typed: text }),
      canGoBack: true,
    });
    if (tags) return tags;
    if (typed && problemOf(() => parseBuildTags(typed)) === undefined && typed !== current.join(' ')) {
      return parseBuildTags(typed);
    }
    return askText({
      title: this.#title,
      prompt: vscode.l10n.t('Tags, separated by spaces'),
      placeholder: 'app:1.0 ghcr.io/owner/app:1.0',
      value: typed ?? '',
      canGoBack: true,
      validate: (text) => problemOf(() => parseBuildTags(text)),
      accept: parseBuildTags,
      describe: (error) => wordError(error).message,
    });
  }

  async #askContext(): Promise<string> {
    const { context } = this.#choices;
    const folders = [...new Set([context, ...this.#questions.folders])];
    const { folder } = await askPick<vscode.QuickPickItem & { folder: string | undefined }>({
      title: this.#title,
      placeholder: vscode.l10n.t('Folder whose files the build may copy'),
      items: [
        ...folders.map((each) => ({ label: this.#displayFolder(each), description: each, folder: each })),
        { label: vscode.l10n.t('Browse…'), folder: undefined },
      ],
      canGoBack: true,
    });
    if (folder !== undefined) return folder;
    const [chosen] =
      (await vscode.window.showOpenDialog({
        title: this.#title,
        canSelectFiles: false,
        canSelectFolders: true,
        defaultUri: vscode.Uri.file(context),
        openLabel: vscode.l10n.t('Use as Context'),
      })) ?? [];
    return chosen?.fsPath ?? context;
  }

  async #askTarget(): Promise<string | undefined> {
    const { target } = this.#choices;
    const picked = await askPick<vscode.QuickPickItem & { stage: string | undefined }>({
      title: this.#title,
      placeholder: vscode.l10n.t('Stage to build'),
      items: [
        { label: vscode.l10n.t('The Last One'), stage: undefined },
        ...this.#questions.outline.stages.map((stage) => ({ label: stage, stage })),
      ],
      active: (item) => item.stage === target,
      custom: (text) => (/^\w[\w.-]*$/.test(text) ? { label: text, stage: text } : undefined),
      canGoBack: true,
    });
    return picked.stage;
  }

  async #askBuildArguments(): Promise<Readonly<Record<string, string>>> {
    let values = this.#choices.buildArgs;
    const { args } = this.#questions.outline;
    while (args.length > 0) {
      const names = [...new Set([...args.map(({ name }) => name), ...Object.keys(values)])];
      const { action, name } = await askPick<
        vscode.QuickPickItem & { action: 'done' | 'text' | 'one'; name?: string }
      >({
        title: this.#title,
        placeholder: vscode.l10n.t('Choose an argument to set it'),
        items: [
          { label: vscode.l10n.t('Done'), action: 'done' },
          ...names.map((each) => ({
            label: each,
            description: toDisplayLine(
              values[each] ??
                vscode.l10n.t('default: {0}', args.find((arg) => arg.name === each)?.defaultValue ?? '–'),
            ),
            action: 'one' as const,
            name: each,
          })),
          { label: vscode.l10n.t('Edit as Text…'), action: 'text' },
        ],
        canGoBack: true,
      });
      if (action === 'done') return values;
      if (name === undefined) break;
      try {
        values = await this.#askBuildArgument(name, values);
      } catch (error) {
        if (!(error instanceof GoBack)) throw error;
      }
    }
    return askText({
      title: this.#title,
      prompt: vscode.l10n.t('Build arguments: NAME=value, separated by spaces'),
      placeholder: 'VERSION=1.0 TITLE="two words"',
      value: formatBuildArguments(values),
      canGoBack: true,
      validate: (text) => problemOf(() => parseBuildArguments(text)),
      accept: parseBuildArguments,
      describe: (error) => wordError(error).message,
    });
  }

  async #askBuildArgument(
    name: string,
    values: Readonly<Record<string, string>>,
  ): Promise<Readonly<Record<string, string>>> {
    const value = await askText({
      title: this.#title,
      prompt: vscode.l10n.t('Value of {0}; empty for the Dockerfile’s default', name),
      value: values[name] ?? '',
      canGoBack: true,
      validate: (text) => (/[\r\n\0]/.test(text) ? vscode.l10n.t('Line breaks are not allowed.') : undefined),
      accept: (text) => text,
    });
    const others = Object.fromEntries(Object.entries(values).filter(([each]) => each !== name));
    return value === '' ? others : { ...others, [name]: value };
  }

  async #askPlatforms(): Promise<Partial<BuildChoices>> {
    const { platforms: current, builder, output } = this.#choices;
    const offered = [
      ...new Set([...current, ...(await this.#builderPlatforms(builder)), ...USUAL_PLATFORMS]),
    ];
    const picked = await vscode.window.showQuickPick(
      offered.map((label) => ({ label, picked: current.includes(label) })),
      {
        title: this.#title,
        placeHolder: vscode.l10n.t('None for the engine’s own; several are built together'),
        canPickMany: true,
        ignoreFocusOut: true,
      },
    );
    if (!picked) return {};
    const platforms = picked.map(({ label }) => formatPlatform(parsePlatform(label)));
    const needsPush = platforms.length > 1 && !(await this.#canLoadSeveral());
    if (needsPush && output === 'load') {
      this.#mustPush = true;
      return { platforms, output: 'push' };
    }
    if (!needsPush && this.#mustPush) {
      this.#mustPush = false;
      return { platforms, output: 'load' };
    }
    return { platforms };
  }

  /** What the builder says it can make; nothing where it cannot be asked. */
  async #builderPlatforms(name: string | undefined): Promise<string[]> {
    const builders = await this.#docker.builders(AbortSignal.timeout(5000)).catch(() => []);
    const builder = builders.find((each) => (name === undefined ? each.isCurrent : each.name === name));
    return (builder?.nodes ?? []).flatMap(({ platforms }) =>
      platforms.map((platform) => platform.replace(/\*$/, '')).filter((platform) => isPlatform(platform)),
    );
  }

  async #canLoadSeveral(): Promise<boolean> {
    return this.#docker.info(AbortSignal.timeout(5000)).then(
      ({ hasContainerdImageStore }) => hasContainerdImageStore,
      () => false,
    );
  }

  #displayFolder(folder: string): string {
    const root = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(folder));
    if (!root) return folder;
    const path = relative(root.uri.fsPath, folder);
    return path === '' || isAbsolute(path) ? root.name : `${root.name}/${path}`;
  }
}

function isPlatform(text: string): boolean {
  return problemOf(() => parsePlatform(text)) === undefined;
}
