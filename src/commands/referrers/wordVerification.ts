/** What came out of a verification, in one message that claims no more than was checked. */
import { l10n } from 'vscode';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { shortDigest } from '../../core/oci/digest.ts';
import { overallOutcome } from '../../core/trust/CheckedSignature.ts';
import { describeDocument } from '../../platform/describeDocument.ts';
import type { Verification } from '../../platform/Verifications.ts';

export interface VerificationMessage {
  readonly text: string;
  readonly isGood: boolean;
  /** Another key may give another answer. */
  readonly mayRetry: boolean;
}

/**
 * @param image as the person knows it: `team/app:1.2`.
 * @param reference the full name of its repository here, to tell when it was signed under another one.
 */
export function wordVerification(
  image: string,
  { keyName, fingerprint, checked }: Verification,
  reference: string,
): VerificationMessage {
  const key = `${toDisplayLine(keyName)} (${fingerprint})`;
  const best = checked.find(({ outcome }) => outcome === overallOutcome(checked));
  switch (best?.outcome) {
    case undefined:
      return {
        text: l10n.t('{0} has no signature: nothing was verified.', image),
        isGood: false,
        mayRetry: false,
      };
    case 'verified': {
      const good = checked.filter(({ outcome }) => outcome === 'verified');
      const kinds = [...new Set(good.map(({ document }) => describeDocument(document).label))].join(', ');
      const isSigned = good.some(({ document }) => document.kind === 'signature');
      const said = isSigned
        ? l10n.t('Verified: {0} is signed with {1}.', image, key)
        : l10n.t('Verified: what is attached to {0} is signed with {1}: {2}.', image, key, kinds);
      const names = good.flatMap(({ dockerReference }) => dockerReference ?? []);
      const note =
        names.length > 0 && !names.some((name) => isSameRepository(name, reference))
          ? l10n.t(' It was signed under another name: {0}.', toDisplayLine(names[0]!))
          : '';
      return { text: said + note, isGood: true, mayRetry: false };
    }
    case 'otherDigest':
      return {
        text: best.signedDigest
          ? l10n.t(
              'Not verified: the signature beside {0} was made with {1}, but for another digest ({2}). It does not vouch for this image.',
              image,
              key,
              shortDigest(best.signedDigest),
            )
          : l10n.t(
              'Not verified: the signature beside {0} was made with {1}, but names no image. It does not vouch for this one.',
              image,
              key,
            ),
        isGood: false,
        mayRetry: false,
      };
    case 'keyMismatch':
      return {
        text: l10n.t(
          'Not verified: no signature of {0} matches {1}. It was signed with another key, or changed since.',
          image,
          key,
        ),
        isGood: false,
        mayRetry: true,
      };
    case 'keyless':
      return {
        text: l10n.t(
          'Not verified: {0} is signed with a certificate (keyless), which was not checked. Berth verifies with public keys and asks no transparency log; use cosign verify for this one.',
          image,
        ),
        isGood: false,
        mayRetry: true,
      };
    case 'notChecked':
      return {
        text: l10n.t(
          'Not verified: {0} has a signature of a kind Berth cannot check ({1}).',
          image,
          best.document.format ?? toDisplayLine(best.document.type),
        ),
        isGood: false,
        mayRetry: false,
      };
    case 'unreadable':
      return {
        text: l10n.t(
          'Not verified: the signature of {0} could not be read from the registry. Try again.',
          image,
        ),
        isGood: false,
        mayRetry: false,
      };
  }
}

/** Docker Hub has several names for itself, and `library/` may be left out. */
function isSameRepository(a: string, b: string): boolean {
  const plain = (name: string): string =>
    name.replace(/^(?:index\.docker\.io|registry-1\.docker\.io|docker\.io)\//, '').replace(/^library\//, '');
  return plain(a) === plain(b);
}
