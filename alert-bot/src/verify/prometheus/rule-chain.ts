import { promDurationMs } from './durations.ts';
import { type Expression, readExpression, type Selector } from './expression.ts';
import { isUnanswered, type PrometheusApi } from './prometheus-api.ts';
import type { Rule } from './rules-answer.ts';

/** What rules look at, through the recording rules between them and the samples. Times are of Prometheus' clock. */
export interface RuleChain {
  /** Selectors of scraped samples that must be there for the rules to see. */
  reads: readonly string[];
  /** The same for what Prometheus writes itself at each scrape, `up` and its like: there, whether or not the scrape works. */
  readsScrapes: readonly string[];
  /** The longest way back that any of them looks. */
  windowMs: number;
  /** The newest samples that the last evaluation can have seen. */
  seenUntil: number;
  /** The oldest of the last evaluations along the chain. */
  evaluatedAt: number;
}

/** Why nothing is known, in words. */
export interface Unclear {
  unclear: string;
}

const maxDepth = 5;
const maxSelectors = 50;
const scrapeMetrics: ReadonlySet<string> = new Set([
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
  'scrape_series_added',
]);

/** Prometheus writes these itself when it evaluates rules; none means that no rule has an alert. */
const alertMetrics: ReadonlySet<string> = new Set(['ALERTS', 'ALERTS_FOR_STATE']);

/** Follows the rules' expressions. Rules are remembered by their text, since an expression is read only once. */
export function createChainReader(api: PrometheusApi) {
  const expressions = new Map<string, Promise<Expression | undefined>>();
  const read = (text: string) => {
    const known = expressions.get(text);
    if (known) return known;
    if (expressions.size >= 500) expressions.clear();
    const expression = readExpression(text);
    expressions.set(text, expression);
    return expression;
  };
  return async (rules: readonly Rule[], queryOffset?: string): Promise<RuleChain | Unclear> => {
    const delayMs = promDurationMs(queryOffset ?? '0s') ?? 0;
    const walk: Walk = { api, read, reads: new Set(), readsScrapes: new Set(), visited: new Set(), delayMs };
    const seen = await Promise.all(rules.map((rule) => follow(walk, rule, rule.evaluatedAt, 0)));
    const unclear = seen.find((each) => 'unclear' in each);
    if (unclear) return unclear as Unclear;
    if (walk.reads.size + walk.readsScrapes.size > maxSelectors) return { unclear: 'its rule reads too many series' };
    const links = seen as Link[];
    return {
      reads: [...walk.reads].sort(),
      readsScrapes: [...walk.readsScrapes].sort(),
      windowMs: Math.max(...links.map(({ windowMs }) => windowMs)),
      seenUntil: Math.min(...links.map(({ seenUntil }) => seenUntil)),
      evaluatedAt: Math.min(...links.map(({ evaluatedAt }) => evaluatedAt)),
    };
  };
}

interface Walk {
  api: PrometheusApi;
  read: (text: string) => Promise<Expression | undefined>;
  reads: Set<string>;
  readsScrapes: Set<string>;
  visited: Set<string>;
  delayMs: number;
}

type Link = Pick<RuleChain, 'windowMs' | 'seenUntil' | 'evaluatedAt'>;

/** `at`: the evaluation of this rule that counts for the one above it. */
async function follow(walk: Walk, rule: Rule, at: number, depth: number): Promise<Link | Unclear> {
  if (!rule.healthy) return { unclear: `the evaluation of ${rule.name} fails` };
  const expression = await walk.read(rule.expression);
  if (!expression) return { unclear: `the expression of ${rule.name} is not understood` };
  if (depth > maxDepth) return { unclear: 'its rule depends on too many others' };
  const { needs } = expression;
  const newest = needs.length === 0 ? 0 : Math.min(...needs.map(({ offsetMs }) => offsetMs));
  const link: Link = {
    windowMs: expression.windowMs,
    seenUntil: at - Math.max(0, newest) - walk.delayMs,
    evaluatedAt: rule.evaluatedAt,
  };
  for (const selector of needs) {
    const below = await recordedBelow(walk, selector, at, depth);
    if ('unclear' in below) return below;
    for (const { windowMs, seenUntil, evaluatedAt } of below.links) {
      link.windowMs = Math.max(link.windowMs, expression.windowMs + windowMs);
      link.evaluatedAt = Math.min(link.evaluatedAt, evaluatedAt);
      if (selector.offsetMs <= newest)
        link.seenUntil = Math.min(link.seenUntil, seenUntil - Math.max(0, selector.offsetMs));
    }
  }
  return link;
}

async function recordedBelow(
  walk: Walk,
  { text, metric }: Selector,
  at: number,
  depth: number,
): Promise<{ links: Link[] } | Unclear> {
  if (metric !== undefined && alertMetrics.has(metric)) return { links: [] };
  if (metric !== undefined && scrapeMetrics.has(metric)) {
    walk.readsScrapes.add(text);
    return { links: [] };
  }
  const recorded = metric === undefined ? undefined : await walk.api.rules('record', metric);
  if (recorded && isUnanswered(recorded)) return { unclear: recorded.error };
  const rules = recorded?.rules ?? [];
  if (rules.length === 0) walk.reads.add(text);
  const links: Link[] = [];
  for (const rule of rules) {
    if (walk.visited.has(`${rule.name}\n${rule.expression}`)) continue;
    walk.visited.add(`${rule.name}\n${rule.expression}`);
    // Evaluated after the rule that reads it: then that one has read the evaluation before.
    const counted = rule.evaluatedAt <= at ? rule.evaluatedAt : rule.evaluatedAt - rule.intervalMs;
    const link = await follow(walk, rule, counted, depth + 1);
    if ('unclear' in link) return link;
    links.push(link);
  }
  return { links };
}
