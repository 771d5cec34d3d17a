import type { Random } from './random.ts';

/** What happens to a healthy stack, and must page nobody. Faults are named after the catalogue of the services. */
export type EventKind =
  | 'burst'
  | 'slow minute'
  | 'stall'
  | 'error minute'
  | 'error burst'
  | 'api restart'
  | 'worker restart'
  | 'worker scaled'
  | 'database restart'
  | 'missed scrapes'
  | 'prometheus restart'
  | 'pending burst'
  | 'busy host';

export type FaultKind =
  | 'latency 400 ms'
  | 'error rate 30 %'
  | 'hang'
  | 'pool exhaustion'
  | 'api frozen'
  | 'api gone'
  | 'worker stalled'
  | 'worker frozen'
  | 'no worker'
  | '12,000 pending'
  | 'cpu burn'
  | 'event loop blocked'
  | 'file descriptor leak'
  | 'slow database'
  | 'database down';

export interface Happening {
  kind: EventKind | FaultKind;
  /** Seconds since the first midnight. */
  from: number;
  to: number;
  /** How bad it is; the meaning is the kind's. */
  size: number;
}

type Shape = [kind: EventKind, perDay: number, seconds: [number, number], size: [number, number]];

/** How often each comes in a day, how long it takes, how bad it is. */
const shapes: readonly Shape[] = [
  ['burst', 2, [10, 120], [30, 90]], // requests a second
  ['slow minute', 1, [30, 60], [0.1, 0.4]], // share of slow requests
  ['stall', 1, [2, 9], [1, 1]], // every request is slow
  ['error minute', 0.7, [30, 90], [0.06, 0.15]], // share of failed requests
  ['error burst', 0.7, [1, 5], [0.5, 1]],
  ['api restart', 1, [2, 9], [0, 1]], // from 0.5 on it gets another address
  ['worker restart', 0.7, [2, 12], [0, 1]],
  ['worker scaled', 0.4, [300, 900], [3, 3]], // replicas
  ['database restart', 0.3, [2, 9], [1, 1]],
  ['missed scrapes', 1, [2, 6], [1, 1]],
  ['prometheus restart', 0.4, [3, 60], [1, 1]],
  ['pending burst', 1, [1, 1], [500, 2_500]], // transactions
  ['busy host', 0.3, [60, 240], [1, 1]],
];

const daySeconds = 86_400;

/** The happenings of so many healthy days, in order; none begins before the one before it has faded. */
export function healthyDays(days: number, random: Random): Happening[] {
  const all: Happening[] = [];
  for (const [kind, perDay, seconds, size] of shapes)
    for (let count = Math.round(perDay * days); count > 0; count--) {
      const from = Math.floor(random.between(600, days * daySeconds - 3_600));
      all.push({ kind, from, to: from + Math.ceil(random.between(...seconds)), size: random.between(...size) });
    }
  all.sort((a, b) => a.from - b.from);
  let free = 0;
  return all.map((happening) => {
    const from = Math.max(happening.from, free);
    const to = from + happening.to - happening.from;
    free = to + 150;
    return { ...happening, from, to };
  });
}
