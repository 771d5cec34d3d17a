import { type Spread, spreadOf } from './statistics.ts';

/** What the figure has to be. */
export type Reach = { atLeast: number } | { atMost: number };

/** How `value` came from the two sides: ours ÷ theirs, ours − theirs, or ours alone. */
export type Relation = 'ratio' | 'difference' | 'alone';

/** One line of the results. */
export interface Figure {
  /** For example `list, requests per second`. */
  what: string;
  /** Of `ours` and `theirs`. */
  unit: string;
  ours: Spread;
  /** What ours is compared with; absent when it stands alone. */
  reference?: string;
  theirs?: Spread;
  relation: Relation;
  /** In `unit` unless it is a ratio. */
  value: Spread;
  reach?: Reach;
  /** The reach is met by the median; absent without a reach. */
  met?: boolean;
}

export interface Comparison {
  what: string;
  unit: string;
  /** One value for each round, in the same order on both sides. */
  ours: readonly number[];
  theirs: readonly number[];
  reference: string;
  reach?: Reach;
}

/** Ours ÷ theirs, round by round: both of a round met the same state of the machine. @throws RangeError when the sides differ in length */
export const ratio = (comparison: Comparison): Figure => compare(comparison, 'ratio', (ours, theirs) => ours / theirs);

/** Ours − theirs, round by round. @throws RangeError when the sides differ in length */
export const difference = (comparison: Comparison): Figure =>
  compare(comparison, 'difference', (ours, theirs) => ours - theirs);

/** Ours against a limit, with nothing to compare it with. */
export function alone({ what, unit, ours, reach }: Omit<Comparison, 'theirs' | 'reference'>): Figure {
  const spread = spreadOf(ours);
  return { what, unit, ours: spread, relation: 'alone', value: spread, ...judged(spread, reach) };
}

function compare(comparison: Comparison, relation: Relation, relate: (ours: number, theirs: number) => number): Figure {
  const { what, unit, ours, theirs, reference, reach } = comparison;
  if (ours.length !== theirs.length) throw new RangeError(`${what}: ${ours.length} rounds against ${theirs.length}`);
  const value = spreadOf(ours.map((mine, round) => relate(mine, theirs[round] as number)));
  const sides = { ours: spreadOf(ours), reference, theirs: spreadOf(theirs) };
  return { what, unit, ...sides, relation, value, ...judged(value, reach) };
}

function judged({ median }: Spread, reach: Reach | undefined): Pick<Figure, 'reach' | 'met'> {
  if (!reach) return {};
  return { reach, met: 'atLeast' in reach ? median >= reach.atLeast : median <= reach.atMost };
}
