import { isUnanswered, type PrometheusApi, type Series, type Unanswered } from './prometheus-api.ts';

/** A job of undefined: samples without that label, which were recorded or pushed elsewhere. */
type Jobs = ReadonlySet<string | undefined>;

export interface PushedQuestion {
  jobs: Jobs;
  /** `up` of the last minutes. */
  up: readonly Series[];
  /** What the rule reads. */
  selectors: readonly string[];
  /** Both of Prometheus' clock. */
  since: number;
  askedAfter: number;
}

/**
 * The jobs that nobody scrapes, and whose samples are fresh themselves: pushed, federated or written from elsewhere. A job that
 * was scraped within the last hour and is not any more is none of them.
 */
export async function findPushed(
  api: PrometheusApi,
  { jobs, up, selectors, since, askedAfter }: PushedQuestion,
): Promise<{ pushed: Jobs } | Unanswered> {
  const scraped = new Set(up.map(({ labels }) => labels.get('job')));
  const unscraped = new Set([...jobs].filter((job) => job === undefined || !scraped.has(job)));
  if (unscraped.size === 0) return { pushed: unscraped };
  const lost = await api.query(`group by (job) (last_over_time(${upOf(unscraped)}[1h]))`, askedAfter);
  if (isUnanswered(lost)) return lost;
  const [gone] = lost;
  if (gone) return { error: `no target of job ${gone.labels.get('job')} is scraped` };
  if (selectors.length === 0) return { error: 'nothing that its rule reads is scraped' };
  const newest = await api.query(
    selectors.map((selector) => `max by (job) (timestamp(${selector}))`).join(' or '),
    askedAfter,
  );
  if (isUnanswered(newest)) return newest;
  const isFresh = (job: string | undefined) =>
    newest.some(({ labels, samples }) => labels.get('job') === job && (samples[0]?.value ?? 0) * 1_000 > since);
  const stale = [...unscraped].find((job) => !isFresh(job));
  if (stale !== undefined || (unscraped.has(undefined) && !isFresh(undefined)))
    return { error: `no samples of ${stale === undefined ? 'what its rule reads' : `job ${stale}`} since the action` };
  return { pushed: unscraped };
}

/** A selector of `up` for these jobs. */
export function upOf(jobs: Jobs): string {
  const names = [...jobs].filter((job) => job !== undefined);
  const pattern = names.map((job) => job.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
  return `up{job=~${JSON.stringify(pattern)}}`;
}
