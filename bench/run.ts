/**
 * `npm run bench [-- AREA…] [--json FILE]`: measures what the product promises about speed and prints a table; exits
 * with 1 when a bar does not hold. Every row is a ratio to a peer measured in the same run, in turns, or a figure that
 * does not depend on the machine (requests, bytes); activation alone is in milliseconds. Less is better in every row.
 * Servers are real where the peer's are, on 127.0.0.1, and end with the run. Set-up (`npm run setup`) brings the tools.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { AREAS, type Area, type BenchRow } from './BenchRow.ts';
import { GROUPS } from './groups.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' } },
});
const areas = positionals.length > 0 ? positionals.map(parseArea) : [...AREAS];
const groups = GROUPS.filter(({ area }) => areas.includes(area));
if (groups.length === 0) stop(`No row is registered yet for: ${areas.join(', ')}.`);

const rows: BenchRow[] = [];
const broken: string[] = [];
const notes: string[] = [];
for (const group of groups) {
  const start = performance.now();
  process.stderr.write(`${group.title} … `);
  try {
    rows.push(...(await group.run((text) => notes.push(text))));
    process.stderr.write(`${((performance.now() - start) / 1000).toFixed(0)} s\n`);
  } catch (error) {
    process.stderr.write('FAILED\n');
    console.error(error);
    broken.push(group.title);
  }
}

printTable(rows);
for (const note of notes) console.log(`· ${note}`);
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(rows, null, 2)}\n`);
for (const title of broken) console.error(`Could not be measured: ${title}`);
for (const { name } of rows.filter(({ holds }) => !holds)) console.error(`Does not hold: ${name}`);
process.exitCode = broken.length > 0 || rows.some(({ holds }) => !holds) ? 1 : 0;

function parseArea(text: string): Area {
  const area = AREAS.find((known) => known === text);
  return area ?? stop(`There is no area "${text}". Areas: ${AREAS.join(', ')}.`);
}

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}

function printTable(all: readonly BenchRow[]): void {
  const number = (value: number | null): string =>
    value === null ? '–' : String(Number(value.toPrecision(value < 1 ? 3 : 4)));
  const lines = [
    ['area', 'what', 'ours', 'peer', 'ratio', 'bar', 'holds'],
    ...all.map(({ area, name, unit, ours, peer, peerName, ratio, bar, holds }) => [
      area,
      name,
      `${number(ours)} ${unit}`,
      peer === null ? '–' : `${number(peer)} ${unit}, ${peerName}`,
      number(ratio),
      `≤ ${number(bar)}${ratio === null ? ` ${unit}` : ''}`,
      holds ? 'yes' : 'NO',
    ]),
  ];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  for (const line of lines) {
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    );
  }
}
