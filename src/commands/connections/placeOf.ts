/** Tells whether two addresses are of the same registry. */
import { parseRegistryUrl } from '../../core/registry/parseRegistryUrl.ts';

/** Host and path, however the address is written; undefined where it is none. */
export function placeOf(address: string): string | undefined {
  try {
    const { host, path } = parseRegistryUrl(address);
    return path === '' ? host : `${host}/${path}`;
  } catch {
    return undefined;
  }
}

/** The host alone. */
export function hostOf(address: string): string | undefined {
  return placeOf(address)?.split('/')[0];
}
