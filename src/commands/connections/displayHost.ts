import { toDisplayLine } from '../../core/common/displayText.ts';

/** An address without its scheme, as it is shown. */
export function displayHost(address: string): string {
  return toDisplayLine(address.replace(/^https?:\/\//i, ''));
}
