import type { Labels } from '../json.ts';
import type { Series } from './prometheus-api.ts';

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
  /** `up` and its like is what the rule reads: a scrape that fails is something it sees. */
  ofScrapes: boolean;
  /** Both of Prometheus' clock. */
  now: number;
  since: number;
}

interface Target {
  instance: string | undefined;
  fresh: boolean;
  /** Scraped after `since`, whatever came of it. */
  scraped: boolean;
  /** The last two scrapes were after `since` and worked: from one sample no rate can be told. */
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
    const found = job === undefined ? 'samples without a job cannot be checked' : blindSpotOfJob(view, job);
    if (found) return found;
  }
  return undefined;
}

function blindSpotOfJob({ alert, origins, up, ofScrapes, now, since }: ScrapeView, job: string): string | undefined {
  const fresh = up
    .filter(({ labels }) => labels.get('job') === job)
    .map((series) => toTarget(series, now, since))
    .filter((target) => target.fresh);
  if (fresh.length === 0) return `no target of job ${job} is scraped`;
  const instances = new Set(origins.filter((origin) => origin.job === job).map(({ instance }) => instance));
  const own = alert.get('instance');
  if (own !== undefined && instances.has(own)) {
    const mine = fresh.find(({ instance }) => instance === own);
    // One that is no longer listed was replaced: some other target of the job has to be well.
    if (!mine) return fresh.some(({ good }) => good) ? undefined : `no target of job ${job} was scraped twice since`;
    return problemOf(mine, job, ofScrapes);
  }
  const known = fresh.filter(({ instance }) => instances.has(instance));
  const all = known.length > 0 ? known : fresh;
  return all.map((target) => problemOf(target, job, ofScrapes)).find((problem) => problem !== undefined);
}

function problemOf({ instance, scraped, good }: Target, job: string, ofScrapes: boolean): string | undefined {
  if (ofScrapes ? scraped : good) return undefined;
  return `${instance ?? 'a target'} of job ${job} was not scraped ${ofScrapes ? '' : 'twice '}since`;
}

function toTarget({ labels, samples }: Series, now: number, since: number): Target {
  const last = samples.at(-1);
  const previous = samples.at(-2);
  const interval = intervalOf(samples);
  const works = (sample: typeof last) => sample !== undefined && sample.value === 1 && sample.at > since;
  return {
    instance: labels.get('instance'),
    fresh: last !== undefined && now - last.at <= 2.5 * interval + slackMs,
    scraped: last !== undefined && last.at > since,
    good: works(last) && works(previous) && last!.at - previous!.at <= 2.5 * interval + slackMs,
  };
}

/** The smallest of the last distances: a gap only makes others larger. */
function intervalOf(samples: Series['samples']): number {
  const distances = samples.slice(-10).map(({ at }, index, all) => at - (all[index - 1]?.at ?? Number.NaN));
  const known = distances.filter((distance) => distance > 0);
  return known.length === 0 ? assumedIntervalMs : Math.min(...known);
}
