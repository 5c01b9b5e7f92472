/** What a registry can do for us or not, and how that is known. */
import type { CoreError } from '../common/CoreError.ts';

/** Of a registry as a whole. */
export const REGISTRY_CAPABILITIES = ['catalog', 'publicSearch'] as const;

/** Of one repository; a registry may allow them here and not there. */
export const REPOSITORY_CAPABILITIES = [
  'listedDetails',
  'tagPages',
  'deleteByTag',
  'deleteByDigest',
  'referrers',
  'range',
  'mount',
] as const;

export type CapabilityName =
  (typeof REGISTRY_CAPABILITIES)[number] | (typeof REPOSITORY_CAPABILITIES)[number];

/** Why not, or why it is not known. */
export type CapabilityReason =
  /** There is no such thing at this registry. */
  | 'notOffered'
  /** Switched off in the registry's settings. */
  | 'deleteDisabled'
  /** Only whole images can be deleted; a tag goes by way of a throw-away manifest. */
  | 'dummyManifest'
  /** Nobody is signed in. */
  | 'signInNeeded'
  /** Whoever is signed in may not. */
  | 'notAllowed'
  /** The header was left aside and everything was sent. */
  | 'rangeIgnored'
  /** An upload was opened instead of mounting. */
  | 'mountIgnored'
  /** Nothing is there to try it with. */
  | 'nothingToTry'
  /** Fewer than two tags: they fit on any page. */
  | 'tooFewTags'
  /** It needs the right to push, so that it is only tried when a person asks. */
  | 'askFirst'
  /** The registry could not be asked. */
  | 'failed';

/** How it is known: a request and the status of its reply, the maker's own API, or what every registry of the kind does. */
export type CapabilitySource =
  | { readonly kind: 'reply'; readonly request: string; readonly status: number }
  | { readonly kind: 'ownApi' }
  | { readonly kind: 'provider' };

export interface CapabilityFinding {
  readonly name: CapabilityName;
  readonly answer: 'yes' | 'no' | 'unknown';
  /** Absent where nothing was asked. */
  readonly source?: CapabilitySource;
  readonly reason?: CapabilityReason;
  /** The setting, scope or permission that is missing, as its maker calls it: `repository:app:delete`. */
  readonly missing?: string;
  /** For `failed`. */
  readonly error?: CoreError;
}
