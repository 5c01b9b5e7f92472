/** What a referrer is, in a word and an icon, from its type. "Present" only: nothing here is verified. */
import { l10n } from 'vscode';
import type { Descriptor } from '../core/oci/descriptor.ts';

export function describeReferrer(descriptor: Descriptor): { readonly label: string; readonly icon: string } {
  const type = (descriptor.artifactType ?? descriptor.mediaType).toLowerCase();
  if (descriptor.annotations?.['vnd.docker.reference.type'] === 'attestation-manifest') {
    return { label: l10n.t('Attestation (BuildKit)'), icon: 'note' };
  }
  if (/spdx|cyclonedx|sbom/.test(type)) return { label: l10n.t('SBOM'), icon: 'list-tree' };
  if (/simplesigning|signature|sigstore\.bundle|notary/.test(type)) {
    return { label: l10n.t('Signature'), icon: 'key' };
  }
  if (/in-toto|slsa|provenance|dsse/.test(type)) return { label: l10n.t('Attestation'), icon: 'note' };
  return { label: descriptor.artifactType ?? descriptor.mediaType, icon: 'file-binary' };
}
