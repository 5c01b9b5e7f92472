import * as vscode from 'vscode';
import type { ActivityNode } from '../../explorer/ActivityTree.ts';
import type { LocalImageNode } from '../../explorer/LocalImagesTree.ts';
import { digestOfNode, type RegistriesNode } from '../../explorer/nodes.ts';
import { askTagNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { copyText } from './manifestTarget.ts';

type Needs = Pick<Services, 'sessions' | 'registriesTree'>;

/** Copies the digest of a tag, platform, layer, referrer, local image or finished push. */
export class CopyDigestCommand implements Command {
  readonly id = 'berth.copyDigest';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: RegistriesNode | LocalImageNode | ActivityNode): Promise<void> {
    const digest = await this.#digest(
      node ?? (await askTagNode(this.#services.registriesTree, vscode.l10n.t('Copy Digest'))),
    );
    if (digest !== undefined) await copyText(digest);
  }

  async #digest(node: RegistriesNode | LocalImageNode | ActivityNode): Promise<string | undefined> {
    if (node.kind === 'localImage') return node.image.digest ?? node.image.id;
    if (node.kind === 'activity') return node.entry.digest;
    if (node.kind !== 'tag') return digestOfNode(node);
    const known = this.#services.registriesTree.detailsOf(node)?.digest;
    if (known !== undefined) return known;
    const { client } = await this.#services.sessions.open(node.connectionId);
    const manifest = await client.getManifest(node.repository, node.tag, AbortSignal.timeout(60_000));
    return manifest.digest;
  }
}
