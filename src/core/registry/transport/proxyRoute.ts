/** Which proxy a URL is reached through, by the rules of HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
import { BlockList, isIP } from 'node:net';
import { CoreError } from '../../common/CoreError.ts';
import type { ProxyOptions } from '../RegistryEndpoint.ts';
import { bareHostname, literalHostKind } from './networkAddress.ts';

/**
 * The proxy for `url`, or undefined when it is reached directly. Loopback addresses never go through a proxy.
 * @throws CoreError `proxy`, reason `proxyUrl`, when the setting is not an http(s) URL.
 */
export function proxyFor(url: URL, options: ProxyOptions): URL | undefined {
  const setting = (url.protocol === 'https:' ? options.httpsProxy : options.httpProxy)?.trim();
  if (
    !setting ||
    literalHostKind(bareHostname(url)) === 'loopback' ||
    isExcluded(url, options.noProxy ?? '')
  ) {
    return undefined;
  }
  const proxy = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(setting) ? setting : `http://${setting}`);
  if (proxy === null || (proxy.protocol !== 'http:' && proxy.protocol !== 'https:')) {
    throw new CoreError('proxy', 'the proxy setting is not an http or https URL', { reason: 'proxyUrl' });
  }
  return proxy;
}

/** `Proxy-Authorization` for the user info of `proxy`, if it has any. */
export function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {};
  const userInfo = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(userInfo).toString('base64')}` };
}

/** NO_PROXY: `*`, names (they and everything below), `*.name`, `.name`, addresses, CIDR blocks, each with an optional port. */
function isExcluded(url: URL, noProxy: string): boolean {
  const host = bareHostname(url);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && excludes(entry, host, port));
}

function excludes(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  const block = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(entry);
  if (block !== null) return isInBlock(host, block[1]!, Number(block[2]));
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(entry);
  const named = isIP(entry) === 6 ? null : /^(.*):(\d+)$/.exec(entry);
  const entryPort = bracketed?.[2] ?? named?.[2];
  if (entryPort !== undefined && entryPort !== port) return false;
  const name = (bracketed?.[1] ?? named?.[1] ?? entry).replace(/^\*?\./, '');
  return host === name || (isIP(host) === 0 && host.endsWith(`.${name}`));
}

function isInBlock(host: string, network: string, prefix: number): boolean {
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family || prefix > (family === 6 ? 128 : 32)) return false;
  const list = new BlockList();
  const type = family === 6 ? 'ipv6' : 'ipv4';
  list.addSubnet(network, prefix, type);
  return list.check(host, type);
}
