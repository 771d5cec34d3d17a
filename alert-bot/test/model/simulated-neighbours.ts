import type { AlertSource } from '../../src/verify/alert-source.ts';
import { createAlertmanagerSource } from '../../src/verify/alertmanager-source.ts';
import { combineTestimonies } from '../../src/verify/combine-testimonies.ts';
import type { Answer, Neighbour, Query } from '../../src/verify/neighbour.ts';
import { createPrometheusSource } from '../../src/verify/prometheus-source.ts';
import type { ModelClock } from './model-clock.ts';
import type { SimulatedAlertmanager } from './simulated-alertmanager.ts';
import { ruleJobs, type Sample, type SimulatedPrometheus, windowMs } from './simulated-prometheus.ts';

export interface Neighbours {
  clock: ModelClock;
  prometheus: SimulatedPrometheus;
  alertmanager: SimulatedAlertmanager;
  latencyMs: () => number;
}

/** The bot's own sources, with the simulated Prometheus and Alertmanager behind their APIs in place of HTTP. */
export function createAskedSource(neighbours: Neighbours): AlertSource {
  const { clock, prometheus, alertmanager } = neighbours;
  const options = { rememberMs: 1_000, now: clock.now };
  const asked = {
    prometheus: createPrometheusSource({
      neighbour: neighbourOf(neighbours, prometheus, (path, query) => askPrometheus(neighbours, path, query)),
      ...options,
    }),
    alertmanager: createAlertmanagerSource({
      neighbour: neighbourOf(neighbours, alertmanager, (path, query) => askAlertmanager(neighbours, path, query)),
      ...options,
    }),
  };
  return {
    configured: true,
    look: async (alert, since) =>
      combineTestimonies(...(await Promise.all([asked.prometheus.look(alert, since), asked.alertmanager.look(alert)]))),
    status: () => [],
    probe: async () => undefined,
  };
}

function neighbourOf(
  { clock, latencyMs }: Neighbours,
  process: { isUp(): boolean },
  answer: (path: string, query: Query) => unknown,
): Neighbour {
  return {
    ask: async (path, query): Promise<Answer> => {
      await clock.sleep(latencyMs());
      if (!process.isUp()) return { ok: false, error: 'connect ECONNREFUSED' };
      // as the header `Date`, which knows no milliseconds
      return { ok: true, body: answer(path, query), date: Math.floor(clock.now() / 1_000) * 1_000 };
    },
    status: () => ({ source: 'prometheus', up: true }),
    probe: async () => undefined,
  };
}

const rfc3339 = (time: number) => new Date(time).toISOString();

function askPrometheus({ clock, prometheus }: Neighbours, path: string, query: Query): unknown {
  const parameters = new Map(query);
  if (path === 'api/v1/rules') return rulesAnswer(prometheus, query);
  if (path === 'api/v1/status/runtimeinfo')
    return { data: { startTime: rfc3339(prometheus.startedAt()), lastConfigTime: '2026-01-01T00:00:00Z' } };
  if (path === 'api/v1/status/config') return { data: { yaml: 'global: {}' } };
  return { data: { result: resultOf(prometheus, parameters.get('query') ?? '', clock.now()) } };
}

function rulesAnswer(prometheus: SimulatedPrometheus, query: Query) {
  const names = query.filter(([name]) => name === 'rule_name[]').map(([, value]) => value);
  const isAlerts = query.some(([name, value]) => name === 'type' && value === 'alert');
  const evaluatedAt = prometheus.evaluatedAt();
  const rules = [...ruleJobs].flatMap(([name, job]) => {
    if (!isAlerts || !names.includes(name)) return [];
    const mine = prometheus.alerts().filter(({ labels }) => labels['alertname'] === name);
    return {
      name,
      query: `max_over_time(trouble{job="${job}"}[${windowMs / 1_000}s]) > 0`,
      health: evaluatedAt === undefined ? 'unknown' : 'ok',
      lastEvaluation: evaluatedAt === undefined ? '0001-01-01T00:00:00Z' : rfc3339(evaluatedAt),
      alerts: mine.map(({ labels, firing }) => ({ labels, state: firing ? 'firing' : 'pending' })),
    };
  });
  return { status: 'success', data: { groups: [{ interval: 2, rules }] } };
}

/** The few queries that the bot asks. */
function resultOf(prometheus: SimulatedPrometheus, query: string, now: number): unknown {
  if (query === 'time()') return [now / 1_000, String(now / 1_000)];
  if (/^(count\(last_over_time\()?ALERTS/.test(query)) return [];
  const jobs = [...query.matchAll(/job=~?"([^"]*)"/g)].flatMap(([, found = '']) => found.split('|'));
  const series = jobs.flatMap((job) =>
    [...(prometheus.targets.get(job) ?? [])].map(([instance, samples]) => ({ metric: { job, instance }, samples })),
  );
  if (query.startsWith('group by'))
    return lately(series, now, 600_000).map(({ metric }) => ({ metric, value: [now / 1_000, '1'] }));
  if (query.startsWith('count(')) {
    const offsetMs = Number(/offset (\d+)ms/.exec(query)?.[1] ?? 0);
    const then = series.filter(({ samples }) =>
      samples.some(({ wallAt }) => wallAt <= now - offsetMs && wallAt > now - offsetMs - 300_000),
    );
    return then.length === 0 ? [] : [{ metric: {}, value: [now / 1_000, String(then.length)] }];
  }
  return lately(series, now, 300_000).map(({ metric, samples }) => ({
    metric,
    values: samples
      .filter(({ wallAt }) => wallAt > now - 300_000 && wallAt <= now)
      .map(({ wallAt, up }) => [wallAt / 1_000, up ? '1' : '0']),
  }));
}

const lately = (series: { metric: { job: string; instance: string }; samples: Sample[] }[], now: number, ms: number) =>
  series.filter(({ samples }) => samples.some(({ wallAt }) => wallAt > now - ms && wallAt <= now));

function askAlertmanager({ clock, alertmanager }: Neighbours, path: string, query: Query): unknown {
  const toWall = (at: number) => rfc3339(clock.now() + at - clock.elapsed());
  if (path === 'api/v2/status') return { uptime: rfc3339(alertmanager.startedAt()) };
  if (path === 'api/v2/silences')
    return alertmanager.silences().map(([alertname, until]) => ({
      id: alertname,
      status: { state: 'active' },
      endsAt: toWall(until),
      comment: 'maintenance',
      createdBy: 'ops',
      matchers: [{ name: 'alertname', value: alertname, isRegex: false, isEqual: true }],
    }));
  const filter = new Map(query).get('filter') ?? '';
  const mine = alertmanager
    .alerts()
    .filter(([, { labels }]) => filter === `alertname=${JSON.stringify(labels['alertname'])}`);
  return mine.map(([fingerprint, { labels, endsAt }]) => {
    const suppressed = alertmanager.suppressionOf(labels);
    return {
      fingerprint,
      endsAt: toWall(endsAt),
      status: {
        silencedBy: suppressed?.by === 'silence' ? [labels['alertname']] : [],
        inhibitedBy: suppressed?.by === 'inhibition' ? ['abc'] : [],
      },
    };
  });
}
