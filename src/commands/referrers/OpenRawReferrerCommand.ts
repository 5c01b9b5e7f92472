import * as vscode from 'vscode';
import type { RegistriesTree } from '../../explorer/RegistriesTree.ts';
import type { Command } from '../Command.ts';
import { askReferrer, type ReferrerTarget } from './askReferrer.ts';
import { openReferrerDocument, referrerDocumentOf } from './openReferrerDocument.ts';

/** Opens the exact bytes of a signature, SBOM or provenance. */
export class OpenRawReferrerCommand implements Command {
  readonly id = 'berth.openRawReferrer';
  readonly #tree: RegistriesTree;

  constructor(tree: RegistriesTree) {
    this.#tree = tree;
  }

  async execute(node?: ReferrerTarget): Promise<void> {
    const target = node ?? (await askReferrer(this.#tree, vscode.l10n.t('Open Raw Referrer')));
    await openReferrerDocument(referrerDocumentOf(target), 'referrer');
  }
}
