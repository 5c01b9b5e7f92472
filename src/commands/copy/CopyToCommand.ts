import * as vscode from 'vscode';
import { isAttachmentTag } from '../../core/oci/attachmentTag.ts';
import { isDigest } from '../../core/oci/digest.ts';
import { isIndexType } from '../../core/oci/mediaType.ts';
import { readPages } from '../../core/registry/readPages.ts';
import type {
  PlatformNode,
  ReferrerNode,
  RegistriesNode,
  RepositoryNode,
  TagNode,
} from '../../explorer/nodes.ts';
import { createSignal } from '../../platform/cancellation.ts';
import type { RegistrySession } from '../../platform/RegistrySession.ts';
import { askTagNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { shownReference } from './CopyForm.ts';
import type { CopyForm, CopySubject, CopyTarget } from './CopyForm.ts';
import type { CopyOrder } from './CopyOrder.ts';

type CopyNode = TagNode | PlatformNode | ReferrerNode | RepositoryNode;

type Needs = Pick<Services, 'sessions' | 'registriesTree' | 'imageCopies'>;

/** Copies tags, platforms, what is attached to an image, or a whole repository, to another repository or registry; nothing is pulled. */
export class CopyToCommand implements Command {
  readonly id = 'berth.copyTo';
  readonly #services: Needs;
  readonly #form: CopyForm;

  constructor(services: Needs, form: CopyForm) {
    this.#services = services;
    this.#form = form;
  }

  /** `target`: where tags were dropped. */
  async execute(
    node?: RegistriesNode,
    selected?: readonly RegistriesNode[],
    target?: CopyTarget,
  ): Promise<void> {
    const all = node && selected?.includes(node) ? selected : node ? [node] : [];
    let nodes = all.filter(isCopyNode);
    if (nodes.length === 0) {
      nodes = [await askTagNode(this.#services.registriesTree, vscode.l10n.t('Copy To'))];
    }
    // One question a repository: all its tags go to one place.
    const groups = Map.groupBy(nodes, ({ connectionId, repository }) => `${connectionId}\n${repository}`);
    for (const group of groups.values()) {
      const subject = await this.#subjectOf(group);
      const order = await this.#form.ask(titleFor(subject), subject, target);
      await this.#services.imageCopies.run(order);
    }
  }

  async #subjectOf(nodes: readonly CopyNode[]): Promise<CopySubject> {
    const { connectionId, repository } = nodes[0]!;
    const source = { connectionId, repository };
    const session = await this.#services.sessions.open(connectionId);
    const images = nodes.filter((node) => node.kind !== 'repository');
    if (images.length < nodes.length) {
      return { source, wishes: await listTags(session, repository), platforms: [] };
    }
    const wishes = images.map((node): CopyOrder['wishes'][number] => {
      if (node.kind === 'tag' && !isDigest(node.tag)) {
        const known = this.#services.registriesTree.detailsOf(node)?.digest;
        return {
          source: node.tag,
          targetTag: node.tag,
          ...(known !== undefined && { expectedDigest: known }),
        };
      }
      if (node.kind === 'platform') return { source: node.descriptor.digest, targetTag: node.tag };
      return { source: node.kind === 'tag' ? node.tag : node.descriptor.digest };
    });
    const isSingle = wishes.length === 1;
    return {
      source,
      wishes,
      platforms: isSingle ? await listPlatforms(session, repository, wishes[0]!.source) : [],
    };
  }
}

function isCopyNode(node: RegistriesNode): node is CopyNode {
  return (
    node.kind === 'tag' || node.kind === 'platform' || node.kind === 'referrer' || node.kind === 'repository'
  );
}

function titleFor({ source, wishes }: CopySubject): string {
  return wishes.length === 1
    ? vscode.l10n.t('Copy {0}', `${source.repository}:${shownReference(wishes[0]!.source)}`)
    : vscode.l10n.t('Copy {0} tags of {1}', wishes.length, source.repository);
}

/** Every tag but those that come along with their image. */
async function listTags({ provider }: RegistrySession, repository: string): Promise<CopyOrder['wishes']> {
  return vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t('Listing the tags of {0}', repository),
      cancellable: true,
    },
    async (_, token) => {
      using cancellation = createSignal(token);
      const wishes: CopyOrder['wishes'][number][] = [];
      const { signal } = cancellation;
      for await (const { items } of readPages((cursor) => provider.listTags(repository, cursor, signal))) {
        for (const { name } of items) {
          if (!isAttachmentTag(name)) wishes.push({ source: name, targetTag: name });
        }
      }
      return wishes;
    },
  );
}

/** None for what is no index. */
async function listPlatforms(
  { client }: RegistrySession,
  repository: string,
  reference: string,
): Promise<readonly string[]> {
  const signal = AbortSignal.timeout(60_000);
  const head = await client.headManifest(repository, reference, signal);
  if (!head || !isIndexType(head.mediaType)) return [];
  const [{ platformsOf }, manifest] = await Promise.all([
    import('../../core/operations/copy/selectPlatforms.ts'),
    client.getManifest(repository, reference, signal),
  ]);
  return manifest.kind === 'index' ? platformsOf(manifest) : [];
}
