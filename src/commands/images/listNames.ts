/** Names for a question, one a line; a long list is cut, saying how many more there are. */
import { l10n } from 'vscode';
import { toDisplayLine } from '../../core/common/displayText.ts';

const MAXIMUM = 12;

export function listNames(names: readonly string[]): string {
  const shown = names
    .slice(0, names.length > MAXIMUM ? MAXIMUM - 1 : MAXIMUM)
    .map((name) => toDisplayLine(name));
  const more = names.length - shown.length;
  return [...shown, ...(more > 0 ? [l10n.t('… and {0} more', more)] : [])].join('\n');
}
