import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { escapeHtml } from '../demo/escape-html.ts';
import { reportStyle } from '../demo/report-style.ts';
import { columns, describeRun, type GamedayResult, healText, rowOf, verdictOf } from './summary.ts';

/** Writes the result as JSON, as Markdown, and as a page that needs nothing else. @returns the files */
export async function writeReports(directory: string, result: GamedayResult): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const texts = {
    'gameday.md': renderMarkdown(result),
    'gameday.json': `${JSON.stringify(result, null, 2)}\n`,
    'gameday.html': renderPage(result),
  };
  const files = Object.entries(texts).map(([name, text]) => ({ path: join(directory, name), text }));
  await Promise.all(files.map(({ path, text }) => writeFile(path, text)));
  return files.map(({ path }) => path);
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

export function renderMarkdown(result: GamedayResult): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [
    describeRun(result),
    '',
    `**${verdictOf(result)}** ${healText(result)}`,
    '',
    line(columns),
    line(columns.map(() => '---')),
    ...result.results.map((each) => line(rowOf(each))),
    '',
  ].join('\n');
}

const gamedayStyle = `
main { max-width: 1240px; }
table.results { width: 100%; border-collapse: collapse; background: var(--card); font-size: 13px; }
table.results th, table.results td { text-align: left; padding: 6px 8px; border-top: 1px solid var(--line); vertical-align: top; }
table.results td { font-variant-numeric: tabular-nums; }
.good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
.wide { overflow-x: auto; }
`;

export function renderPage(result: GamedayResult): string {
  const { asIntended, results } = result;
  const rows = results.map((each) => {
    const cells = rowOf(each).map((text, index) => {
      const mark = columns[index] === 'outcome' ? ` class="${each.asIntended ? 'good' : 'bad'}"` : '';
      return `<td${mark}>${escapeHtml(text)}</td>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Game day</title>
<style>${reportStyle}${gamedayStyle}</style>
</head>
<body>
<main>
<header>
<p class="verdict ${asIntended ? 'good' : 'bad'}">${escapeHtml(verdictOf(result))}</p>
<h1>Game day</h1>
<p>${escapeHtml(describeRun(result))} ${escapeHtml(healText(result))}</p>
</header>
<div class="wide"><table class="results">
<thead><tr>${columns.map((name) => `<th>${name}</th>`).join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody>
</table></div>
${results.map(renderSteps).join('\n')}
</main>
</body>
</html>
`;
}

function renderSteps({ title, steps }: GamedayResult['results'][number]): string {
  const rows = steps.map(
    ({ seconds, text }) => `<tr><td>${seconds.toFixed(1)} s</td><td>${escapeHtml(text)}</td></tr>`,
  );
  return `<section><h2>${escapeHtml(title)}</h2><table class="timeline">${rows.join('')}</table></section>`;
}
