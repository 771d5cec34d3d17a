import type { Figure, Reach } from './figures.ts';
import type { Spread } from './statistics.ts';

/** 12345.6 → `12,346`, 12.345 → `12.3`, 0.01234 → `0.012`: three digits that count, whole numbers from a hundred on. */
export function formatNumber(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  const digits = Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toFixed(digits);
}

/** `1.27 (1.19–1.31)`: the median and, from the second round on, the least and the greatest. */
export function formatSpread({ median, min, max, rounds }: Spread): string {
  const middle = formatNumber(median);
  return rounds === 1 ? middle : `${middle} (${formatNumber(min)}–${formatNumber(max)})`;
}

const units = (figure: Figure) => (figure.relation === 'ratio' ? '×' : ` ${figure.unit}`);

export const formatValue = (figure: Figure): string => {
  const sign = figure.relation === 'difference' && figure.value.median > 0 ? '+' : '';
  return `${sign}${formatSpread(figure.value)}${units(figure)}`;
};

export function formatReach(figure: Figure): string {
  const { reach, met } = figure;
  if (!reach) return '';
  return `${bound(reach)}${units(figure)} ${met ? '✓' : '✗ not met'}`;
}

const bound = (reach: Reach) => ('atLeast' in reach ? `≥ ${reach.atLeast}` : `≤ ${reach.atMost}`);

export const tableHead = ['measured', 'ours', 'reference', 'compared', 'reach'] as const;

/** The cells of one line, under `tableHead`. */
export function figureCells(figure: Figure): string[] {
  const { what, unit, ours, theirs, reference } = figure;
  const other = theirs && reference ? `${reference}: ${formatSpread(theirs)}` : '';
  const compared = figure.relation === 'alone' ? '' : formatValue(figure);
  return [what, `${formatSpread(ours)} ${unit}`, other, compared, formatReach(figure)];
}
