/**
 * Image references as people type them and Docker prints them: `[host/]repository[:tag][@digest]`.
 * Grammar: github.com/distribution/reference. Stricter in what could not be reached or verified anyway: a bracketed
 * host must be an IPv6 address, a port at most 65535, a digest sha256 or sha512, and `foo_bar.com/x`, which Docker
 * parses into a name without a registry, is refused.
 */
import { isIPv6 } from 'node:net';
import { CoreError, isCoreError } from '../common/CoreError.ts';
import { toDisplayLine } from '../common/displayText.ts';
import { redact } from '../common/redact.ts';
import { isDigest } from './digest.ts';
import type { Digest } from './digest.ts';

/** A reference in full, as Docker normalises it (`alpine` is `docker.io` + `library/alpine`). Neither tag nor digest: none was given. */
export interface Reference {
  /** `host` or `host:port`, in the case it was written. */
  readonly host: string;
  /** Path within the registry, no leading or trailing slash. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/** `details.reason` of every error thrown here. */
export type ReferenceProblem =
  | 'emptyReference'
  | 'forbiddenCharacter' // starts with '-', or holds white space or a control character
  | 'hasScheme' // `https://…`
  | 'imageId' // 64 hex digits: an image ID, not a name
  | 'badHost'
  | 'emptyRepository'
  | 'uppercaseRepository'
  | 'badRepository'
  | 'emptyTag'
  | 'badTag'
  | 'badDigest'
  | 'tooLong';

/** The host of Docker Hub in references. */
export const DOCKER_HUB_HOST = 'docker.io';
/** The tag Docker assumes where a reference has neither tag nor digest. */
export const DEFAULT_TAG = 'latest';

const LEGACY_DOCKER_HUB_HOST = 'index.docker.io';
const OFFICIAL_NAMESPACE = 'library/';
const MAX_REPOSITORY_LENGTH = 255;
const MAX_HOST_LENGTH = 260; // a DNS name of 253 and a port
const MAX_TAG_LENGTH = 128;
const MAX_REFERENCE_LENGTH = 1024;
const MAX_PORT = 65_535;

const HOST = /^(?:\[([0-9a-fA-F:]+)\]|[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)(?::([0-9]+))?$/;
const BAD_HOST_LABEL = /\.\.|-\.|\.-/;
const REPOSITORY = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;
const IMAGE_ID = /^[0-9a-f]{64}$/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//;
const FORBIDDEN = /^-|[\s\u0000-\u001F\u007F-\u009F]/;

/**
 * Parses and normalises a reference.
 * @throws CoreError `invalidInput`, `details.reason` a ReferenceProblem, `details.subject` the offending part.
 */
export function parseReference(text: string): Reference {
  if (text === '') throw problem('emptyReference', text);
  if (FORBIDDEN.test(text)) throw problem('forbiddenCharacter', text);
  if (SCHEME.test(text)) throw problem('hasScheme', text);
  if (text.length > MAX_REFERENCE_LENGTH) throw problem('tooLong', text);
  if (IMAGE_ID.test(text)) throw problem('imageId', text);

  const { host, rest } = splitHost(text);
  if (!isHost(host)) throw problem('badHost', host);
  const at = rest.indexOf('@');
  const name = at < 0 ? rest : rest.slice(0, at);
  const colon = name.indexOf(':');
  const path = colon < 0 ? name : name.slice(0, colon);
  const isOfficial = host === DOCKER_HUB_HOST && path !== '' && !path.includes('/');
  const repository = parseRepositoryName(isOfficial ? OFFICIAL_NAMESPACE + path : path);
  const tag = colon < 0 ? undefined : parseTag(name.slice(colon + 1));
  const digest = at < 0 ? undefined : rest.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) throw problem('badDigest', digest);
  return { host, repository, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

/** Like parseReference, but undefined for what is not a reference. */
export function tryParseReference(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch (error) {
    if (isCoreError(error, 'invalidInput')) return undefined;
    throw error;
  }
}

/** The full form: `docker.io/library/alpine:3.20@sha256:…`. parseReference of it gives the same reference. */
export function formatReference(reference: Reference): string {
  return `${reference.host}/${reference.repository}${suffix(reference)}`;
}

/**
 * The form people know: Docker Hub's host and `library/` left out. Where leaving them out would name something else
 * (`docker.io/foo.com/bar`), the full form, so that parseReference of it always gives the same reference.
 */
export function familiarReference(reference: Reference): string {
  const full = formatReference(reference);
  if (reference.host !== DOCKER_HUB_HOST) return full;
  const { repository } = reference;
  const short = repository.startsWith(OFFICIAL_NAMESPACE)
    ? repository.slice(OFFICIAL_NAMESPACE.length)
    : repository;
  for (const name of [short, repository]) {
    const familiar = name + suffix(reference);
    const parsed = tryParseReference(familiar);
    if (parsed !== undefined && formatReference(parsed) === full) return familiar;
  }
  return full;
}

/** @throws CoreError `invalidInput` with reason `emptyRepository`, `uppercaseRepository`, `badRepository` or `tooLong`. */
export function parseRepositoryName(text: string): string {
  if (isRepositoryName(text)) return text;
  if (text === '') throw problem('emptyRepository', text);
  if (text.length > MAX_REPOSITORY_LENGTH) throw problem('tooLong', text);
  throw problem(REPOSITORY.test(text.toLowerCase()) ? 'uppercaseRepository' : 'badRepository', text);
}

/** A repository's path within its registry: `library/alpine`. Safe as part of a URL path. */
export function isRepositoryName(text: string): boolean {
  return text.length <= MAX_REPOSITORY_LENGTH && REPOSITORY.test(text);
}

/** @throws CoreError `invalidInput` with reason `emptyTag`, `badTag` or `tooLong`. */
export function parseTag(text: string): string {
  if (isTag(text)) return text;
  if (text === '') throw problem('emptyTag', text);
  throw problem(text.length > MAX_TAG_LENGTH && TAG.test(text) ? 'tooLong' : 'badTag', text);
}

export function isTag(text: string): boolean {
  return text.length <= MAX_TAG_LENGTH && TAG.test(text);
}

/** `host` or `host:port` as it may stand before a repository: a DNS name, an IPv4 address or a bracketed IPv6 address. */
export function isHost(text: string): boolean {
  if (text.length > MAX_HOST_LENGTH) return false;
  const match = HOST.exec(text);
  if (match === null || BAD_HOST_LABEL.test(text)) return false;
  const [, ipv6, port] = match;
  return (ipv6 === undefined || isIPv6(ipv6)) && (port === undefined || Number(port) <= MAX_PORT);
}

/** What comes before the first slash is a host only if it cannot be a namespace of Docker Hub. */
function splitHost(text: string): { host: string; rest: string } {
  const slash = text.indexOf('/');
  const first = text.slice(0, Math.max(slash, 0));
  const isHostLike = first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase();
  if (slash < 0 || (slash > 0 && !isHostLike)) return { host: DOCKER_HUB_HOST, rest: text };
  return { host: first === LEGACY_DOCKER_HUB_HOST ? DOCKER_HUB_HOST : first, rest: text.slice(slash + 1) };
}

function suffix({ tag, digest }: Reference): string {
  return (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`);
}

function problem(reason: ReferenceProblem, part: string): CoreError {
  const subject = toDisplayLine(redact(part)); // people paste URLs with passwords in them
  return new CoreError('invalidInput', `not a reference (${reason}): ${JSON.stringify(subject)}`, {
    reason,
    subject,
  });
}
