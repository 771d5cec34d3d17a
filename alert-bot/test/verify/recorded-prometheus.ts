import { type NeighbourServer, neighbourServer, type Reply } from './neighbour-server.ts';

type Labels = Record<string, string>;

export interface RecordedRule {
  name: string;
  query?: string;
  type?: 'alerting' | 'recording';
  health?: string;
  /** Seconds before now, of its clock. */
  evaluatedAgo?: number;
  alerts?: readonly { labels: Labels; state: 'firing' | 'pending' }[];
  /** Seconds. */
  interval?: number;
}

/** What a Prometheus would answer; each test changes what it is about. */
export interface RecordedPrometheus {
  server: NeighbourServer;
  rules: RecordedRule[];
  /** `up` of each target: its samples, newest last, as seconds before now and value. */
  up: { labels: Labels; samples: [ago: number, value: number][] }[];
  /** Series that selectors find: where the samples come from. */
  origins: Labels[];
  /** Series of ALERTS now, and whether there were any in the last hour. */
  series: Labels[];
  hadSeries: boolean;
  /** Jobs that were scraped within the last hour. */
  scrapedLately: Labels[];
  /** Samples of what the rule reads, newest of each job, in seconds before now. */
  newest: { labels: Labels; ago: number }[];
  /** Whether it has samples from before its start. */
  hasOldSamples: boolean;
  startedAgo: number;
  /** How far its clock is ahead of ours, in seconds. */
  ahead: number;
  config: string;
}

export const job = (name: string, instance = 'a:80'): Labels => ({ job: name, instance });
export const steadily = (labels: Labels, value = 1): RecordedPrometheus['up'][number] => ({
  labels,
  samples: Array.from({ length: 20 }, (_, n) => [(19 - n) * 5 + 1, value]),
});

/** A healthy Prometheus of an hour with the rule APIDown, evaluated two seconds ago, without an active alert. */
export async function recordedPrometheus(changes: Partial<RecordedPrometheus> = {}): Promise<RecordedPrometheus> {
  const recorded: RecordedPrometheus = {
    server: await neighbourServer(),
    rules: [{ name: 'APIDown' }],
    up: [steadily(job('api'))],
    origins: [job('api')],
    series: [],
    hadSeries: false,
    scrapedLately: [],
    newest: [],
    hasOldSamples: true,
    startedAgo: 3_600,
    ahead: 0,
    config: 'global:\n  scrape_interval: 5s\nalerting:\n  alertmanagers: []\n',
    ...changes,
  };
  const now = () => Date.now() + recorded.ahead * 1_000;
  const iso = (ago: number) => new Date(now() - ago * 1_000).toISOString();
  const json = (make: (query: URLSearchParams) => unknown): Reply => {
    return (request, response) => {
      const query = new URL(request.url ?? '', 'http://x').searchParams;
      response.end(JSON.stringify({ status: 'success', data: make(query) }));
    };
  };
  const paths: Record<string, Reply> = {
    '/api/v1/rules': json((query) => rulesAnswer(recorded, query, iso)),
    '/api/v1/query': json((query) => queryAnswer(recorded, query.get('query') ?? '', now() / 1_000)),
    '/api/v1/status/runtimeinfo': json(() => ({ startTime: iso(recorded.startedAgo), lastConfigTime: 'once' })),
    '/api/v1/status/config': json(() => ({ yaml: recorded.config })),
  };
  for (const [path, reply] of Object.entries(paths)) recorded.server.replies.set(path, reply);
  return recorded;
}

function rulesAnswer({ rules }: RecordedPrometheus, query: URLSearchParams, iso: (ago: number) => string) {
  const type = query.get('type') === 'record' ? 'recording' : 'alerting';
  const wanted = rules.filter((rule) => (rule.type ?? 'alerting') === type);
  return {
    groups: wanted.map(
      ({ evaluatedAgo = 2, health = 'ok', interval = 5, query: expression = 'errors > 5', ...rule }) => ({
        interval,
        rules: [{ alerts: [], ...rule, query: expression, health, lastEvaluation: iso(evaluatedAgo) }],
      }),
    ),
  };
}

function queryAnswer(recorded: RecordedPrometheus, query: string, now: number) {
  const vector = (rows: readonly Labels[]) => ({ result: rows.map((metric) => ({ metric, value: [now, '1'] })) });
  if (query === 'time()') return { resultType: 'scalar', result: [now, String(now)] };
  if (query.startsWith('ALERTS')) return vector(recorded.series);
  if (query.startsWith('count(last_over_time(ALERTS')) return vector(recorded.hadSeries ? [{}] : []);
  if (query.startsWith('group by (job) (last_over_time(up{')) return vector(recorded.scrapedLately);
  if (query.startsWith('max by (job) (timestamp('))
    return { result: recorded.newest.map(({ labels, ago }) => ({ metric: labels, value: [now, String(now - ago)] })) };
  if (query.startsWith('group by')) return vector(recorded.origins);
  if (query.startsWith('count(up')) return vector(recorded.hasOldSamples ? [{}] : []);
  return {
    result: recorded.up.map(({ labels, samples }) => ({
      metric: { __name__: 'up', ...labels },
      values: samples.map(([ago, value]) => [now - ago, String(value)]),
    })),
  };
}
