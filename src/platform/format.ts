/** Ages, sizes and counts as people read them, by Intl in the language of the editor. */
import * as vscode from 'vscode';

const SIZE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

const AGE_UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 365 * 24 * 3600],
  ['month', 30 * 24 * 3600],
  ['week', 7 * 24 * 3600],
  ['day', 24 * 3600],
  ['hour', 3600],
  ['minute', 60],
];

/** `12.3 MB`, in powers of 1000 as Docker and registries print sizes. */
export function formatSize(sizeInBytes: number): string {
  let value = sizeInBytes;
  let unit = 0;
  while (value >= 999.5 && unit < SIZE_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return new Intl.NumberFormat(vscode.env.language, {
    style: 'unit',
    unit: SIZE_UNITS[unit]!,
    unitDisplay: unit === 0 ? 'long' : 'short',
    maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0,
  }).format(value);
}

/** `3 days ago`. Times that are no times (the epoch, the year 1) are undefined: builds made reproducible carry them. */
export function formatAge(date: Date, now = new Date()): string | undefined {
  if (date.getTime() < Date.UTC(1990, 0)) return undefined;
  const seconds = (date.getTime() - now.getTime()) / 1000;
  const format = new Intl.RelativeTimeFormat(vscode.env.language, { numeric: 'auto' });
  for (const [unit, length] of AGE_UNITS) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  }
  return format.format(0, 'second');
}

/** `12 seconds`, `3 minutes`: what is left of something, roughly. */
export function formatDuration(seconds: number): string {
  const [unit, value] =
    seconds < 90
      ? ['second', seconds]
      : seconds < 90 * 60
        ? ['minute', seconds / 60]
        : ['hour', seconds / 3600];
  return new Intl.NumberFormat(vscode.env.language, {
    style: 'unit',
    unit: unit,
    unitDisplay: 'long',
    maximumFractionDigits: 0,
  }).format(Math.max(1, value));
}

/** Full date and time for tooltips. */
export function formatDate(date: Date): string {
  return new Intl.DateTimeFormat(vscode.env.language, { dateStyle: 'medium', timeStyle: 'short' }).format(
    date,
  );
}

export function formatCount(count: number): string {
  return new Intl.NumberFormat(vscode.env.language).format(count);
}
