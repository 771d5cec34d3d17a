import { wholeLabels } from '../alerts/label-of.ts';
import type { SourcedAlert } from './alert-source.ts';
import { type Labels, labelsOf } from './json.ts';
import type { Neighbour } from './neighbour.ts';
import { createActiveAlerts } from './prometheus/active-alerts.ts';
import {
  createPrometheusApi,
  isUnanswered,
  type PrometheusApi,
  type RulesOfName,
  type Unanswered,
} from './prometheus/prometheus-api.ts';
import { type PrometheusConfig, type Relabelling, unknownRelabelling } from './prometheus/relabelling.ts';
import { createRuleSight } from './prometheus/rule-sight.ts';
import { createSeenNames } from './prometheus/seen-names.ts';
import type { PrometheusTestimony } from './testimony.ts';

export interface PrometheusSource {
  look(alert: SourcedAlert, since?: number): Promise<PrometheusTestimony>;
}

export interface PrometheusSourceOptions {
  neighbour: Neighbour;
  rememberMs?: number;
  now?: () => number;
}

/**
 * Asks Prometheus for the rules of that name and their active alerts. That the alert is not among them is `gone` only with
 * proof that the rule knew it, was evaluated since and could see its targets.
 */
export function createPrometheusSource(options: PrometheusSourceOptions): PrometheusSource {
  const { neighbour, rememberMs = 1_000, now = () => Date.now() } = options;
  const api = createPrometheusApi(neighbour, { rememberMs, now });
  const prove = createRuleSight(api, now);
  const names = createSeenNames();
  return {
    look: async (alert, since) => {
      const labels = labelsOf(wholeLabels(alert.labels));
      const name = labels.get('alertname') ?? '';
      const found = await api.rules('alert', name);
      if (isUnanswered(found)) return unknown(found.error);
      if (found.rules.length === 0) return withoutRule(api, name, labels, names.has(name));
      names.add(name);
      const config = await configOf(api, found);
      const presence = found.active.find(labels, relabellingOf(config));
      const evaluatedAt = Math.min(...found.rules.map((rule) => rule.evaluatedAt));
      if (presence === 'firing' || presence === 'pending') return { state: presence, evaluatedAt };
      const proof = await prove({
        labels,
        since,
        found,
        queryOffset: isUnanswered(config) ? undefined : config.queryOffset,
      });
      if (presence === 'absent') return proof;
      const detail = 'Prometheus has an alert of that rule with other labels, which may be this one';
      return { ...proof, state: 'maybe', otherwise: proof.state === 'gone' ? 'gone' : 'unknown', detail };
    },
  };
}

const unknown = (why: string): PrometheusTestimony => ({ state: 'unknown', detail: `Prometheus: ${why}` });

async function configOf(api: PrometheusApi, { answeredAt }: RulesOfName): Promise<PrometheusConfig | Unanswered> {
  const runtime = await api.runtime(answeredAt);
  return isUnanswered(runtime) ? runtime : api.config(runtime);
}

const relabellingOf = (config: PrometheusConfig | Unanswered): Relabelling =>
  isUnanswered(config) ? unknownRelabelling : config.relabelling;

/** No rule of that name: a series may tell of a rule that is evaluated elsewhere. Nothing at all proves nothing. */
async function withoutRule(
  api: PrometheusApi,
  name: string,
  labels: Labels,
  wasKnown: boolean,
): Promise<PrometheusTestimony> {
  const selector = `ALERTS{alertname=${JSON.stringify(name)}}`;
  const series = await api.query(selector, Number.NEGATIVE_INFINITY);
  if (isUnanswered(series)) return unknown(series.error);
  const alerts = series.map((each) => {
    const own = [...each.labels].filter(([label]) => label !== '__name__' && label !== 'alertstate');
    return { labels: new Map(own), firing: each.labels.get('alertstate') === 'firing' };
  });
  const presence = createActiveAlerts(alerts).find(labels, unknownRelabelling);
  if (presence === 'firing' || presence === 'pending') return { state: presence };
  if (presence === 'maybe')
    return { state: 'maybe', otherwise: 'unknown', detail: 'Prometheus has series of that alert with other labels' };
  const lately = wasKnown || (await api.query(`count(last_over_time(${selector}[1h]))`, Number.NEGATIVE_INFINITY));
  if (lately !== true && isUnanswered(lately)) return unknown(lately.error);
  if (lately === true || lately.length > 0) return unknown('it has no rule of that name any more');
  return { state: 'foreign', detail: 'Prometheus has no rule of that name' };
}
