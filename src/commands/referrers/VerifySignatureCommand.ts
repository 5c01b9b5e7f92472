import * as vscode from 'vscode';
import { shortDigest } from '../../core/oci/digest.ts';
import { listAttachments } from '../../core/trust/listAttachments.ts';
import { readAttachedDocuments } from '../../core/trust/readAttachedDocuments.ts';
import type { PlatformNode, ReferrerNode, ReferrersNode, TagNode } from '../../explorer/nodes.ts';
import { createSignal } from '../../platform/cancellation.ts';
import type { ImageDigest, Verification } from '../../platform/Verifications.ts';
import { askTagNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { askPublicKey, type ChosenKey } from './askPublicKey.ts';
import { wordVerification } from './wordVerification.ts';

/** What can be verified: a tag, or an image by its digest. */
export type VerifyTarget =
  | TagNode
  | PlatformNode
  | ReferrersNode
  | ReferrerNode
  | {
      readonly kind: 'reference';
      readonly connectionId: string;
      readonly repository: string;
      readonly reference: string;
    };

type Needs = Pick<Services, 'registriesTree' | 'verifications' | 'workspaceAnswers'>;

/**
 * Checks the signatures of an image with a public key. The result holds for the digest the tag has now, and for this
 * session.
 */
export class VerifySignatureCommand implements Command {
  readonly id = 'berth.verifySignature';
  readonly #services: Needs;

  /** @param answers of this workspace: which key belongs to which repository is a project's matter. */
  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: VerifyTarget): Promise<void> {
    const title = vscode.l10n.t('Verify Signature');
    const target = node ?? (await askTagNode(this.#services.registriesTree, title));
    for (;;) {
      const chosen = await askPublicKey(this.#services.workspaceAnswers, target, title);
      const checked = await this.#verify(target, chosen);
      this.#services.verifications.record(checked.image, checked.verification);
      const { text, isGood, mayRetry } = wordVerification(
        nameOf(target, checked.image),
        checked.verification,
        `${(await this.#services.registriesTree.session(target)).endpoint.referenceHost}/${target.repository}`,
      );
      const other = vscode.l10n.t('Choose Another Key…');
      const show = isGood ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
      const answer = await show(text, ...(mayRetry ? [other] : []));
      if (answer !== other) return;
    }
  }

  async #verify(
    target: VerifyTarget,
    { name, key }: ChosenKey,
  ): Promise<{ readonly image: ImageDigest; readonly verification: Verification }> {
    const { connectionId, repository } = target;
    return vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('Verifying the signatures of {0}…', repository),
        cancellable: true,
      },
      async (_progress, token) => {
        using cancellation = createSignal(token);
        const { signal } = cancellation;
        const { client } = await this.#services.registriesTree.session(target);
        // Read, not looked up: the digest is of the bytes, whatever the registry's headers say.
        const image = await client.getManifest(repository, referenceOf(target), signal);
        const { attachments, problem } = await listAttachments(client, repository, image.digest, [], signal);
        const documents = await readAttachedDocuments(client, repository, attachments, signal);
        const { verifySignatures } = await import('../../core/trust/verifySignatures.ts');
        const checked = await verifySignatures(client, repository, image, documents, key, signal);
        // That there is no signature is known only where every place was looked into.
        if (problem && checked.length === 0) throw problem;
        return {
          image: { connectionId, repository, digest: image.digest },
          verification: { keyName: name, fingerprint: key.fingerprint, checked },
        };
      },
    );
  }
}

function referenceOf(target: VerifyTarget): string {
  switch (target.kind) {
    case 'tag':
      return target.tag;
    case 'platform':
      return target.descriptor.digest;
    case 'referrers':
    case 'referrer':
      return target.subject;
    case 'reference':
      return target.reference;
  }
}

function nameOf(target: VerifyTarget, { repository, digest }: ImageDigest): string {
  const reference = referenceOf(target);
  return reference.includes(':') ? `${repository}@${shortDigest(digest)}` : `${repository}:${reference}`;
}
