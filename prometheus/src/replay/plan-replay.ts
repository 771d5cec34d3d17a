import { type FaultKind, type Happening, healthyDays } from './happenings.ts';
import type { Random } from './random.ts';

/** What happens when, in seconds since the first midnight, and how much is asked of the API meanwhile. */
export interface Plan {
  happenings: readonly Happening[];
  demand(second: number): number;
  seconds: number;
}

const daySeconds = 86_400;

/** Requests a second of users: nothing or a trickle at night, a hill with a dip at noon by day, less at the end of the week. */
export function demandAt(second: number): number {
  const day = Math.floor(second / daySeconds);
  const hour = (second % daySeconds) / 3_600;
  if (hour < 6) return day % 2 === 0 ? 0 : 0.4;
  const hill = Math.sin((Math.PI * (hour - 6)) / 18);
  const noon = hour > 12 && hour < 13 ? 0.5 : 1;
  return (0.6 + 20 * hill * hill) * noon * (day % 7 > 4 ? 0.3 : 1);
}

/** So many healthy days, each second of them. */
export const planDays = (days: number, random: Random): Plan => ({
  happenings: healthyDays(days, random),
  demand: demandAt,
  seconds: days * daySeconds,
});

/**
 * The same happenings, each with the demand of its hour, and of what lies between them a minute before and two minutes after: nothing
 * changes for hours there, so no rule could judge otherwise.
 */
export function withoutCalm({ happenings, demand }: Plan): Plan {
  const before = 60;
  const after = 120;
  const starts: number[] = [];
  const offsets: number[] = [];
  let cursor = 600;
  const moved = happenings.map((happening) => {
    const from = cursor + before;
    const to = from + happening.to - happening.from;
    starts.push(cursor);
    offsets.push(happening.from - from);
    cursor = to + after;
    return { ...happening, from, to };
  });
  let piece = 0;
  return {
    happenings: moved,
    demand: (second) => {
      while (piece + 1 < starts.length && (starts[piece + 1] as number) <= second) piece++;
      return demand(second + (offsets[piece] ?? 0));
    },
    seconds: cursor,
  };
}

const faultSeconds: Readonly<Record<FaultKind, number>> = {
  'latency 400 ms': 90,
  'error rate 30 %': 90,
  hang: 90,
  'pool exhaustion': 90,
  'api frozen': 90,
  'api gone': 90,
  'worker stalled': 120,
  'worker frozen': 120,
  'no worker': 90,
  '12,000 pending': 1,
  'cpu burn': 120,
  'event loop blocked': 90,
  'file descriptor leak': 90,
  'slow database': 120,
  'database down': 120,
};

export const faultKinds = Object.keys(faultSeconds) as FaultKind[];

/** Each fault so many times, at other moments between two scrapes and with 5 to 20 requests a second. */
export function planFaults(times: number, random: Random): Plan {
  const happenings: Happening[] = [];
  let cursor = 1_200;
  for (const kind of faultKinds)
    for (let time = 0; time < times; time++) {
      const from = cursor + 120 + random.whole(0, 20);
      happenings.push({ kind, from, to: from + faultSeconds[kind], size: 1 });
      cursor = from + faultSeconds[kind] + 240;
    }
  return { happenings, demand: (second) => 5 + 15 * Math.sin(second / 997) ** 2, seconds: cursor };
}
