/** A package as the image's own package database, or an SBOM of it, lists it. */

/** Whose database: it decides how versions are compared. `sbom`: what kind is not known. */
export type PackageManager = 'dpkg' | 'apk' | 'rpm' | 'sbom';

export interface InstalledPackage {
  readonly manager: PackageManager;
  readonly name: string;
  /** As the manager writes it: `1:2.3-4+deb12u1`, `1.2.3-r0`, `2:3.0.7-27.el9`. */
  readonly version: string;
  readonly architecture?: string;
  /** Space it takes when installed. Bytes. */
  readonly installedSizeInBytes?: number;
}
