/** Asks where images are copied to, under which tags, which platforms, and whether what is attached comes along. */
import * as vscode from 'vscode';
import { isDigest, shortDigest } from '../../core/oci/digest.ts';
import { parseTag } from '../../core/oci/reference.ts';
import type { RegistriesNode } from '../../explorer/nodes.ts';
import { askInOrder, askPick, askText, GoBack } from '../../platform/ask.ts';
import { askMany } from '../../platform/askMany.ts';
import type { Connection } from '../../platform/Connection.ts';
import { tryCreateEndpoint } from '../../platform/RegistrySessions.ts';
import { wordError } from '../../platform/wordError.ts';
import type { ReferenceForm } from '../images/ReferenceForm.ts';
import { fullReference } from '../tags/manifestTarget.ts';
import type { Services } from '../Services.ts';
import { problemOf } from '../problemOf.ts';
import type { CopyOrder, RepositoryPlace } from './CopyOrder.ts';

/** What is copied, as far as it is known before anything is asked. */
export interface CopySubject {
  readonly source: RepositoryPlace;
  readonly wishes: CopyOrder['wishes'];
  /** What a single image of several platforms has. */
  readonly platforms: readonly string[];
}

/** Where images were dropped. */
export type CopyTarget = RegistriesNode & { readonly connectionId: string };

const CONNECTION = 'copyConnection';
const REFERRERS = 'copyReferrers';

type Needs = Pick<Services, 'settings' | 'answers'>;

export class CopyForm {
  readonly #services: Needs;
  readonly #references: ReferenceForm;

  constructor(services: Needs, references: ReferenceForm) {
    this.#services = services;
    this.#references = references;
  }

  /** @param target what is known of the destination already. @throws CancellationError when dismissed. */
  async ask(title: string, subject: CopySubject, target?: CopyTarget): Promise<CopyOrder> {
    const { source, wishes } = subject;
    let connection: Connection | undefined = target && this.#services.settings.get(target.connectionId);
    let repository = suggestedRepository(source.repository, target);
    let tag: string | undefined;
    let platforms: Pick<CopyOrder, 'platforms' | 'withoutIndex'> = {};
    let referrers = true;
    const isPlaceKnown = target !== undefined && 'repository' in target && target.repository !== undefined;
    const questions: (() => Promise<void>)[] = [];
    if (!connection) {
      questions.push(async () => void (connection = await this.#askConnection(title, connection)));
    }
    if (!isPlaceKnown) {
      questions.push(
        async () => void (repository = await this.#references.askRepository(title, connection!, repository)),
      );
    }
    if (wishes.length === 1) {
      questions.push(
        async () => void (tag = await this.#askTag(title, connection!, repository, wishes[0]!, tag)),
      );
      if (subject.platforms.length > 1) {
        questions.push(async () => void (platforms = await askPlatforms(title, subject.platforms)));
      }
    }
    questions.push(async () => void (referrers = await this.#askReferrers(title)));
    await askInOrder(questions);
    return {
      source,
      target: { connectionId: connection!.id, repository },
      wishes: wishes.length === 1 ? [withTag(wishes[0]!, tag)] : wishes,
      ...platforms,
      referrers,
    };
  }

  async #askConnection(title: string, chosen: Connection | undefined): Promise<Connection> {
    const last = chosen?.id ?? this.#services.answers.get(CONNECTION);
    const { connection } = await askPick({
      title,
      placeholder: vscode.l10n.t('Choose the registry to copy to'),
      items: this.#services.settings.connections().map((each) => ({
        label: each.name,
        description: tryCreateEndpoint(each)?.referenceHost ?? each.url,
        connection: each,
      })),
      active: (item) => item.connection.id === last,
    });
    await this.#services.answers.remember(CONNECTION, connection.id);
    return connection;
  }

  #askTag(
    title: string,
    connection: Connection,
    repository: string,
    wish: CopyOrder['wishes'][number],
    typed: string | undefined,
  ): Promise<string | undefined> {
    const endpoint = tryCreateEndpoint(connection);
    // What has no tag at its source needs none.
    const mayBeEmpty = isDigest(wish.source);
    return askText({
      title,
      prompt: mayBeEmpty
        ? vscode.l10n.t('Tag at the destination; empty for none')
        : vscode.l10n.t('Tag at the destination'),
      value: typed ?? wish.targetTag ?? '',
      canGoBack: true,
      validate: (text) => {
        if (text === '' || !endpoint) return undefined;
        const problem = problemOf(() => parseTag(text.trim()));
        if (problem !== undefined) return problem;
        return {
          message: fullReference(endpoint, repository, text.trim()),
          severity: vscode.InputBoxValidationSeverity.Info,
        };
      },
      accept: (text) => (text.trim() === '' && mayBeEmpty ? undefined : parseTag(text.trim())),
      describe: (error) => wordError(error).message,
    });
  }

  async #askReferrers(title: string): Promise<boolean> {
    const last = this.#services.answers.get(REFERRERS) !== 'no';
    const { referrers } = await askPick({
      title,
      placeholder: vscode.l10n.t('What comes along?'),
      items: [
        {
          label: vscode.l10n.t('With Signatures, SBOMs and Provenance'),
          description: vscode.l10n.t('whatever is attached to the image'),
          referrers: true,
        },
        { label: vscode.l10n.t('The Image Alone'), referrers: false },
      ],
      active: (item) => item.referrers === last,
      canGoBack: true,
    });
    await this.#services.answers.remember(REFERRERS, referrers ? 'yes' : 'no');
    return referrers;
  }
}

