/**
 * What an SBOM lists, in short. Sources: SPDX 2.3 (documentCreation, packageInformation) and 3.0 (`@graph`);
 * CycloneDX 1.x JSON reference.
 */
import * as v from 'valibot';
import { informative } from '../oci/informative.ts';

export interface SbomPackage {
  readonly name: string;
  readonly version?: string;
}

export interface SbomSummary {
  readonly format: 'SPDX' | 'CycloneDX';
  /** Of the format: `2.3`. */
  readonly formatVersion?: string;
  /** In the document's order. */
  readonly packages: readonly SbomPackage[];
}

const text = informative(v.pipe(v.string(), v.nonEmpty()));
const spdx = v.object({
  spdxVersion: v.string(),
  packages: v.fallback(v.array(v.object({ name: text, versionInfo: text })), []),
});
const spdx3 = v.object({
  '@context': v.string(),
  '@graph': v.array(v.object({ type: text, name: text, software_packageVersion: text, specVersion: text })),
});
const cycloneDx = v.object({
  bomFormat: v.literal('CycloneDX'),
  specVersion: text,
  components: v.fallback(v.array(v.object({ name: text, version: text })), []),
});

/** @param value parsed JSON. Undefined where it is no SBOM we know. */
export function summarizeSbom(value: unknown): SbomSummary | undefined {
  const asSpdx = v.safeParse(spdx, value);
  if (asSpdx.success) {
    const { spdxVersion, packages } = asSpdx.output;
    return {
      format: 'SPDX',
      formatVersion: spdxVersion.replace(/^SPDX-/, ''),
      packages: packages.flatMap(({ name, versionInfo }) => packageOf(name, versionInfo)),
    };
  }
  const asCycloneDx = v.safeParse(cycloneDx, value);
  if (asCycloneDx.success) {
    const { specVersion, components } = asCycloneDx.output;
    return {
      format: 'CycloneDX',
      ...(specVersion !== undefined && { formatVersion: specVersion }),
      packages: components.flatMap(({ name, version }) => packageOf(name, version)),
    };
  }
  const asSpdx3 = v.safeParse(spdx3, value);
  if (!asSpdx3.success || !asSpdx3.output['@context'].includes('spdx.org/rdf/3')) return undefined;
  const graph = asSpdx3.output['@graph'];
  const specVersion = graph.find((element) => element.specVersion !== undefined)?.specVersion;
  return {
    format: 'SPDX',
    ...(specVersion !== undefined && { formatVersion: specVersion }),
    packages: graph
      .filter(({ type }) => type === 'software_Package')
      .flatMap(({ name, software_packageVersion: version }) => packageOf(name, version)),
  };
}

function packageOf(name: string | undefined, version: string | undefined): SbomPackage[] {
  return name === undefined ? [] : [{ name, ...(version !== undefined && { version }) }];
}
