import type { Labels } from '../json.ts';
import type { Sample, Series } from './prometheus-api.ts';

/** Where samples come from: what Prometheus adds to each of them. */
export interface Origin {
  job: string | undefined;
  instance: string | undefined;
}

export interface ScrapeView {
  /** The alert's own labels: which of the targets it is about. */
  alert: Labels;
  /** Where the samples came from that the rule reads. */
  origins: readonly Origin[];
  /** `up` of the jobs, with its samples of the last minutes. */
  up: readonly Series[];
  /** Jobs that are not scraped but pushed: their samples were judged themselves. */
  pushed: ReadonlySet<string | undefined>;
  /** `up` and its like is what the rule reads: a scrape that fails is something it sees. */
  ofScrapes: boolean;
  /** Both of Prometheus' clock. */
  now: number;
  since: number;
  /** Nobody says since when it has been running: then its samples must not have a gap since the action. */
  unbroken: boolean;
}

interface Target {
  instance: string | undefined;
  fresh: boolean;
  /** Scraped after `since`, whatever came of it. */
  scraped: boolean;
  /** The last scrape was after `since`, and it and the one before worked: from one sample no rate can be told. */
  good: boolean;
}

const slackMs = 2_000;
/** A target of which only one sample is known: no interval can be told yet. */
const assumedIntervalMs = 5_000;

/** Why a rule could not see its targets, in words; undefined when it could. */
export function blindSpot(view: ScrapeView): string | undefined {
  const { alert, origins } = view;
  const jobs = new Set(origins.map(({ job }) => job));
  const own = alert.get('job');
  const wanted = own !== undefined && jobs.has(own) ? [own] : [...jobs];
  for (const job of wanted) {
    const found = job !== undefined && !view.pushed.has(job) ? blindSpotOfJob(view, job) : undefined;
    if (found) return found;
  }
  return undefined;
}

function blindSpotOfJob(view: ScrapeView, job: string): string | undefined {
  const { alert, origins, up, ofScrapes } = view;
  const fresh = up
    .filter(({ labels }) => labels.get('job') === job)
    .map((series) => toTarget(series, view))
    .filter((target) => target.fresh);
  if (fresh.length === 0) return `no target of job ${job} is scraped`;
  const instances = new Set(origins.filter((origin) => origin.job === job).map(({ instance }) => instance));
  const own = alert.get('instance');
  if (own !== undefined && instances.has(own)) {
    const mine = fresh.find(({ instance }) => instance === own);
    // One that is no longer listed was replaced: some other target of the job has to be well.
    if (!mine) return fresh.some(({ good }) => good) ? undefined : `no target of job ${job} is well`;
    return problemOf(mine, job, ofScrapes);
  }
  const known = fresh.filter(({ instance }) => instances.has(instance));
  const all = known.length > 0 ? known : fresh;
  return all.map((target) => problemOf(target, job, ofScrapes)).find((problem) => problem !== undefined);
}

function problemOf({ instance, scraped, good }: Target, job: string, ofScrapes: boolean): string | undefined {
  if (ofScrapes ? scraped : good) return undefined;
  return `${instance ?? 'a target'} of job ${job} ${scraped ? 'is down, or was till now' : 'was not scraped since the action'}`;
}

function toTarget({ labels, samples }: Series, { now, since, unbroken }: ScrapeView): Target {
  const last = samples.at(-1);
  const previous = samples.at(-2);
  const longestMs = 2.5 * intervalOf(samples) + slackMs;
  const isGap = ({ at }: Sample, index: number) => at > since && at - (samples[index - 1]?.at ?? at) > longestMs;
  const works = last?.value === 1 && previous?.value === 1 && last.at - previous.at <= longestMs;
  const scraped = last !== undefined && last.at > since && !(unbroken && samples.some(isGap));
  return {
    instance: labels.get('instance'),
    fresh: last !== undefined && now - last.at <= longestMs,
    scraped,
    good: works && scraped,
  };
}

/** The median of the last distances: neither a gap nor a restart of Prometheus makes much of it. */
function intervalOf(samples: Series['samples']): number {
  const last = samples.slice(-10);
  const distances = last.slice(1).map(({ at }, index) => at - (last[index] as Sample).at);
  return distances.sort((a, b) => a - b)[Math.floor(distances.length / 2)] ?? assumedIntervalMs;
}
