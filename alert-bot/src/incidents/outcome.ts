/**
 * What an action led to. `healed`: the target is healthy with a new start time and the alert is gone. `ineffective`:
 * the alert fires on, or the target is not healthy. `failed`: the action itself failed. `unknown`: it could not be
 * checked, which is never a success.
 */
export const verdicts = ['healed', 'ineffective', 'failed', 'unknown'] as const;
export type Verdict = (typeof verdicts)[number];

/** `relapsed`: it was healed, and the same alert came back on the same target within `limits.relapse`. Counts as a failure. */
export const outcomes = [...verdicts, 'relapsed'] as const;
export type Outcome = (typeof outcomes)[number];
