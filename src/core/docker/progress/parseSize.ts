/** Sizes as docker writes them for people: `1.982MB`, `538B`, `3.2 GB`; decimal units, or binary ones with an `i`. */

const UNITS = ['', 'k', 'm', 'g', 't', 'p'];

/** Bytes, rounded as much as the text is; undefined when it is not a size. */
export function parseSize(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgtp]?)(i?)b?\s*$/i.exec(text);
  if (match === null) return undefined;
  const base = match[3] === '' ? 1000 : 1024;
  return Math.round(Number(match[1]) * base ** UNITS.indexOf(match[2]!.toLowerCase()));
}
