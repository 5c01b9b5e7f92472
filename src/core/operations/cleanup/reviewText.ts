/**
 * The dry run as a text to edit, one line an entry: `delete  v1.2.3  12 MB  2024-01-03  older than 90 days`. Only the
 * first two words count; what stands behind them is for people. `#` begins a line that is only read.
 */

export type ReviewAction = 'keep' | 'delete';
export const REVIEW_ACTIONS: readonly ReviewAction[] = ['delete', 'keep'];

export interface ReviewRow {
  readonly action: ReviewAction;
  /** Holds no white space. */
  readonly name: string;
  /** Aligned behind the name; the last one as it is. */
  readonly columns: readonly string[];
}

export interface ReviewSection {
  readonly title: string;
  readonly rows: readonly ReviewRow[];
}

/** Names longer than this push their own line's columns to the right, and no other's. */
const MAX_WIDTH = 60;
const MAX_HEAD_WIDTH = 96;

/** Sections without rows are left out. */
export function formatReview(head: readonly string[], sections: readonly ReviewSection[]): string {
  const filled = sections.filter(({ rows }) => rows.length > 0);
  const rows = filled.flatMap((section) => section.rows);
  const widths = [0, 1, 2, 3].map((column) =>
    rows.reduce((width, row) => Math.max(width, Math.min(MAX_WIDTH, cellOf(row, column).length)), 0),
  );
  const line = (row: ReviewRow): string =>
    [row.action.padEnd(6), ...cells(row).map((cell, column) => cell.padEnd(widths[column] ?? 0))]
      .join('  ')
      .trimEnd();
  return [
    ...head.flatMap(wrap).map((text) => `# ${text}`.trimEnd()),
    ...filled.flatMap((section) => ['', `## ${section.title}`, ...section.rows.map(line)]),
    '',
  ].join('\n');
}

/** Words on lines that are read without scrolling. */
function wrap(text: string): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1)!;
    if (last !== '' && last.length + word.length >= MAX_HEAD_WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}

function cells({ name, columns }: ReviewRow): readonly string[] {
  return [name, ...columns];
}

function cellOf(row: ReviewRow, column: number): string {
  return cells(row)[column] ?? '';
}

/** A line that says something. Positions count from 0. */
export interface ReviewLine {
  readonly line: number;
  readonly word: string;
  readonly wordStart: number;
  /** '' where it is missing. */
  readonly name: string;
  readonly nameStart: number;
  /** Undefined: the word is neither. */
  readonly action?: ReviewAction;
}

export function parseReview(text: string): ReviewLine[] {
  return text.split(/\r?\n/).flatMap((content, line): ReviewLine[] => {
    const match = /^(\s*)([^\s#]\S*)(\s*)(\S*)/.exec(content);
    if (!match) return [];
    const [, indent = '', word = '', gap = '', name = ''] = match;
    const action = REVIEW_ACTIONS.find((each) => each === word.toLowerCase());
    return [
      {
        line,
        word,
        wordStart: indent.length,
        name,
        nameStart: indent.length + word.length + gap.length,
        ...(action && { action }),
      },
    ];
  });
}

export type ReviewProblem = 'badWord' | 'missingName' | 'unknownName' | 'repeated';

/** What stands in the way of carrying it out, line by line. */
export function checkReview(
  lines: readonly ReviewLine[],
  isKnown: (name: string) => boolean,
): Map<ReviewLine, ReviewProblem> {
  const problems = new Map<ReviewLine, ReviewProblem>();
  const seen = new Set<string>();
  for (const line of lines) {
    if (line.action === undefined) problems.set(line, 'badWord');
    else if (line.name === '') problems.set(line, 'missingName');
    else if (!isKnown(line.name)) problems.set(line, 'unknownName');
    else if (seen.has(line.name)) problems.set(line, 'repeated');
    seen.add(line.name);
  }
  return problems;
}

/** Names that are to go. What has no line stays. */
export function namesToDelete(lines: readonly ReviewLine[]): Set<string> {
  return new Set(lines.filter(({ action }) => action === 'delete').map(({ name }) => name));
}
