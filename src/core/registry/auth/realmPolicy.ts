/** Whether a registry's token realm may be asked for a token, and whether it may see the credentials. */
import { bareHostname, hostKind, literalHostKind } from '../transport/networkAddress.ts';
import { isIP } from 'node:net';

/** Registries whose tokens are known to come from a host of another name. */
const KNOWN_REALMS: Readonly<Record<string, readonly string[]>> = {
  'registry-1.docker.io': ['auth.docker.io'],
  'index.docker.io': ['auth.docker.io'],
  'lscr.io': ['ghcr.io'],
  'registry.connect.redhat.com': ['sso.redhat.com'],
};

/** Domains below which strangers are neighbours: one more label tells them apart. */
const SHARED_SUFFIXES = [
  'amazonaws.com',
  'appspot.com',
  'azure.com',
  'azurecr.io',
  'azurewebsites.net',
  'cloudapp.net',
  'cloudfront.net',
  'fly.dev',
  'github.io',
  'gitlab.io',
  'herokuapp.com',
  'jfrog.io',
  'netlify.app',
  'ngrok.io',
  'ngrok.app',
  'nip.io',
  'onrender.com',
  'pages.dev',
  'run.app',
  'sslip.io',
  'vercel.app',
  'web.app',
  'windows.net',
  'workers.dev',
];
const SECOND_LEVEL = new Set([
  'ac',
  'co',
  'com',
  'edu',
  'go',
  'gob',
  'gov',
  'mil',
  'ne',
  'net',
  'nom',
  'or',
  'org',
]);

export type RealmVerdict =
  | { readonly verdict: 'allowed' }
  /** Safe without credentials; with them only if a person says so. */
  | { readonly verdict: 'ask' }
  | { readonly verdict: 'refused'; readonly reason: string };

/**
 * @param isProxied a proxy resolves the realm's name, so it is not looked up here.
 * Reasons of a refusal: `notHttp`, `httpsDowngrade`, `userInfo`, `metadataAddress`, `privateAddress`.
 */
export async function judgeRealm(registry: URL, realm: URL, isProxied: boolean): Promise<RealmVerdict> {
  if (realm.protocol !== 'https:' && realm.protocol !== 'http:') return refusal('notHttp');
  if (registry.protocol === 'https:' && realm.protocol === 'http:') return refusal('httpsDowngrade');
  if (realm.username !== '' || realm.password !== '') return refusal('userInfo');
  const registryName = bareHostname(registry);
  const realmName = bareHostname(realm);
  const realmKind = isProxied ? (literalHostKind(realmName) ?? 'public') : await hostKind(realmName);
  if (realmKind === 'metadata') return refusal('metadataAddress');
  if (realmName === registryName) return { verdict: 'allowed' };
  const registryKind = await hostKind(registryName);
  if (realmKind === 'loopback' && registryKind === 'loopback') return { verdict: 'allowed' };
  if (realmKind !== 'public' && registryKind === 'public') return refusal('privateAddress');
  const isTrusted =
    registry.protocol === 'https:' &&
    (KNOWN_REALMS[registryName]?.includes(realmName) === true || isSameSite(registryName, realmName));
  return { verdict: isTrusted ? 'allowed' : 'ask' };
}

/** True when both names belong to one registrable domain, as far as that can be told without the public suffix list: in doubt, no. */
export function isSameSite(a: string, b: string): boolean {
  if (a === b) return true;
  if (isIP(a) !== 0 || isIP(b) !== 0) return false;
  const domain = registrableDomain(a);
  return domain !== undefined && domain === registrableDomain(b);
}

function registrableDomain(host: string): string | undefined {
  const shared = SHARED_SUFFIXES.find((suffix) => host === suffix || host.endsWith(`.${suffix}`));
  // The tenant's label stands right before the suffix only where the suffix has no regions; the whole name is safe.
  if (shared !== undefined) return host;
  const labels = host.split('.');
  if (labels.length < 2) return undefined;
  const isCountry = labels.at(-1)!.length === 2;
  const length = isCountry && SECOND_LEVEL.has(labels.at(-2)!) ? 3 : 2;
  return labels.length < length ? undefined : labels.slice(-length).join('.');
}

function refusal(reason: string): RealmVerdict {
  return { verdict: 'refused', reason };
}
