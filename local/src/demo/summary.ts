import type { StoryResult } from './telling.ts';

/** The table at the end, for people. */
export function formatSummary(results: readonly StoryResult[]): string {
  const header = ['story', 'result', 'healed in', 'detect', 'act', 'verify', 'what was done'];
  const rows = results.map(({ title, healed, times, incident, problem }) => [
    title,
    healed ? 'healed' : 'NOT HEALED',
    ...[times?.total, times?.detect, times?.act, times?.verify].map((value) =>
      value === undefined ? '–' : `${value.toFixed(1)} s`,
    ),
    problem ?? (incident ? `${incident.alertname} → ${incident.action}` : 'started again at once'),
  ]);
  const table = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}
