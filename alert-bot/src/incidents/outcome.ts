/**
 * What an action led to. `healed`: the target is healthy with a new start time and the alert is gone. `ineffective`:
 * the alert fires on, or the target is not healthy. `failed`: the action itself failed. `unknown`: it could not be
 * checked, which is never a success.
 */
export const outcomes = ['healed', 'ineffective', 'failed', 'unknown'] as const;
export type Outcome = (typeof outcomes)[number];
