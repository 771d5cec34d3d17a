import type { ExerciseResult } from './exercise.ts';

export interface GamedayResult {
  startedAt: string;
  seconds: number;
  stack: { kind: 'local' | 'compose'; timings: 'fast' | 'shipped' };
  perSecond: number;
  /** Every fault that was asked for ended as it should. */
  asIntended: boolean;
  /** Asked for, and not done. */
  missing: readonly string[];
  results: ExerciseResult[];
}

export const columns = [
  'fault',
  'alert',
  'detect',
  'act',
  'verify',
  'done',
  'outcome',
  'intended',
  'lost',
  'false alarms',
] as const;

/** One row of the table, as text. */
export function rowOf(result: ExerciseResult): string[] {
  const { title, alert, detect, act, verify, action, attempts, outcome, expected, lost, requests, falseAlarms } =
    result;
  const seconds = (value: number | undefined) => (value === undefined ? '–' : `${value.toFixed(1)} s`);
  return [
    title,
    alert,
    seconds(detect),
    seconds(act),
    seconds(verify),
    attempts > 1 ? `${action} (${attempts}×)` : action,
    outcome,
    expected,
    `${lost} of ${requests}`,
    falseAlarms.join(', ') || 'none',
  ];
}

export function verdictOf({ asIntended, results, missing }: GamedayResult): string {
  if (asIntended) return `All ${results.length} faults ended as intended.`;
  const wrong = results.filter((result) => !result.asIntended).map(({ name }) => name);
  const parts = [
    ...(wrong.length > 0 ? [`not as intended: ${wrong.join(', ')}`] : []),
    ...(missing.length > 0 ? [`not done: ${missing.join(', ')}`] : []),
  ];
  return `Of ${results.length + missing.length} faults ${parts.join('; ')}.`;
}

export function describeRun({ startedAt, seconds, stack, perSecond }: GamedayResult): string {
  const where = stack.kind === 'compose' ? 'Docker Compose' : 'local processes';
  const timings = stack.timings === 'fast' ? 'seconds for minutes' : 'the shipped timings';
  const duration = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  return `${startedAt.slice(0, 16).replace('T', ' ')} UTC, ${duration}, on ${where} with ${timings}, ${perSecond} requests per second.`;
}

/** Seconds from the fault to the proof, of what was healed; undefined when nothing was. */
export function medianToHeal(results: readonly ExerciseResult[]): number | undefined {
  const totals = results.flatMap(({ outcome, total }) => (outcome === 'healed' && total !== undefined ? [total] : []));
  return totals.sort((a, b) => a - b)[Math.floor((totals.length - 1) / 2)];
}

/** The table for a terminal. */
export function renderText(result: GamedayResult): string {
  const rows = [[...columns], ...result.results.map(rowOf)];
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  const table = rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd());
  return [...table, '', `  ${verdictOf(result)} ${healText(result)}`].join('\n');
}

export function healText({ results }: GamedayResult): string {
  const median = medianToHeal(results);
  return median === undefined
    ? ''
    : `Median time from the fault to the proof that it is healed: ${median.toFixed(1)} s.`;
}
