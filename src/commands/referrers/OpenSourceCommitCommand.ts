import * as vscode from 'vscode';
import { MAX_DOCUMENT_BYTES } from '../../core/trust/AttachedDocument.ts';
import type { RegistriesTree } from '../../explorer/RegistriesTree.ts';
import type { Command } from '../Command.ts';
import { askReferrer, type ReferrerTarget } from './askReferrer.ts';

/** Opens the web page of the commit that a provenance says the image was built from. */
export class OpenSourceCommitCommand implements Command {
  readonly id = 'berth.openSourceCommit';
  readonly #tree: RegistriesTree;

  constructor(tree: RegistriesTree) {
    this.#tree = tree;
  }

  async execute(node?: ReferrerTarget): Promise<void> {
    const { connectionId, repository, document } =
      node ?? (await askReferrer(this.#tree, vscode.l10n.t('Open Source Commit'), 'provenance'));
    const { client } = await this.#tree.session({ connectionId });
    const { signal } = new AbortController();
    const bytes = document.blob
      ? await client.readBlob(repository, document.blob.digest, MAX_DOCUMENT_BYTES, signal)
      : new Uint8Array();
    const [{ decodeDocument }, { readProvenance }] = await Promise.all([
      import('../../core/trust/decodeDocument.ts'),
      import('../../core/trust/provenance.ts'),
    ]);
    const source = readProvenance(decodeDocument(bytes).statement?.predicate)?.source;
    if (source?.url !== undefined) {
      await vscode.env.openExternal(vscode.Uri.parse(source.url, true));
      return;
    }
    void vscode.window.showInformationMessage(
      source
        ? vscode.l10n.t('The provenance names {0}, but no commit that has a web page.', source.repository)
        : vscode.l10n.t('The provenance names no source repository with an https address.'),
    );
  }
}
