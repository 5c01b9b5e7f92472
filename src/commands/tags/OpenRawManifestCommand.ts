import * as vscode from 'vscode';
import { openManifestDocument } from '../../documents/manifestDocument.ts';
import type { RegistriesTree } from '../../explorer/RegistriesTree.ts';
import { askTagNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import { manifestRequestOf, type ManifestNode } from './manifestTarget.ts';

/** Opens the exact bytes of a manifest as a read-only JSON document. */
export class OpenRawManifestCommand implements Command {
  readonly id = 'berth.openRawManifest';
  readonly #tree: RegistriesTree;

  constructor(tree: RegistriesTree) {
    this.#tree = tree;
  }

  async execute(node?: ManifestNode): Promise<void> {
    const target = node ?? (await askTagNode(this.#tree, vscode.l10n.t('Open Raw Manifest')));
    const { connectionId, repository, reference, title } = manifestRequestOf(target);
    await openManifestDocument({ kind: 'manifest', connectionId, repository, reference, name: title });
  }
}
