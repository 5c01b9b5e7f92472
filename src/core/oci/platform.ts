/** Platforms of an index entry. Source: OCI image-spec, image-index.md, "platform". */
import { CoreError } from '../common/CoreError.ts';
import { toDisplayLine } from '../common/displayText.ts';

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
}

/** `linux/arm64/v8` as Docker writes it. */
export function formatPlatform(platform: Platform): string {
  return [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/');
}

const COMPONENT = /^[a-z0-9][a-z0-9_.-]*$/;
const OS_NAMES: Readonly<Record<string, string>> = { macos: 'darwin' };
/** Names of `uname -m` and of distributions, as Go calls them. */
const ARCHITECTURES: Readonly<Record<string, readonly [architecture: string, variant?: string]>> = {
  x86_64: ['amd64'],
  'x86-64': ['amd64'],
  aarch64: ['arm64'],
  armhf: ['arm', 'v7'],
  armel: ['arm', 'v6'],
  i386: ['386'],
  i686: ['386'],
};

/**
 * Reads `os/architecture[/variant]`, in any case and with the machine's names (`Linux/aarch64` is `linux/arm64`).
 * @throws CoreError `invalidInput` with reason `badPlatform`.
 */
export function parsePlatform(text: string): Platform {
  const [os, machine, variantText, ...more] = text.trim().toLowerCase().split('/');
  const components = [os, machine, variantText].filter((component) => component !== undefined);
  if (!os || !machine || more.length > 0 || !components.every((component) => COMPONENT.test(component))) {
    const subject = toDisplayLine(text);
    throw new CoreError('invalidInput', `not a platform: ${JSON.stringify(subject)}`, {
      reason: 'badPlatform',
      subject,
    });
  }
  const [architecture, impliedVariant] = lookUp(ARCHITECTURES, machine) ?? [machine];
  const variant = variantText?.replace(/^(?=\d+$)/, 'v') ?? impliedVariant;
  return { os: lookUp(OS_NAMES, os) ?? os, architecture, ...(variant !== undefined && { variant }) };
}

/** BuildKit marks attestations with platform `unknown/unknown`. */
export function isUnknownPlatform(platform: Platform | undefined): boolean {
  return platform?.os === 'unknown' && platform.architecture === 'unknown';
}

function lookUp<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
