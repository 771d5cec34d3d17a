export interface RestartTimes {
  /** The first pause before a process that ended is started again; doubled each time up to `maxBackoffMs`. */
  backoffMs: number;
  maxBackoffMs: number;
  /** One that ran so long before it ended begins with the first pause again. */
  goodRunMs: number;
  /** Between SIGTERM and SIGKILL. */
  graceMs: number;
  probeIntervalMs: number;
  probeTimeoutMs: number;
  /** Failed probes in a row until a healthy process counts as unhealthy. */
  probeRetries: number;
  /** So long failed probes of a new process say `starting` and not `unhealthy`. */
  startPeriodMs: number;
  /** A process without a probe counts as up after running so long. */
  steadyMs: number;
  pollMs: number;
}

/** As in docker-compose.yml and in Docker itself, but probed each second: it costs nothing here. */
export const restartTimes: RestartTimes = {
  backoffMs: 1_000,
  maxBackoffMs: 30_000,
  goodRunMs: 10_000,
  graceMs: 15_000,
  probeIntervalMs: 1_000,
  probeTimeoutMs: 3_000,
  probeRetries: 3,
  startPeriodMs: 30_000,
  steadyMs: 500,
  pollMs: 50,
};

/** The pauses between the starts of one process. */
export function createBackoff({ backoffMs, maxBackoffMs, goodRunMs }: RestartTimes) {
  let pauseMs = backoffMs;
  return {
    /** @param startedAt when the run that just ended began, in milliseconds since the epoch */
    next(startedAt: number, now = Date.now()): number {
      if (now - startedAt >= goodRunMs) pauseMs = backoffMs;
      const current = pauseMs;
      pauseMs = Math.min(pauseMs * 2, maxBackoffMs);
      return current;
    },
  };
}
