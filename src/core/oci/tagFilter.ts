/** The filter typed above a list of tags or repositories. */

/**
 * A predicate over names, ignoring case. Text matches anywhere in the name; with `*` (any run) or `?` (one character) it is a
 * glob over the whole name. Blank matches everything. Takes at most name length × pattern length steps: no regular
 * expression is built from what was typed.
 */
export function createTagFilter(pattern: string): (name: string) => boolean {
  const wanted = pattern.trim().toLowerCase();
  if (wanted === '') return () => true;
  if (!/[*?]/.test(wanted)) return (name) => name.toLowerCase().includes(wanted);
  const glob = wanted.replace(/\*+/g, '*');
  return (name) => matchesGlob(name.toLowerCase(), glob);
}

/**
 * Whether a glob of `*`, single stars only, and `?` fits all of `text`, minding case. On a mismatch only the last star
 * grows: earlier stars never need to be tried again.
 */
export function matchesGlob(text: string, glob: string): boolean {
  let at = 0;
  let next = 0;
  let star = -1;
  let starAt = 0;
  while (at < text.length) {
    if (glob[next] === '*') {
      star = next++;
      starAt = at;
    } else if (next < glob.length && (glob[next] === '?' || glob[next] === text[at])) {
      next++;
      at++;
    } else if (star >= 0) {
      next = star + 1;
      at = ++starAt;
    } else {
      return false;
    }
  }
  return next === glob.length || (next === glob.length - 1 && glob[next] === '*');
}
