export interface ActionBudget {
  /** Takes so many replica actions out of the hour's budget, or none when there are fewer left. */
  take(count: number): boolean;
  /** Puts the newest ones back: nothing was begun. */
  putBack(count: number): void;
  left(): number;
}

const hourMs = 3_600_000;

/** At most `maxPerHour` within any hour. @param now milliseconds of a clock that never goes back */
export function createActionBudget(maxPerHour: number, now: () => number): ActionBudget {
  let taken: number[] = [];
  const left = () => {
    taken = taken.filter((at) => now() - at < hourMs);
    return maxPerHour - taken.length;
  };
  return {
    left,
    take: (count) => {
      if (left() < count) return false;
      taken.push(...Array.from({ length: count }, now));
      return true;
    },
    putBack: (count) => {
      taken.length = Math.max(0, taken.length - count);
    },
  };
}
