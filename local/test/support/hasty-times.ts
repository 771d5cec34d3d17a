import { type RestartTimes, restartTimes } from '../../src/restart-times.ts';

/** Short enough for tests, long enough for a busy machine. */
export const hastyTimes: RestartTimes = {
  ...restartTimes,
  backoffMs: 50,
  maxBackoffMs: 400,
  graceMs: 1_000,
  probeIntervalMs: 50,
  probeTimeoutMs: 1_000,
  startPeriodMs: 2_000,
  steadyMs: 300,
  pollMs: 20,
};
