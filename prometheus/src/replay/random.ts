/** Numbers that are the same for the same seed (mulberry32), so that a replay can be repeated. */
export interface Random {
  /** From 0 up to 1. */
  share(): number;
  between(from: number, to: number): number;
  whole(from: number, to: number): number;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const share = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (from: number, to: number) => from + share() * (to - from);
  return { share, between, whole: (from, to) => Math.floor(between(from, to + 1)) };
}
