import * as vscode from 'vscode';
import type { RegistriesTree } from '../../explorer/RegistriesTree.ts';
import type { Command } from '../Command.ts';
import { askReferrer, type ReferrerTarget } from './askReferrer.ts';
import { openReferrerDocument, referrerDocumentOf } from './openReferrerDocument.ts';

/** Opens a signature, SBOM or provenance decoded: what is inside its envelope, laid out. */
export class OpenReferrerCommand implements Command {
  readonly id = 'berth.openReferrer';
  readonly #tree: RegistriesTree;

  constructor(tree: RegistriesTree) {
    this.#tree = tree;
  }

  async execute(node?: ReferrerTarget): Promise<void> {
    const target = node ?? (await askReferrer(this.#tree, vscode.l10n.t('Open Referrer')));
    await openReferrerDocument(referrerDocumentOf(target), 'decodedReferrer');
  }
}
