/** A repository in memory whose listing carries details, for plans that must not ask for more. */
import type { CleanUpRuleSet } from '../../../../src/core/operations/cleanup/CleanUpRules.ts';
import { parseCleanUpRuleSet } from '../../../../src/core/operations/cleanup/CleanUpRules.ts';
import type { CleanUpTag } from '../../../../src/core/operations/cleanup/decideTags.ts';
import { digestOf } from '../../../../src/core/oci/digest.ts';
import type { Digest } from '../../../../src/core/oci/digest.ts';

export const NOW = new Date('2026-06-01T00:00:00Z');

export function daysAgo(days: number): Date {
  return new Date(NOW.getTime() - days * 24 * 3600 * 1000);
}

export function digest(name: string): Digest {
  return digestOf(new TextEncoder().encode(name));
}

export function rules(...rulesOfSet: CleanUpRuleSet['delete'][number][]): CleanUpRuleSet {
  return parseCleanUpRuleSet({ name: 'test', delete: rulesOfSet });
}

/** `image` makes tags share a digest. */
export function tag(
  name: string,
  days?: number,
  { image = name, ...more }: Partial<CleanUpTag> & { readonly image?: string } = {},
): CleanUpTag {
  return { name, digest: digest(image), ...(days !== undefined && { createdAt: daysAgo(days) }), ...more };
}
