import * as z from 'zod';
import type { AlertSource, AlertState, SourcedAlert } from './alert-source.ts';
import { askJson, endpoint, remembered } from './ask-json.ts';

export interface SourceOptions {
  url: string;
  timeoutMs?: number;
  /** How long one answer serves all incidents of the same alert. */
  rememberMs?: number;
}

const labels = z.record(z.string(), z.string());
const rulesAnswer = z.object({
  data: z.object({
    groups: z.array(
      z.object({
        rules: z.array(
          z.object({
            name: z.string(),
            type: z.string().optional(),
            health: z.string().optional(),
            lastEvaluation: z.string().optional(),
            alerts: z.array(z.object({ labels, state: z.string() })).nullish(),
          }),
        ),
      }),
    ),
  }),
});
const queryAnswer = z.object({ data: z.object({ result: z.array(z.object({ metric: labels })) }) });
type Rule = z.infer<typeof rulesAnswer>['data']['groups'][number]['rules'][number];

/**
 * Asks Prometheus for the rule of that name and its active alerts. The rules API says what the series `ALERTS` cannot: when
 * the rule was last evaluated (a Prometheus that has just started shows no alerts because it has not looked yet) and whether
 * that worked. A name that is no rule there (written by hand, or evaluated elsewhere) is looked for in `ALERTS`.
 */
export function createPrometheusSource({ url, timeoutMs = 3_000, rememberMs = 1_000 }: SourceOptions): AlertSource {
  const rulesOf = remembered(async (name: string) => {
    const answer = await askJson(endpoint(url, 'api/v1/rules', { type: 'alert', 'rule_name[]': name }), timeoutMs);
    const parsed = rulesAnswer.safeParse(answer);
    // Versions before the filter existed answer with every rule.
    return parsed.success
      ? parsed.data.data.groups.flatMap(({ rules }) => rules.filter((r) => r.name === name))
      : undefined;
  }, rememberMs);
  const seriesOf = remembered(async (name: string) => {
    const query = `ALERTS{alertname=${JSON.stringify(name)}}`;
    const parsed = queryAnswer.safeParse(await askJson(endpoint(url, 'api/v1/query', { query }), timeoutMs));
    return parsed.success ? parsed.data.data.result.map(({ metric }) => metric) : undefined;
  }, rememberMs);
  return {
    configured: true,
    look: async (alert, since) => {
      const name = alert.labels['alertname'] ?? '';
      const rules = (await rulesOf(name)) ?? [];
      const state = rules.length > 0 ? stateInRules(rules, alert, since) : stateInSeries(await seriesOf(name), alert);
      return { state };
    },
    status: () => [{ source: 'prometheus', up: true }],
    probe: async () => undefined,
  };
}

function stateInRules(rules: readonly Rule[], alert: SourcedAlert, since = 0): AlertState {
  const states = rules.flatMap(({ alerts }) => alerts ?? []).filter((active) => isSame(active.labels, alert.labels));
  if (states.some(({ state }) => state === 'firing')) return 'firing';
  if (states.length > 0) return 'pending';
  const looked = rules.every(
    ({ health, lastEvaluation }) => health !== 'err' && Date.parse(lastEvaluation ?? '') > Math.max(0, since),
  );
  return looked ? 'gone' : 'unknown';
}

function stateInSeries(series: readonly Record<string, string>[] | undefined, alert: SourcedAlert): AlertState {
  if (!series) return 'unknown';
  const same = series.filter(({ alertstate: _state, __name__: _name, ...own }) => isSame(own, alert.labels));
  if (same.length === 0) return 'gone';
  return same.some(({ alertstate }) => alertstate === 'firing') ? 'firing' : 'pending';
}

/** Alertmanager's labels have external labels too, and relabelling may drop some: no contradiction is a match. */
const isSame = (here: Readonly<Record<string, string>>, there: Readonly<Record<string, string>>): boolean =>
  Object.entries(here).every(([name, value]) => there[name] === undefined || there[name] === value);
