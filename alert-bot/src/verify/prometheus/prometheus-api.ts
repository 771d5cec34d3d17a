import { fieldOf, type Labels, labelsOf, listOf, textOf } from '../json.ts';
import type { Neighbour } from '../neighbour.ts';
import { remembered } from '../remembered.ts';
import type { ActiveAlerts } from './active-alerts.ts';
import { createBatch } from './batch.ts';
import { type PrometheusConfig, readConfig } from './relabelling.ts';
import { type Rule, readRules } from './rules-answer.ts';

/** A question that was not answered, with the reason. */
export interface Unanswered {
  error: string;
  /** It never will: it is a relative of Prometheus, or does not show this. */
  missing?: true;
}

/** Times are in milliseconds since the epoch, of Prometheus' clock. */
export interface Runtime {
  startedAt: number;
  /** Changes with every reload of the configuration. */
  configuredAt: string;
}

export interface RulesOfName {
  rules: readonly Rule[];
  active: ActiveAlerts;
  /** When the answer came, of `performance.now()`. */
  answeredAt: number;
}

export interface Sample {
  at: number;
  value: number;
}

export interface Series {
  labels: Labels;
  samples: readonly Sample[];
}

/** What the bot asks of a Prometheus. `askedAfter` (of `performance.now()`) refuses answers that are remembered from before. */
export interface PrometheusApi {
  rules(kind: 'alert' | 'record', name: string): Promise<RulesOfName | Unanswered>;
  runtime(askedAfter: number): Promise<Runtime | Unanswered>;
  config(runtime: Runtime): Promise<PrometheusConfig | Unanswered>;
  /** Prometheus' clock less ours, in milliseconds, at most: the later of what it can be. */
  clockAhead(): Promise<number | Unanswered>;
  query(expression: string, askedAfter: number): Promise<readonly Series[] | Unanswered>;
  /** For what changes slowly and may be much work: remembered for longer. */
  heavyQuery(expression: string): Promise<readonly Series[] | Unanswered>;
}

export const isUnanswered = (answer: object | number): answer is Unanswered =>
  typeof answer === 'object' && Object.hasOwn(answer, 'error');

export interface ApiOptions {
  /** How long one answer serves all incidents of the same alert. */
  rememberMs: number;
  now: () => number;
}

export function createPrometheusApi(neighbour: Neighbour, { rememberMs, now }: ApiOptions): PrometheusApi {
  const rulesOf = (kind: 'alert' | 'record') => createBatch((names) => askRules(neighbour, kind, names), rememberMs);
  const rules = { alert: rulesOf('alert'), record: rulesOf('record') };
  const runtime = remembered(() => askRuntime(neighbour), rememberMs);
  const config = remembered(() => askConfig(neighbour), 60_000, 2);
  const clockAhead = remembered(() => askClock(neighbour, now), 10_000, 1);
  const queried = remembered((expression: string) => askQuery(neighbour, expression, false), rememberMs);
  const queriedHeavily = remembered((expression: string) => askQuery(neighbour, expression, true), 10 * rememberMs);
  return {
    rules: (kind, name) => rules[kind](name),
    runtime: (askedAfter) => runtime('', askedAfter),
    config: ({ startedAt, configuredAt }) => config(`${startedAt} ${configuredAt}`),
    clockAhead: () => clockAhead(''),
    query: (expression, askedAfter) => queried(expression, askedAfter),
    heavyQuery: (expression) => queriedHeavily(expression),
  };
}

async function askRules(
  neighbour: Neighbour,
  type: 'alert' | 'record',
  names: readonly string[],
): Promise<readonly Rule[] | Unanswered> {
  // Versions before the filter existed answer with every rule.
  const query = [['type', type] as const, ...names.map((name) => ['rule_name[]', name] as const)];
  const answer = await neighbour.ask('api/v1/rules', query);
  if (!answer.ok) return { error: answer.error };
  return readRules(answer.body) ?? { error: 'its list of rules is incomplete' };
}

async function askRuntime(neighbour: Neighbour): Promise<Runtime | Unanswered> {
  const answer = await neighbour.ask('api/v1/status/runtimeinfo', [], { optional: true });
  if (!answer.ok) return answer;
  const data = fieldOf(answer.body, 'data');
  const startedAt = Date.parse(textOf(fieldOf(data, 'startTime')) ?? '');
  if (Number.isNaN(startedAt)) return { error: 'it does not say when it was started' };
  return { startedAt, configuredAt: textOf(fieldOf(data, 'lastConfigTime')) ?? '' };
}

async function askConfig(neighbour: Neighbour): Promise<PrometheusConfig | Unanswered> {
  const answer = await neighbour.ask('api/v1/status/config', [], { optional: true });
  const yaml = answer.ok ? textOf(fieldOf(fieldOf(answer.body, 'data'), 'yaml')) : undefined;
  return (yaml === undefined ? undefined : readConfig(yaml)) ?? { error: 'it does not show its configuration' };
}

async function askClock(neighbour: Neighbour, now: () => number): Promise<number | Unanswered> {
  const askedAt = now();
  const answer = await neighbour.ask('api/v1/query', [['query', 'time()']]);
  if (!answer.ok) return { error: answer.error };
  const [seconds] = listOf(fieldOf(fieldOf(answer.body, 'data'), 'result'));
  return typeof seconds === 'number' ? seconds * 1_000 - askedAt : { error: 'it does not tell its time' };
}

async function askQuery(
  neighbour: Neighbour,
  expression: string,
  heavy: boolean,
): Promise<readonly Series[] | Unanswered> {
  const answer = await neighbour.ask('api/v1/query', [['query', expression]], { heavy });
  if (!answer.ok) return { error: answer.error };
  const result = fieldOf(fieldOf(answer.body, 'data'), 'result');
  if (!Array.isArray(result)) return { error: 'it does not answer queries' };
  return result.map((series) => ({ labels: labelsOf(fieldOf(series, 'metric')), samples: samplesOf(series) }));
}

function samplesOf(series: unknown): Sample[] {
  const values = fieldOf(series, 'values');
  const pairs = Array.isArray(values) ? values : [fieldOf(series, 'value')];
  return pairs.map(listOf).map(([at, value]) => ({ at: Number(at) * 1_000, value: Number(value) }));
}