/** All, or some; of one alone whether it stays a multi-platform image. */
async function askPlatforms(
  title: string,
  platforms: readonly string[],
): Promise<Pick<CopyOrder, 'platforms' | 'withoutIndex'>> {
  const { isAll } = await askPick({
    title,
    placeholder: vscode.l10n.t('Which platforms?'),
    items: [
      { label: vscode.l10n.t('All Platforms'), description: platforms.join(', '), isAll: true },
      {
        label: vscode.l10n.t('Choose Platforms…'),
        description: vscode.l10n.t('changes the digest: signatures of the whole no longer match'),
        isAll: false,
      },
    ],
    canGoBack: true,
  });
  if (isAll) return {};
  const chosen = await askMany({
    title,
    placeholder: vscode.l10n.t('Tick the platforms to copy'),
    items: Promise.resolve(platforms.map((label) => ({ label }))),
    canChoose: () => true,
  });
  if (chosen.length === 0) throw new GoBack();
  const labels = chosen.map(({ label }) => label);
  if (labels.length > 1) return { platforms: labels };
  const { withoutIndex } = await askPick({
    title,
    placeholder: vscode.l10n.t('What should the tag point to?'),
    items: [
      {
        label: vscode.l10n.t('The Image for {0}', labels[0]!),
        description: vscode.l10n.t('keeps its digest'),
        withoutIndex: true,
      },
      { label: vscode.l10n.t('A Multi-Platform Image That Lists Only {0}', labels[0]!), withoutIndex: false },
    ],
    canGoBack: true,
  });
  return { platforms: labels, withoutIndex };
}

/** The same name, below where it was dropped. */
function suggestedRepository(repository: string, target: CopyTarget | undefined): string {
  if (target && 'repository' in target && target.repository !== undefined) return target.repository;
  if (target?.kind !== 'namespace') return repository;
  return `${target.namespace}/${repository.slice(repository.lastIndexOf('/') + 1)}`;
}

function withTag(wish: CopyOrder['wishes'][number], tag: string | undefined): CopyOrder['wishes'][number] {
  const { source, expectedDigest } = wish;
  return {
    source,
    ...(expectedDigest !== undefined && { expectedDigest }),
    ...(tag !== undefined && { targetTag: tag }),
  };
}

/** How a digest without a tag is called in a title. */
export function shownReference(reference: string): string {
  return isDigest(reference) ? shortDigest(reference) : reference;
}
