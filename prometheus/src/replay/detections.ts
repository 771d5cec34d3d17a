import { expected } from './expected.ts';
import type { FaultKind, Happening } from './happenings.ts';
import type { Firing } from './judge.ts';

export interface Detection {
  kind: FaultKind;
  /** Seconds from the fault to the alert that names it; undefined when it did not fire. */
  seconds: number | undefined;
  /** Other alerts that fired meanwhile. */
  others: string[];
}

/** How long an alert may take to fade after its fault. */
const fadeSeconds = 200;

/** For each injected fault, when the alert that must name it fired. */
export function detections(faults: readonly Happening[], found: readonly Firing[]): Detection[] {
  return faults.map(({ kind, from, to }) => {
    const fault = kind as FaultKind;
    const during = found.filter((firing) => firing.from >= from && firing.from < to + fadeSeconds);
    const { alert } = expected[fault];
    const others = new Set(during.map((firing) => firing.alert).filter((name) => name !== alert));
    const first = during.find((firing) => firing.alert === alert);
    return { kind: fault, seconds: first && first.from - from, others: [...others].sort() };
  });
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? 0)) / 2;
}
