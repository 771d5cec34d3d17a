import type { EngineAlertName } from './engine-alerts.ts';
import type { TrackedContainer } from './tracked-container.ts';

/** Numbers that say when a container's state is worth an alert. */
export interface EngineAlertRules {
  /** So many ends on its own within the window are a crash loop. */
  crashDeaths: number;
  crashWindowMs: number;
  /** How long a kill for want of memory is told. */
  outOfMemoryMs: number;
}

export const defaultRules: EngineAlertRules = { crashDeaths: 3, crashWindowMs: 600_000, outOfMemoryMs: 600_000 };

export interface Condition {
  /** By the engine's clock, in milliseconds since the epoch. */
  since: number;
  summary: string;
}

/** Longer than the engine needs to say the rest, on top of the container's own time to stop. */
const stopSlackMs = 2_000;
const defaultGraceMs = 10_000;

/**
 * Whether an alert about this container is due at this moment. `unsettled`: it is neither: the container is on its way, and an
 * alert that fires goes on.
 */
export function findCondition(
  alertname: EngineAlertName,
  tracked: TrackedContainer,
  rules: EngineAlertRules,
  now: number,
): Condition | 'over' | 'unsettled' {
  if (!tracked.container.optedIn) return 'over';
  if (alertname === 'ContainerUnhealthy') return findUnhealthy(tracked, now);
  return alertname === 'ContainerCrashLooping'
    ? findCrashLoop(tracked, rules, now)
    : findOutOfMemory(tracked, rules, now);
}

function findUnhealthy(tracked: TrackedContainer, now: number): Condition | 'over' | 'unsettled' {
  const { state, health, name, unhealthySince } = tracked.container;
  if (state === 'down') return tracked.endedBy === 'person' ? 'over' : 'unsettled';
  if (health === 'healthy' || health === 'none') return 'over';
  if (health === 'starting' || isStopping(tracked, now)) return 'unsettled';
  return { since: unhealthySince ?? now, summary: `The container ${name} is unhealthy.` };
}

function isStopping({ toldToEndAt, container }: TrackedContainer, now: number): boolean {
  const graceMs = (container.stopGraceMs ?? defaultGraceMs) + stopSlackMs;
  return toldToEndAt !== undefined && Math.abs(now - toldToEndAt) < graceMs;
}

/** Deaths are compared with each other by the engine's clock; whether the last is recent, by ours. */
function findCrashLoop(
  { deaths, container, endedBy, lastExitCode }: TrackedContainer,
  { crashDeaths, crashWindowMs }: EngineAlertRules,
  now: number,
): Condition | 'over' {
  const last = deaths.at(-1);
  if (last === undefined || now - last >= crashWindowMs || endedBy === 'person') return 'over';
  const recent = deaths.filter((at) => last - at < crashWindowMs);
  if (recent.length < crashDeaths) return 'over';
  const code = lastExitCode === undefined ? '' : `, the last time with code ${lastExitCode}`;
  const summary = `The container ${container.name} ended ${recent.length} times within ${crashWindowMs / 60_000} minutes${code}.`;
  return { since: recent[crashDeaths - 1] as number, summary };
}

function findOutOfMemory(
  { outOfMemoryAt, container }: TrackedContainer,
  { outOfMemoryMs }: EngineAlertRules,
  now: number,
): Condition | 'over' {
  if (outOfMemoryAt === undefined || now - outOfMemoryAt >= outOfMemoryMs) return 'over';
  return {
    since: outOfMemoryAt,
    summary: `The kernel killed a process of the container ${container.name}: out of memory.`,
  };
}
