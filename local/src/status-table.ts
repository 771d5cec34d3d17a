import type { Health } from './watch-health.ts';

export interface PartRow {
  part: string;
  state: 'healthy' | 'up' | 'starting' | 'unhealthy' | 'restarting' | 'stopped' | 'missing';
  url: string;
  /** How often it was started again after it had ended by itself. */
  restarts: number;
  /** What is wrong, or what its absence disables. */
  note?: string;
  pid?: number;
}

/** One word for a process's state and health. */
export function rowState(state: string, health: Health): PartRow['state'] {
  if (state === 'restarting') return 'restarting';
  if (state !== 'running') return 'stopped';
  return health === 'none' ? 'up' : health;
}

/** The table of parts, for a terminal. */
export function formatTable(rows: readonly PartRow[], colours = false): string {
  const cells = rows.map(({ part, state, url, restarts, note }) => [
    part,
    state,
    [url, restarts > 0 ? `(restarted ${restarts}×)` : '', note ?? ''].filter(Boolean).join('  '),
  ]);
  const widths = [0, 1].map((column) => Math.max(8, ...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map(([part = '', state = '', rest = '']) => {
    const shown = state.padEnd(widths[1] ?? 0);
    return `  ${part.padEnd(widths[0] ?? 0)}  ${colours ? `${colour(state)}${shown}\u001b[0m` : shown}  ${rest}`.trimEnd();
  });
  return lines.join('\n');
}

function colour(state: string): string {
  if (state === 'healthy' || state === 'up') return '\u001b[32m';
  return state === 'missing' || state === 'starting' ? '\u001b[33m' : '\u001b[31m';
}
