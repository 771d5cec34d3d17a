import { isMap, isSeq, parseDocument, type YAMLMap } from 'yaml';
import { parseDuration } from './durations.ts';

export interface ShortenOptions {
  /** How many times shorter `for`, `keep_firing_for` and the windows of rates become. */
  factor?: number;
  /** No `for` becomes shorter than this, in seconds; one that is shorter already stays. */
  minForSeconds?: number;
  minKeepFiringSeconds?: number;
  /** A window needs about four samples or more: fits a scrape each second or two. */
  minWindowSeconds?: number;
  /** Groups that stay as they are: objectives speak of hours, and a shorter `for` would let a busy host cry wolf. */
  keepGroups?: readonly string[];
}

const defaults = {
  factor: 20,
  minForSeconds: 5,
  minKeepFiringSeconds: 30,
  minWindowSeconds: 10,
  keepGroups: ['slo', 'slo-burn', 'host'],
} satisfies Required<ShortenOptions>;

/** What is counted one by one, as starts are, needs its time. */
const minChangesSeconds = 60;

/** `rate(`, `increase(` or `changes(`, a selector (its label values may hold any character), and the window. */
const rateWindow = /(\b(?:rate|increase|changes)\(\s*[a-zA-Z_:][\w:]*(?:\{(?:"[^"]*"|[^"}])*\})?\s*\[)(\w+)(\])/g;
/** The window of a subquery, `)[90s:5s]`: it says how long something must last, as `for` does. */
const subqueryWindow = /\)\[(\w+):\w+\]/g;

/** How long a container must have run before its growth counts, in seconds. */
const timeSinceStart = /(container_start_time_seconds\[\w+\]\) > )(\d+)/g;

/**
 * A copy of a rule file for scenarios that cannot wait: the same rules, labels and expressions with shorter times. Thresholds stay,
 * also those that count seconds (but for the time since a container's start), and so do windows that look for the last word (`last_over_time`). Groups are evaluated at the
 * configured interval.
 * @param text a Prometheus rule file
 * @throws Error when the text is not YAML or not a rule file
 */
export function shortenRules(text: string, options: ShortenOptions = {}): string {
  const { factor, minForSeconds, minKeepFiringSeconds, minWindowSeconds, keepGroups } = { ...defaults, ...options };
  const document = parseDocument(text);
  if (document.errors[0]) throw document.errors[0];
  const shorten = (duration: string, minSeconds: number) => shorter(duration, factor, minSeconds);
  for (const group of mapsIn(document.get('groups'))) {
    if (keepGroups.includes(String(group.get('name')))) continue;
    group.delete('interval');
    for (const rule of mapsIn(group.get('rules'))) {
      change(rule, 'for', (value) => shorten(value, minForSeconds));
      change(rule, 'keep_firing_for', (value) => shorten(value, minKeepFiringSeconds));
      change(rule, 'expr', (expr) =>
        expr
          .replace(rateWindow, (_, head, window, tail) => {
            const minSeconds = head.startsWith('changes') ? minChangesSeconds : minWindowSeconds;
            return `${head}${shorten(window, minSeconds)}${tail}`;
          })
          .replace(
            timeSinceStart,
            (_, head, seconds) => `${head}${parseInt(shorten(`${seconds}s`, minWindowSeconds), 10)}`,
          )
          .replace(subqueryWindow, (_, window) => `)[${shorten(window, minForSeconds)}:1s]`),
      );
    }
  }
  return document.toString({ lineWidth: 0 });
}

function mapsIn(node: unknown): YAMLMap[] {
  if (!isSeq(node)) throw new Error('not a Prometheus rule file: a list is missing');
  return node.items.filter((item) => isMap(item));
}

function change(rule: YAMLMap, key: string, to: (value: string) => string): void {
  const value = rule.get(key);
  if (typeof value === 'string') rule.set(key, to(value));
}

/** In whole seconds, not under the minimum, and never longer than it was. */
function shorter(duration: string, factor: number, minSeconds: number): string {
  const seconds = parseDuration(duration) / 1_000;
  return `${Math.min(seconds, Math.max(minSeconds, Math.round(seconds / factor)))}s`;
}
