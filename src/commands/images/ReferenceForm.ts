/** Asks for the reference an image gets: a connected registry, a repository of it, a tag; or all of it typed. */
import * as vscode from 'vscode';
import {
  DEFAULT_TAG,
  familiarReference,
  formatReference,
  parseReference,
  parseRepositoryName,
  parseTag,
} from '../../core/oci/reference.ts';
import type { RegistryEndpoint } from '../../core/registry/RegistryEndpoint.ts';
import { GoBack, askInOrder, askPick, askText } from '../../platform/ask.ts';
import type { Connection } from '../../platform/Connection.ts';
import { tryCreateEndpoint } from '../../platform/RegistrySessions.ts';
import { wordError } from '../../platform/wordError.ts';
import type { Services } from '../Services.ts';
import { problemOf } from '../problemOf.ts';

/** What the answers start from. */
export interface ReferenceDraft {
  /** The last part of a repository's name. */
  readonly name: string;
  readonly tag: string;
}

const QUESTION = 'targetConnection';

type Needs = Pick<Services, 'settings' | 'registriesTree' | 'answers'>;

export class ReferenceForm {
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  /** A reference with a tag, as people write it. @throws CancellationError when dismissed. */
  async ask(title: string, draft: ReferenceDraft): Promise<string> {
    const targets = this.#services.settings.connections().flatMap((connection) => {
      const endpoint = tryCreateEndpoint(connection);
      return endpoint ? [{ connection, endpoint }] : [];
    });
    if (targets.length === 0) return askFullReference(title, draft, false);
    let target: { connection: Connection; endpoint: RegistryEndpoint } | undefined;
    let repository = draft.name;
    let reference = '';
    await askInOrder([
      async () => {
        const last = target?.connection.id ?? this.#services.answers.get(QUESTION);
        ({ target } = await askPick<vscode.QuickPickItem & { target: typeof target }>({
          title,
          placeholder: vscode.l10n.t('Choose the registry'),
          items: [
            ...targets.map((each) => ({
              label: each.connection.name,
              description: each.endpoint.referenceHost,
              target: each,
            })),
            { label: vscode.l10n.t('Type a Full Reference…'), target: undefined },
          ],
          active: (item) => item.target?.connection.id === last,
        }));
        if (target) await this.#services.answers.remember(QUESTION, target.connection.id);
      },
      async () => {
        if (target) repository = await this.askRepository(title, target.connection, repository);
        else reference = await askFullReference(title, draft, true);
      },
      async () => {
        if (target) reference = await askTag(title, target.endpoint, repository, draft.tag);
      },
    ]);
    return reference;
  }

  /** A repository of a connection: one it has, or a new one. @throws CancellationError when dismissed, GoBack for Back. */
  async askRepository(
    title: string,
    { id, name }: Pick<Connection, 'id' | 'name'>,
    suggested: string,
  ): Promise<string> {
    const listed = this.#services.registriesTree
      .repositoryNames(id, new AbortController().signal)
      // A registry that lists nothing still takes a push.
      .catch(() => [] as string[])
      .then((names) => [...new Set([suggested, ...names])].map((label) => ({ label })));
    for (;;) {
      const { label } = await askPick({
        title,
        placeholder: vscode.l10n.t('Choose a repository of {0}, or type a new one', name),
        items: listed,
        active: (item) => item.label === suggested,
        custom: (text) => (text === '' ? undefined : { label: text }),
        canGoBack: true,
      });
      if (problemOf(() => parseRepositoryName(label)) === undefined) return label;
      try {
        return await askRepositoryName(title, label, true);
      } catch (error) {
        if (!(error instanceof GoBack)) throw error;
      }
    }
  }
}

/** The name of a repository, typed. */
export function askRepositoryName(title: string, value: string, canGoBack = false): Promise<string> {
  return askText({
    title,
    prompt: vscode.l10n.t('Name of the repository'),
    value,
    canGoBack,
    validate: (text) => (text === '' ? undefined : problemOf(() => parseRepositoryName(text.trim()))),
    accept: (text) => parseRepositoryName(text.trim()),
    describe: (error) => wordError(error).message,
  });
}

function askTag(
  title: string,
  { referenceHost }: RegistryEndpoint,
  repository: string,
  value: string,
): Promise<string> {
  const reference = (tag: string) => `${referenceHost}/${repository}:${tag}`;
  return askText({
    title,
    prompt: vscode.l10n.t('Tag'),
    value,
    canGoBack: true,
    validate: (text) => (text === '' ? undefined : preview(() => reference(parseTag(text.trim())))),
    accept: (text) => familiarReference(parseReference(reference(parseTag(text.trim())))),
    describe: (error) => wordError(error).message,
  });
}

function askFullReference(title: string, draft: ReferenceDraft, canGoBack: boolean): Promise<string> {
  const parse = (text: string) => {
    const { host, repository, tag = DEFAULT_TAG } = parseReference(text.trim());
    return { host, repository, tag };
  };
  return askText({
    title,
    prompt: vscode.l10n.t('Full reference: host/repository:tag'),
    placeholder: 'ghcr.io/owner/app:1.0',
    value: `${draft.name}:${draft.tag}`,
    canGoBack,
    validate: (text) => (text === '' ? undefined : preview(() => formatReference(parse(text)))),
    accept: (text) => familiarReference(parse(text)),
    describe: (error) => wordError(error).message,
  });
}

/** The full reference as a note under the field, or what is wrong with it. */
function preview(reference: () => string): string | vscode.InputBoxValidationMessage {
  try {
    return {
      message: formatReference(parseReference(reference())),
      severity: vscode.InputBoxValidationSeverity.Info,
    };
  } catch (error) {
    return wordError(error).message;
  }
}
