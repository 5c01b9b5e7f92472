/** The `Link` header of paged listings. Source: RFC 8288, section 3; and zot before 2.0, which leaves out the brackets. */

/** Target of the first link whose relations include `next`, exactly as written; undefined where there is none. */
export function nextLinkOf(header: string | readonly string[] | undefined): string | undefined {
  const values = typeof header === 'string' ? [header] : (header ?? []);
  for (const link of values.flatMap((value) => splitOutsideQuotes(value, ','))) {
    const [target = '', ...parameters] = splitOutsideQuotes(link, ';').map((part) => part.trim());
    if (!parameters.some(isNext)) continue;
    if (target.startsWith('<') && target.endsWith('>')) return target.slice(1, -1).trim();
    if (/^(?:\/|https?:\/\/)[^\s<>"]+$/.test(target)) return target;
  }
  return undefined;
}

function isNext(parameter: string): boolean {
  const equals = parameter.indexOf('=');
  if (parameter.slice(0, Math.max(equals, 0)).trim().toLowerCase() !== 'rel') return false;
  const relations = parameter
    .slice(equals + 1)
    .trim()
    .replace(/^"|"$/g, '');
  return relations.toLowerCase().split(/\s+/).includes('next');
}

/** Splits at `separator` where it stands neither within `<…>` nor within `"…"`. */
function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let closing = '';
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index]!;
    if (closing !== '') {
      if (character === '\\' && closing === '"') index += 1;
      else if (character === closing) closing = '';
    } else if (character === '<') closing = '>';
    else if (character === '"') closing = '"';
    else if (character === separator) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
