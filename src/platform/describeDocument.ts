/** What is attached to an image, in words. "Present" and "verified" are two things, and nothing here mixes them up. */
import { l10n } from 'vscode';
import { artifactTypeName } from '../core/oci/artifact.ts';
import type { AttachmentPlace } from '../core/trust/Attachment.ts';
import { mayBeSigned, type AttachedDocument, type DocumentClass } from '../core/trust/AttachedDocument.ts';
import type { SignatureOutcome } from '../core/trust/CheckedSignature.ts';
import type { Verification } from './Verifications.ts';

/** Name and icon of a document: `SBOM (SPDX)`. */
export function describeDocument(document: DocumentClass): { readonly label: string; readonly icon: string } {
  const { kind, format, type } = document;
  switch (kind) {
    case 'signature':
      return { label: l10n.t('Signature'), icon: 'key' };
    case 'sbom':
      return {
        label: format === undefined ? l10n.t('SBOM') : l10n.t('SBOM ({0})', format),
        icon: 'list-tree',
      };
    case 'provenance':
      return { label: l10n.t('Provenance ({0})', format ?? type), icon: 'git-commit' };
    case 'attestation':
      return { label: l10n.t('Attestation ({0})', format ?? artifactTypeName(type)), icon: 'note' };
    case 'artifact':
      return { label: artifactTypeName(type), icon: 'file-binary' };
  }
}

/** What is known of a signature; undefined for what carries none. */
export function describeCheck(
  document: AttachedDocument,
  checked: { readonly outcome: SignatureOutcome; readonly keyName: string } | undefined,
): string | undefined {
  if (!checked) {
    if (document.kind === 'signature') return l10n.t('present, not verified');
    return mayBeSigned(document) ? l10n.t('signed, not verified') : undefined;
  }
  switch (checked.outcome) {
    case 'verified':
      return l10n.t('verified with {0}', checked.keyName);
    case 'otherDigest':
      return l10n.t('for another digest');
    case 'keyMismatch':
      return l10n.t('does not match {0}', checked.keyName);
    case 'keyless':
      return l10n.t('keyless certificate, not checked');
    case 'notChecked':
      return l10n.t('present, cannot be checked');
    case 'unreadable':
      return l10n.t('could not be read');
  }
}

export function verifiedWith({ keyName }: Verification): string {
  return l10n.t('verified with {0}', keyName);
}

export function describePlace(place: AttachmentPlace): string {
  switch (place) {
    case 'referrersApi':
      return l10n.t('referrers API');
    case 'fallbackTag':
      return l10n.t('fallback tag');
    case 'cosignTag':
      return l10n.t('cosign tag');
    case 'index':
      return l10n.t('index');
  }
}
