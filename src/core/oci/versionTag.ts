/** Tags as semantic versions: `v1.2.3`, `1.2.3-rc.1`, `1.2.3-alpine`. Floating ones (`1.2`, `1`, `latest`) are none. */
import SemVer from 'semver/classes/semver.js';
import { isPreReleaseSuffix } from './tagOrder.ts';

export interface VersionTag {
  /** With its pre-release part, without the variant. */
  readonly version: SemVer;
  readonly isPreRelease: boolean;
  /** What follows a release without making it a pre-release: `alpine`. */
  readonly variant: string;
}

const VERSION = /^[vV]?(\d{1,15}\.\d{1,15}\.\d{1,15})(?:[-_.](.+))?$/;

export function tryParseVersionTag(tag: string): VersionTag | undefined {
  const [, numbers, suffix = ''] = VERSION.exec(tag) ?? [];
  if (numbers === undefined) return undefined;
  const isPreRelease = suffix !== '' && isPreReleaseSuffix(`-${suffix}`);
  try {
    const version = new SemVer(isPreRelease ? `${numbers}-${suffix.replaceAll('_', '-')}` : numbers, {
      loose: true,
    });
    return { version, isPreRelease, variant: isPreRelease ? '' : suffix };
  } catch {
    return undefined; // no pre-release as semver writes them
  }
}
