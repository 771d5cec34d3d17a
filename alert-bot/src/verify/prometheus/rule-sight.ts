import type { Labels } from '../json.ts';
import type { PrometheusTestimony } from '../testimony.ts';
import { isUnanswered, type PrometheusApi, type RulesOfName, type Series, type Unanswered } from './prometheus-api.ts';
import { findPushed, upOf } from './pushed-jobs.ts';
import { createChainReader, type RuleChain } from './rule-chain.ts';
import { blindSpot, type Origin } from './target-sight.ts';

export interface SightQuestion {
  labels: Labels;
  /** Of our clock. */
  since: number | undefined;
  found: RulesOfName;
  queryOffset: string | undefined;
}

/** Times of Prometheus' clock, and when its rules were asked. */
interface Moment {
  now: number;
  since: number;
  /** Undefined for a relative of Prometheus that does not say. */
  startedAt: number | undefined;
  askedAfter: number;
}

const maxJobs = 50;
/** How far back the origins of samples are looked for: a target that went away longer ago is no origin any more. */
const originRange = '10m';
const scrapeRange = '5m';

/**
 * `gone` when the rules of that name have looked since, and could see: they are healthy, whatever they read was recorded and
 * scraped since, and this Prometheus knows the time before. Otherwise `unknown`, with what is missing.
 */
export function createRuleSight(api: PrometheusApi, ourNow: () => number) {
  const readChain = createChainReader(api);
  return async ({ labels, since, found, queryOffset }: SightQuestion): Promise<PrometheusTestimony> => {
    const evaluatedAt = Math.min(...found.rules.map((rule) => rule.evaluatedAt));
    const unknown = (why: string): PrometheusTestimony => ({
      state: 'unknown',
      evaluatedAt,
      detail: `Prometheus: ${why}`,
    });
    const [runtime, ahead] = await Promise.all([api.runtime(found.answeredAt), api.clockAhead()]);
    if (isUnanswered(ahead)) return unknown(ahead.error);
    if (isUnanswered(runtime) && !runtime.missing) return unknown(runtime.error);
    const startedAt = isUnanswered(runtime) ? undefined : runtime.startedAt;
    const moment: Moment = {
      now: ourNow() + ahead,
      since: since === undefined ? 0 : since + ahead,
      startedAt,
      askedAfter: found.answeredAt,
    };
    if (since !== undefined && (startedAt ?? 0) > moment.since) return unknown('it was started after the action');
    if (evaluatedAt <= moment.since) return unknown('its rule was not evaluated since the action');
    const chain = await readChain(found.rules, queryOffset);
    if ('unclear' in chain) return unknown(chain.unclear);
    if (chain.seenUntil <= moment.since) return unknown('what its rule reads was not recorded since the action');
    const blind = await blindSpotOf(api, chain, labels, moment);
    return blind === undefined ? { state: 'gone', evaluatedAt: chain.evaluatedAt } : unknown(blind);
  };
}

async function blindSpotOf(
  api: PrometheusApi,
  chain: RuleChain,
  alert: Labels,
  moment: Moment,
): Promise<string | undefined> {
  const kinds = [
    { selectors: chain.reads, ofScrapes: false },
    { selectors: chain.readsScrapes, ofScrapes: true },
  ].filter(({ selectors }) => selectors.length > 0);
  if (kinds.length === 0) return undefined;
  const found = await Promise.all(kinds.map(({ selectors }) => originsOf(api, selectors)));
  const unanswered = found.find((each) => isUnanswered(each));
  if (unanswered) return (unanswered as Unanswered).error;
  const origins = found as Origin[][];
  if (origins.every((each) => each.length === 0)) return `no samples of what its rule reads in the last ${originRange}`;
  const jobs = new Set(origins.flat().map(({ job }) => job));
  if (jobs.size > maxJobs) return 'its rule reads too many jobs';
  const up = await api.query(`${upOf(jobs)}[${scrapeRange}]`, moment.askedAfter);
  if (isUnanswered(up)) return up.error;
  const pushed = await findPushed(api, { jobs, up, selectors: chain.reads, ...moment });
  if (!('pushed' in pushed)) return pushed.error;
  for (const [index, { ofScrapes }] of kinds.entries()) {
    const view = { alert, origins: origins[index] as Origin[], up, ofScrapes, ...pushed, ...moment };
    const blind = blindSpot({ ...view, unbroken: moment.startedAt === undefined });
    if (blind !== undefined) return blind;
  }
  return tooYoung(api, chain, { jobs, alert, ...moment });
}

/** Where the samples come from that a rule reads: by their series, since a selector need not name its job. */
async function originsOf(api: PrometheusApi, selectors: readonly string[]): Promise<Origin[] | Unanswered> {
  const of = (selector: string) => `group by (job, instance) (last_over_time(${selector}[${originRange}]))`;
  const series = await api.heavyQuery(selectors.map(of).join(' or '));
  if (isUnanswered(series)) return series;
  return series.map(({ labels }: Series) => ({ job: labels.get('job'), instance: labels.get('instance') }));
}

/**
 * A Prometheus without samples from the beginning of the rule's window sees nothing there. One that kept its data does, and so
 * does one in which the rule has fired since its start: what made it fire is known there.
 */
async function tooYoung(
  api: PrometheusApi,
  { windowMs }: RuleChain,
  { jobs, alert, now, startedAt, askedAfter }: Moment & { jobs: ReadonlySet<string | undefined>; alert: Labels },
): Promise<string | undefined> {
  const ageMs = startedAt === undefined ? 0 : now - startedAt;
  if (ageMs >= windowMs) return undefined;
  const name = JSON.stringify(alert.get('alertname') ?? '');
  const fired = `last_over_time(ALERTS{alertname=${name},alertstate="firing"}[${Math.max(1, Math.floor(ageMs))}ms])`;
  const old = await api.query(`count(${upOf(jobs)} offset ${Math.ceil(windowMs)}ms) or count(${fired})`, askedAfter);
  if (isUnanswered(old)) return old.error;
  return old.length > 0 ? undefined : 'it was started less than the window of its rule ago';
}
