import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { figureCells, formatReach, formatSpread, formatValue, tableHead } from './format-figure.ts';
import type { MeasuredPart, Results } from './results.ts';

const start = '<!-- made by npm run bench: do not edit by hand -->';
const end = '<!-- end of what npm run bench made -->';

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The documents that hold a generated table, with the generator of each. */
export const documents = [
  { path: file('../README.md'), render: fullTables },
  { path: file('../../docs/performance.md'), render: summaryTable },
  { path: file('../../README.md'), render: headlineTable },
] as const;

/** Rewrites what is between the two marks of each README. @throws Error when a README lacks the marks */
export async function writeTables(results: Results): Promise<void> {
  for (const { path, render } of documents) {
    const before = await readFile(path, 'utf8');
    await writeFile(path, replaceMarked(before, render(results), path));
  }
}

/** @throws Error when the text lacks the marks */
export function replaceMarked(text: string, content: string, name: string): string {
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${name} lacks the marks around its generated table:\n${start}\n${end}`);
  return `${text.slice(0, from)}${start}\n\n${content}\n${text.slice(to)}`;
}

/** Every figure, part by part, with the machine that each part was measured on. */
export function fullTables(results: Results): string {
  return Object.entries(results)
    .map(([name, part]) => partSection(name, part))
    .join('\n');
}

function partSection(name: string, { title, figures, notes, machine, ...rest }: MeasuredPart): string {
  const measured = `${rest.rounds} rounds in ${rest.seconds} s on ${rest.measuredAt.slice(0, 10)}`;
  const on = `Node ${machine.node.replace(/^v/, '')}, ${machine.cores} cores of ${machine.cpu}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}`;
  return [
    `### ${title}\n`,
    `\`npm run bench -- ${name}\`: ${measured}; ${on}.\n`,
    markdownTable(tableHead, figures.map(figureCells)),
    ...notes.map((note) => `- ${note}`),
    notes.length > 0 ? '\n' : '',
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

/** The figures that have a reach: one line each. */
export function summaryTable(results: Results): string {
  return tableOf(withReach(results));
}

/** What the first screen shows, by measurement and reference. */
const headlines: readonly (readonly [string, string])[] = [
  ['GET /transactions (50 rows): requests/s', 'fastify'],
  ['GET /transactions/:id: requests/s', 'fastify'],
  ['POST /transactions: requests/s', 'fastify'],
  ['settled at full speed, one replica', 'graphile-worker'],
  ['1 alert, repeated: alerts/s', 'JSON.parse + fdatasync'],
  ['webhook to healthy: until it is known to be healthy with a new start time', 'docker restart by hand'],
  ['alert-bot: resident memory, idle', ''],
];

/** Seven of them, in the order of `headlines`; one that was not measured is left out. */
export function headlineTable(results: Results): string {
  const figures = withReach(results);
  const chosen = headlines.flatMap(([what, reference]) =>
    figures.filter((figure) => figure.what === what && (figure.reference ?? '') === reference),
  );
  return tableOf(chosen);
}

function withReach(results: Results) {
  return Object.values(results).flatMap((part) => part.figures.filter(({ reach }) => reach));
}

function tableOf(figures: ReturnType<typeof withReach>): string {
  const rows = figures.map((figure) => {
    const value = figure.relation === 'alone' ? `${formatSpread(figure.ours)} ${figure.unit}` : formatValue(figure);
    return [figure.what, value, figure.reference ?? '', formatReach(figure)];
  });
  return markdownTable(['measured', 'median (least–greatest)', 'compared with', 'target'], rows);
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return `${[line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')}\n`;
}
