/** Addresses of registries as people type and paste them, and the endpoints they stand for. */
import { CoreError } from '../common/CoreError.ts';
import { toDisplayLine } from '../common/displayText.ts';
import { redact } from '../common/redact.ts';
import { isHost, isRepositoryName } from '../oci/reference.ts';
import type { PathStyle, RegistryEndpoint } from './RegistryEndpoint.ts';
import { DOCKER_HUB_API_HOST } from './repositoryName.ts';

export interface RegistryUrl {
  /** Undefined where none was typed. */
  readonly scheme?: 'https' | 'http';
  /** `host` or `host:port`, lower case. Docker Hub's many names are all `docker.io`. */
  readonly host: string;
  /** No slashes at the ends, '' for none. */
  readonly path: string;
}

/** `details.reason` of every error thrown here: what is wrong with the text. */
export type RegistryUrlProblem =
  | 'empty'
  | 'forbiddenCharacter' // white space, control characters, a leading '-'
  | 'userInfo' // user:password@: credentials are asked for elsewhere and never kept in a setting
  | 'scheme' // neither http nor https
  | 'query' // ?… or #…
  | 'host'
  | 'path'
  | 'imageReference' // `ghcr.io/owner/app:1.0`
  | 'uppercaseNamespace';

/** Key of Docker Hub's credentials in Docker's configuration. */
const DOCKER_HUB_CREDENTIAL_KEY = 'https://index.docker.io/v1/';
const DOCKER_HUB_HOST = 'docker.io';
const DOCKER_HUB_ALIASES: ReadonlySet<string> = new Set([
  DOCKER_HUB_HOST,
  'www.docker.io',
  'index.docker.io',
  'registry.docker.io',
  DOCKER_HUB_API_HOST,
  'hub.docker.com',
  'registry.hub.docker.com',
]);
const MAX_LENGTH = 1024;
const PATH_SEGMENT = /^[A-Za-z0-9_~-][A-Za-z0-9._~-]*$/;

/**
 * Parses what a person types: `localhost:5000`, `https://host/prefix`, `docker.io`, `ghcr.io/owner`.
 * An API version at the end, as people paste it, is dropped.
 * @throws CoreError `invalidInput`, `details.reason` a RegistryUrlProblem.
 */
export function parseRegistryUrl(typed: string): RegistryUrl {
  const text = typed.trim();
  if (text === '') throw problem('empty', text);
  if (text.length > MAX_LENGTH || /^-|[\s\\\u0000-\u001F\u007F-\u009F]/.test(text)) {
    throw problem('forbiddenCharacter', text);
  }
  const [, schemeText, rest = ''] = /^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/)?(.*)$/.exec(text) ?? [];
  const scheme = schemeText?.toLowerCase();
  if (scheme !== undefined && scheme !== 'https' && scheme !== 'http') throw problem('scheme', text);

  const slash = rest.indexOf('/');
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  if (authority.includes('@')) throw problem('userInfo', text);
  if (/[?#]/.test(rest)) throw problem('query', text);
  const host = authority.toLowerCase();
  if (!isHost(host) || /:0*$/.test(host)) throw problem('host', text);
  const segments = (slash < 0 ? '' : rest.slice(slash)).split('/').filter((segment) => segment !== '');
  const isDockerHub = DOCKER_HUB_ALIASES.has(host);
  // Pasted from a browser, or from Docker's configuration.
  if (segments.at(-1) === 'v2' || (isDockerHub && segments.at(-1) === 'v1')) segments.pop();
  if (/[:@]/.test(segments.at(-1) ?? '')) throw problem('imageReference', text);
  if (!segments.every((segment) => PATH_SEGMENT.test(segment))) throw problem('path', text);
  return {
    ...(scheme !== undefined && { scheme }),
    host: isDockerHub ? DOCKER_HUB_HOST : host,
    path: segments.join('/'),
  };
}

/**
 * The endpoint of an address whose path is meant as `pathStyle`. Without a scheme it is https.
 * @throws CoreError `invalidInput`, see parseRegistryUrl; also `uppercaseNamespace` or `path` for a namespace that no
 *   repository can be in.
 */
export function createEndpoint(url: string | RegistryUrl, pathStyle: PathStyle): RegistryEndpoint {
  const { scheme = 'https', host, path } = typeof url === 'string' ? parseRegistryUrl(url) : url;
  const isDockerHub = host === DOCKER_HUB_HOST;
  const isNamespace = pathStyle === 'namespace' || isDockerHub;
  if (isNamespace && path !== '' && !isRepositoryName(path)) {
    throw problem(isRepositoryName(path.toLowerCase()) ? 'uppercaseNamespace' : 'path', path);
  }
  const endpoint = {
    apiPrefix: isNamespace ? '' : path,
    namespacePrefix: isNamespace ? path : '',
    referenceHost: [asReferenceHost(host, scheme), path].filter(Boolean).join('/'),
  };
  return isDockerHub
    ? { ...endpoint, scheme: 'https', host: DOCKER_HUB_API_HOST, credentialKey: DOCKER_HUB_CREDENTIAL_KEY }
    : { ...endpoint, scheme, host, credentialKey: host };
}

/** `localhost`, 127.0.0.0/8 and ::1, with or without a port: Docker speaks http with these unasked. */
export function isLoopbackHost(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(host);
}

/** Docker takes a bare word before the slash for a namespace of Docker Hub; a port makes it a host. */
function asReferenceHost(host: string, scheme: 'https' | 'http'): string {
  const isPlain = /[.:]/.test(host) || host === 'localhost';
  return isPlain ? host : `${host}:${scheme === 'https' ? 443 : 80}`;
}

function problem(reason: RegistryUrlProblem, text: string): CoreError {
  const subject = toDisplayLine(redact(text));
  return new CoreError('invalidInput', `not a registry address (${reason}): ${JSON.stringify(subject)}`, {
    reason,
    subject,
  });
}
