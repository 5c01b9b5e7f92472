/**
 * What a document is, by the types it is stored under, without reading it. Sources: in-toto attestation predicates
 * (spec/predicates); cosign SIGNATURE_SPEC.md, BUNDLE_SPEC.md; Notary Project signature-specification; SPDX and
 * CycloneDX media types as registered with IANA.
 */
import type { Descriptor } from '../oci/descriptor.ts';
import type { DocumentClass } from './AttachedDocument.ts';

const PREDICATES: readonly (readonly [
  RegExp,
  (version: string | undefined) => Omit<DocumentClass, 'type'>,
])[] = [
  [
    /^https:\/\/slsa\.dev\/provenance\/(v[\d.]+)/,
    (version) => ({ kind: 'provenance', format: `SLSA ${version}` }),
  ],
  [/^https:\/\/spdx\.dev\/Document/, () => ({ kind: 'sbom', format: 'SPDX' })],
  [/^https:\/\/cyclonedx\.org\/(?:bom|schema)/, () => ({ kind: 'sbom', format: 'CycloneDX' })],
  [/^https:\/\/sigstore\.dev\/cosign\/sign\//, () => ({ kind: 'signature', format: 'cosign' })],
];

const TYPES: readonly (readonly [RegExp, Omit<DocumentClass, 'type'>])[] = [
  [
    /^application\/vnd\.dev\.cosign\.(?:simplesigning|artifact\.sig)/,
    { kind: 'signature', format: 'cosign' },
  ],
  [/^application\/vnd\.cncf\.notary\.signature/, { kind: 'signature', format: 'Notation' }],
  [/^(?:application|text)\/(?:vnd\.)?spdx/, { kind: 'sbom', format: 'SPDX' }],
  [/^application\/(?:vnd\.)?cyclonedx/, { kind: 'sbom', format: 'CycloneDX' }],
  [/^application\/vnd\.syft|^application\/vnd\.dev\.cosign\.artifact\.sbom/, { kind: 'sbom' }],
  [/^application\/(?:vnd\.)?in-toto|^application\/vnd\.dsse\.envelope/, { kind: 'attestation' }],
  [/^application\/vnd\.docker\.attestation\./, { kind: 'attestation', format: 'BuildKit' }],
];

/** @param layer absent where the manifest was not read. */
export function classifyDocument(manifest: Descriptor, layer?: Descriptor): DocumentClass {
  const annotations = { ...manifest.annotations, ...layer?.annotations };
  const predicateType =
    annotations['in-toto.io/predicate-type'] ??
    annotations['predicateType'] ??
    annotations['dev.sigstore.bundle.predicateType'];
  if (predicateType !== undefined) return classifyPredicate(predicateType);
  if (annotations['dev.sigstore.bundle.content'] === 'message-signature') {
    return { kind: 'signature', format: 'cosign', type: manifest.artifactType ?? manifest.mediaType };
  }
  const candidates = [layer?.mediaType, manifest.artifactType, manifest.mediaType].filter(
    (type) => type !== undefined,
  );
  for (const type of candidates) {
    const known = TYPES.find(([pattern]) => pattern.test(type));
    if (known) return { ...known[1], type };
  }
  if (annotations['vnd.docker.reference.type'] === 'attestation-manifest') {
    return { kind: 'attestation', format: 'BuildKit', type: manifest.mediaType };
  }
  const type = manifest.artifactType ?? layer?.mediaType ?? manifest.mediaType;
  // A Sigstore bundle holds a signature or a signed statement; which of them only its annotations or content say.
  return /^application\/vnd\.dev\.sigstore\.bundle/.test(type)
    ? { kind: 'attestation', format: 'Sigstore', type }
    : { kind: 'artifact', type };
}

function classifyPredicate(predicateType: string): DocumentClass {
  for (const [pattern, describe] of PREDICATES) {
    const match = pattern.exec(predicateType);
    if (match) return { ...describe(match[1]), type: predicateType };
  }
  return { kind: 'attestation', type: predicateType };
}
