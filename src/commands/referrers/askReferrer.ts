/** What the palette has to ask for that a click on a referrer would have known. */
import * as vscode from 'vscode';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { splitAttestations } from '../../core/oci/attestation.ts';
import { shortDigest } from '../../core/oci/digest.ts';
import type { AttachedDocument, DocumentKind } from '../../core/trust/AttachedDocument.ts';
import { listAttachments } from '../../core/trust/listAttachments.ts';
import { readAttachedDocuments } from '../../core/trust/readAttachedDocuments.ts';
import type { ReferrerNode, TagNode } from '../../explorer/nodes.ts';
import type { RegistriesTree } from '../../explorer/RegistriesTree.ts';
import { askPick, dismissed } from '../../platform/ask.ts';
import { createSignal } from '../../platform/cancellation.ts';
import { describeDocument } from '../../platform/describeDocument.ts';
import { askTagNode } from '../askTarget.ts';

/** One document of a repository: what opening it takes. */
export type ReferrerTarget = Pick<ReferrerNode, 'connectionId' | 'repository' | 'document'>;

/** @param kind only documents of this kind are offered. */
export async function askReferrer(
  tree: RegistriesTree,
  title: string,
  kind?: DocumentKind,
): Promise<ReferrerTarget> {
  const { connectionId, repository, tag } = await askTagNode(tree, title);
  const documents = (await readAll(tree, { connectionId, repository, tag })).filter(
    (document) => document.blob && (kind === undefined || document.kind === kind),
  );
  if (documents.length === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('{0} has nothing attached that could be opened.', `${repository}:${tag}`),
    );
    throw dismissed();
  }
  const { document } = await askPick({
    title,
    placeholder: vscode.l10n.t('Choose what is attached to {0}', `${repository}:${tag}`),
    items: documents.map((each) => ({
      label: describeDocument(each).label,
      description: shortDigest(each.attachment.descriptor.digest),
      detail: toDisplayLine(each.type),
      document: each,
    })),
  });
  return { connectionId, repository, document };
}

async function readAll(
  tree: RegistriesTree,
  { connectionId, repository, tag }: Pick<TagNode, 'connectionId' | 'repository' | 'tag'>,
): Promise<AttachedDocument[]> {
  const { client } = await tree.session({ connectionId });
  return vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t('Reading what is attached…'),
      cancellable: true,
    },
    async (_progress, token) => {
      using cancellation = createSignal(token);
      const { signal } = cancellation;
      const manifest = await client.getManifest(repository, tag, signal);
      const entries = manifest.kind === 'index' ? splitAttestations(manifest.manifests).attestations : [];
      const { attachments } = await listAttachments(client, repository, manifest.digest, entries, signal);
      return await readAttachedDocuments(client, repository, attachments, signal);
    },
  );
}
