import { type Containers, isHealthy } from './containers.ts';
import type { ModelClock } from './model-clock.ts';

/** What a rule says about the simulated world: true or not, and whether its targets can be scraped at all. */
export interface Condition {
  key: string;
  labels: Record<string, string>;
  holds: boolean;
  /** The service whose scrapes the rule reads; absent for a probe from outside. */
  scrapes?: string | undefined;
}

export interface Outside {
  databaseDown: boolean;
  /** Workers that the incoming transactions need. */
  load: number;
}

export type Truth = ReturnType<typeof createTruth>;

/** Which conditions held when: what nobody in the simulation knows but the tests. */
export function createTruth(clock: ModelClock, containers: Containers, outside: Outside) {
  const spans = new Map<string, { from: number; to: number }[]>();
  const open = new Map<string, number>();

  let changedAt = 0;

  function update(): void {
    const now = clock.elapsed();
    changedAt = now;
    const holding = new Set(conditionsNow(containers, outside).flatMap(({ key, holds }) => (holds ? [key] : [])));
    for (const key of holding) if (!open.has(key)) open.set(key, now);
    for (const [key, from] of open) {
      if (holding.has(key)) continue;
      open.delete(key);
      spans.set(key, [...(spans.get(key) ?? []), { from, to: now }]);
    }
  }

  return {
    update,
    now: () => conditionsNow(containers, outside),
    justChanged: (ms: number) => clock.elapsed() - changedAt < ms,
    holds: (key: string) => open.has(key),
    /** The longest time in one piece for which the condition held between two moments of the run. */
    longestWithin: (key: string, from: number, to: number): number => {
      const since = open.get(key);
      const all = [...(spans.get(key) ?? []), ...(since === undefined ? [] : [{ from: since, to }])];
      return Math.max(0, ...all.map((span) => Math.min(span.to, to) - Math.max(span.from, from)));
    },
  };
}

function conditionsNow(containers: Containers, { databaseDown, load }: Outside): Condition[] {
  const running = (name: string) =>
    (containers.services.get(name)?.replicas ?? []).filter(({ state }) => state === 'running');
  const sick = (name: string) =>
    containers.services.get(name)?.external === true || running(name).some((container) => container.sick !== undefined);
  const workers = running('worker');
  return [
    condition('APIHighLatency', 'api', running('api').length > 0 && (databaseDown || sick('api'))),
    { ...condition('APIDown', 'api', running('api').length === 0), scrapes: undefined },
    condition('WorkerBacklogHigh', 'worker', databaseDown || load > workers.filter(isHealthy).length),
    ...workers.map(({ addresses, sick: stalled }) =>
      condition('WorkerStalled', 'worker', stalled !== undefined, { instance: `${addresses[0]}:8001` }),
    ),
    condition('WebSlow', 'web', sick('web')),
    condition('ClosedSlow', 'closed', sick('closed')),
    condition('GuardedSlow', 'guarded', sick('guarded')),
    condition('DatabaseDown', 'db', databaseDown),
  ];
}

function condition(alertname: string, service: string, holds: boolean, more: Record<string, string> = {}): Condition {
  const labels = { alertname, service, ...more };
  return { key: keyOf(labels), labels, holds, scrapes: service };
}

export const keyOf = ({ alertname = '', instance = '' }: Readonly<Record<string, string>>): string =>
  `${alertname} ${instance}`;
