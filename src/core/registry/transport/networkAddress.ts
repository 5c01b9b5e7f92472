/** Kinds of addresses a registry may not send us to unasked: this machine, private networks, cloud metadata. */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

const LOOPBACK = blockList(['127.0.0.0', 8], ['::1', 128]);
/** Link-local networks and the metadata services of the clouds, which hand out credentials to whoever asks. */
const METADATA = blockList(
  ['169.254.0.0', 16],
  ['fe80::', 10],
  ['100.100.100.200', 32],
  ['192.0.0.192', 32],
  ['fd00:ec2::254', 128],
);
const PRIVATE = blockList(
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['::', 128],
  ['fc00::', 7],
);
const METADATA_NAMES = new Set(['metadata', 'metadata.google.internal', 'metadata.goog', 'instance-data']);

export type AddressKind = 'public' | 'private' | 'loopback' | 'metadata';

function blockList(...networks: [string, number][]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of networks) {
    list.addSubnet(address, prefix, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** Kind of a literal IP address (IPv4-mapped IPv6 counts as the IPv4 inside). */
function addressKind(address: string): AddressKind {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (METADATA.check(address, family)) return 'metadata';
  if (LOOPBACK.check(address, family)) return 'loopback';
  return PRIVATE.check(address, family) ? 'private' : 'public';
}

/** Host name of a URL without the brackets of IPv6 and without a closing dot. */
export function bareHostname(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

/** What the name alone tells; undefined for a name only DNS can tell about. */
export function literalHostKind(hostname: string): AddressKind | undefined {
  if (isIP(hostname) !== 0) return addressKind(hostname);
  if (METADATA_NAMES.has(hostname)) return 'metadata';
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return 'loopback';
  return undefined;
}

/** The least public address `hostname` resolves to; `public` where it does not resolve (connecting will tell). */
export async function hostKind(hostname: string): Promise<AddressKind> {
  const literal = literalHostKind(hostname);
  if (literal !== undefined) return literal;
  const addresses = await lookup(hostname, { all: true }).catch(() => []);
  const kinds = new Set(addresses.map(({ address }) => addressKind(address)));
  return (['metadata', 'loopback', 'private'] as const).find((kind) => kinds.has(kind)) ?? 'public';
}
