import type { AlertState } from '../../src/verify/alert-source.ts';
import type { Truth } from './conditions.ts';
import { keyOf } from './conditions.ts';
import type { Containers } from './containers.ts';
import type { ModelClock } from './model-clock.ts';

/** Scrapes and evaluations; what changed is seen by two of them, at the latest. */
export const prometheusStepMs = 2_000;
export const seenAfterMs = 2 * prometheusStepMs;
/** Rules look back so long; after a cure they stay true for as much. */
export const windowMs = 10_000;
const forMs = 4_000;
/** Ten minutes. */
const keptScrapes = 600_000 / prometheusStepMs;

const isRunning = ({ state }: { state: string }) => state === 'running';

export interface Sample {
  at: number;
  wallAt: number;
  up: boolean;
  bad: boolean;
}

export interface ActiveAlert {
  labels: Record<string, string>;
  activeSince: number;
  firing: boolean;
  /** Wall clock, as Prometheus sends it. */
  startsAt: number;
}

export interface PrometheusAnswer {
  state: AlertState;
  evaluatedAt?: number;
}

export type SimulatedPrometheus = ReturnType<typeof createSimulatedPrometheus>;

/** Evaluates rules over scraped samples, and can be blind in all the ways that a real one can. */
export function createSimulatedPrometheus(clock: ModelClock, truth: Truth, containers: Containers, send: SendAlert) {
  const samples = new Map<string, Sample[]>();
  const scrapes = new Map<string, Sample[]>();
  const alerts = new Map<string, ActiveAlert>();
  /** `up` by job and instance. */
  const targets = new Map<string, Map<string, Sample[]>>();
  const gaps = new Map<string, number>();
  let isUp = true;
  let startedAt = -windowMs * 2;
  let startedAtWall = clock.now() - windowMs * 2;
  let evaluated: { at: number; wallAt: number } | undefined;

  function step(): void {
    clock.after(prometheusStepMs, step);
    if (!isUp) return;
    scrape();
    evaluate();
  }

  function scrape(): void {
    const at = clock.elapsed();
    const wallAt = clock.now();
    const reached = new Set<string>();
    for (const job of containers.services.keys()) if ((gaps.get(job) ?? 0) <= at) reached.add(job);
    const well = new Set<string>();
    for (const [job, { replicas }] of containers.services)
      if (reached.has(job) && replicas.some(isRunning)) well.add(job);
    const isScraped = (job: string | undefined) => job === undefined || well.has(job);
    for (const { key, holds, scrapes: job } of truth.now())
      remember(samples, key, { at, wallAt, up: isScraped(job), bad: holds });
    for (const [job, { replicas }] of containers.services) {
      remember(scrapes, job, { at, wallAt, up: isScraped(job), bad: false });
      for (const { state, addresses } of replicas) {
        const isThere = state === 'running' || state === 'paused';
        const up = state === 'running' && reached.has(job);
        if (isThere) scrapeTarget(job, `${addresses[0]}:8001`, { at, wallAt, up, bad: false });
      }
    }
    scrapeTarget('probe', 'blackbox', { at, wallAt, up: true, bad: false });
  }

  function scrapeTarget(job: string, instance: string, sample: Sample): void {
    const instances = targets.get(job) ?? new Map<string, Sample[]>();
    targets.set(job, instances);
    const kept = instances.get(instance) ?? [];
    instances.set(instance, kept);
    kept.push(sample);
    if (kept.length > 2 * keptScrapes) kept.splice(0, keptScrapes);
  }

  function remember(all: Map<string, Sample[]>, key: string, sample: Sample): void {
    const kept = all.get(key) ?? [];
    while (kept[0] && kept[0].at <= sample.at - windowMs) kept.shift();
    kept.push(sample);
    all.set(key, kept);
  }

  function evaluate(): void {
    const at = clock.elapsed();
    for (const [key, all] of samples) {
      const recent = all[0] && all[0].at <= at - windowMs ? all.filter((sample) => sample.at > at - windowMs) : all;
      if (recent !== all) samples.set(key, recent);
      if (recent.length === 0) samples.delete(key);
      const good = recent.filter(({ up }) => up);
      note(key, good.length >= 2 && good.some(({ bad }) => bad), at);
    }
    for (const key of alerts.keys()) if (!samples.has(key)) note(key, false, at);
    evaluated = { at, wallAt: clock.now() };
  }

  function note(key: string, active: boolean, at: number): void {
    const known = alerts.get(key);
    if (!active) {
      alerts.delete(key);
      if (known?.firing) send(known.labels, known.startsAt, clock.now());
      return;
    }
    const alert = known ?? { labels: labelsOf(key), activeSince: at, firing: false, startsAt: 0 };
    alerts.set(key, alert);
    if (!alert.firing && at - alert.activeSince >= forMs) Object.assign(alert, { firing: true, startsAt: clock.now() });
    if (alert.firing) send(alert.labels, alert.startsAt, undefined);
  }

  const known = new Map<string, Record<string, string>>();
  function labelsOf(key: string): Record<string, string> {
    for (const { key: other, labels } of truth.now()) known.set(other, labels);
    return known.get(key) ?? {};
  }

  /** An honest witness: `gone` only when every scrape of the window was there, and an evaluation came after `since`. */
  function look(labels: Readonly<Record<string, string>>, since = 0): PrometheusAnswer {
    if (!isUp || !evaluated) return { state: 'unknown' };
    const evaluatedAt = evaluated.wallAt;
    const alert = alerts.get(keyOf(labels));
    if (alert) return { state: alert.firing ? 'firing' : 'pending', evaluatedAt };
    const name = labels['alertname'] ?? '';
    if (!ruleJobs.has(name)) return { state: 'unknown' };
    const sees = name === 'APIDown' ? startedAt < evaluated.at - windowMs : couldSee(labels['service'] ?? '');
    return { state: sees && evaluatedAt > since ? 'gone' : 'unknown', evaluatedAt };
  }

  function couldSee(service: string): boolean {
    const at = clock.elapsed();
    const recent = (scrapes.get(service) ?? []).filter((sample) => sample.at > at - windowMs);
    return recent.length >= windowMs / prometheusStepMs - 1 && recent.every(({ up }) => up);
  }

  step();
  return {
    look,
    alerts: () => [...alerts.values()],
    targets,
    startedAt: () => startedAtWall,
    evaluatedAt: () => evaluated?.wallAt,
    isUp: () => isUp,
    stop: () => {
      isUp = false;
    },
    /** It forgets what it had in memory; it was away for a moment at least. */
    start: (keepsData = false) => {
      isUp = true;
      startedAt = clock.elapsed();
      startedAtWall = clock.now();
      evaluated = undefined;
      alerts.clear();
      if (!keepsData) for (const memory of [samples, scrapes, targets]) memory.clear();
    },
    /** Scrapes of a service fail for so long. */
    gap: (service: string, ms: number) => gaps.set(service, clock.elapsed() + ms),
  };
}

export type SendAlert = (labels: Record<string, string>, startsAt: number, endsAt: number | undefined) => void;

/** The jobs whose samples the rules read. */
export const ruleJobs: ReadonlyMap<string, string> = new Map([
  ['APIHighLatency', 'api'],
  ['APIDown', 'probe'],
  ['WorkerBacklogHigh', 'worker'],
  ['WorkerStalled', 'worker'],
  ['WebSlow', 'web'],
  ['ClosedSlow', 'closed'],
  ['GuardedSlow', 'guarded'],
  ['DatabaseDown', 'db'],
]);
