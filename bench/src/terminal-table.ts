import { figureCells, tableHead } from './format-figure.ts';
import type { PartResult } from './part.ts';

/** A part's figures in columns, then its notes; ends with a line break. */
export function terminalTable(title: string, { figures, notes }: PartResult): string {
  const rows = [[...tableHead], ...figures.map(figureCells)];
  const widths = tableHead.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${[title, ...lines.map((line) => `  ${line}`), ...notes.map((note) => `  note: ${note}`)].join('\n')}\n`;
}
