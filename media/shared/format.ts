/** How numbers, times and long identifiers are written in the panel. */

const BYTE_UNITS = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** Powers of 1,000 with three significant digits, as docker writes sizes: `48.2 MB`. */
export function formatBytes(sizeInBytes: number, locale: string): string {
  if (sizeInBytes < 1000) {
    return `${new Intl.NumberFormat(locale).format(sizeInBytes)} B`;
  }
  const exponent = Math.min(Math.floor(Math.log10(sizeInBytes) / 3), BYTE_UNITS.length);
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: BYTE_UNITS[exponent - 1]!,
    maximumSignificantDigits: 3,
  }).format(sizeInBytes / 1000 ** exponent);
}

/** `98.7%`: never rounded up to all. */
export function formatPercent(share: number, locale: string): string {
  const floored = Math.floor(share * 1000) / 1000;
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(floored);
}

/** Undefined for what is no date: builders write year 1 or 1970 to say that they keep none. */
export function formatDate(iso: string | undefined, locale: string): string | undefined {
  const date = readDate(iso);
  return date && new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(date);
}

const AGE_STEPS = [
  ['year', 365 * 24 * 3600],
  ['month', 30 * 24 * 3600],
  ['day', 24 * 3600],
  ['hour', 3600],
  ['minute', 60],
] as const;

/** `3 months ago`. */
export function formatAge(iso: string | undefined, now: number, locale: string): string | undefined {
  const date = readDate(iso);
  if (!date) {
    return undefined;
  }
  const seconds = (date.getTime() - now) / 1000;
  const [unit, length] = AGE_STEPS.find(([, step]) => Math.abs(seconds) >= step) ?? (['second', 1] as const);
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(Math.trunc(seconds / length), unit);
}

function readDate(iso: string | undefined): Date | undefined {
  const date = new Date(iso ?? '');
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() <= 1970 ? undefined : date;
}

/** `10s`, `1m 30s`, `1h`. */
export function formatDuration(milliseconds: number): string {
  const parts = [
    [Math.floor(milliseconds / 3_600_000), 'h'],
    [Math.floor(milliseconds / 60_000) % 60, 'm'],
    [(milliseconds % 60_000) / 1000, 's'],
  ] as const;
  return parts
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}${unit}`)
    .join(' ');
}

/** `sha256:0123456789ab…`: enough to compare by eye. */
export function shortDigest(digest: string): string {
  const end = digest.indexOf(':') + 13;
  return end < digest.length ? `${digest.slice(0, end)}…` : digest;
}

/** Puts `values` into `{0}`, `{1}`. */
export function fill(template: string, ...values: readonly string[]): string {
  return template.replace(/\{(\d)\}/g, (whole, index: string) => values[Number(index)] ?? whole);
}

/** A command's words as a person would type them; words that need it are quoted as JSON, as a Dockerfile does. */
export function formatWords(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
}
