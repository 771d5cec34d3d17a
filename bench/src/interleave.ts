import type { Bench } from './part.ts';

/** What one round of one contender measured, by name. */
export type Sample = Record<string, number>;

export type Contenders<Name extends string, S extends Sample> = Record<Name, (round: number) => Promise<S>>;

/**
 * Runs every contender once a round, A B A B, and every second round backwards (B A), so that neither always follows the
 * other. Resolves to each contender's samples in the order of the rounds.
 * @throws what a contender throws; the signal's reason when the run is stopped
 */
export async function interleave<Name extends string, S extends Sample>(
  bench: Pick<Bench, 'rounds' | 'signal' | 'progress'>,
  contenders: Contenders<Name, S>,
): Promise<Record<Name, S[]>> {
  const names = Object.keys(contenders) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as S[]])) as Record<Name, S[]>;
  for (let round = 0; round < bench.rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      bench.signal.throwIfAborted();
      bench.progress(`round ${round + 1} of ${bench.rounds}: ${name}`);
      samples[name].push(await contenders[name](round));
    }
  }
  return samples;
}

/** One measured value, round by round. @throws RangeError when a sample lacks it */
export function valuesOf<S extends Sample>(samples: readonly S[], metric: keyof S & string): number[] {
  return samples.map((sample) => {
    const value = sample[metric];
    if (value === undefined || !Number.isFinite(value)) throw new RangeError(`a round measured no ${metric}`);
    return value;
  });
}
