import { labelMatcher } from '../../runbooks/matcher.ts';
import type { Suppression } from '../alert-source.ts';
import { fieldOf, type Labels, listOf, textOf } from '../json.ts';

interface SilenceMatcher {
  name: string;
  value: string;
  isRegex: boolean;
  isEqual: boolean;
}

/** A silence that holds now. */
export interface Silence {
  id: string;
  /** In milliseconds since the epoch, of Alertmanager's clock. */
  endsAt: number;
  /** For people: `maintenance (mira)`. */
  words: string;
  matchers: readonly SilenceMatcher[];
}

const maxWords = 200;

/** The active silences in an answer; undefined when it is none. */
export function readSilences(body: unknown): Silence[] | undefined {
  if (!Array.isArray(body)) return undefined;
  return (body as readonly unknown[])
    .filter((silence) => fieldOf(fieldOf(silence, 'status'), 'state') === 'active')
    .map((silence) => ({
      id: textOf(fieldOf(silence, 'id')) ?? '',
      endsAt: Date.parse(textOf(fieldOf(silence, 'endsAt')) ?? ''),
      words: wordsOf(textOf(fieldOf(silence, 'comment')) ?? '', textOf(fieldOf(silence, 'createdBy')) ?? ''),
      matchers: listOf(fieldOf(silence, 'matchers')).map(readMatcher),
    }));
}

function wordsOf(comment: string, author: string): string {
  const words = author === '' ? comment : `${comment} (${author})`;
  return words.length > maxWords ? `${words.slice(0, maxWords)}…` : words;
}

const readMatcher = (matcher: unknown): SilenceMatcher => ({
  name: textOf(fieldOf(matcher, 'name')) ?? '',
  value: textOf(fieldOf(matcher, 'value')) ?? '',
  isRegex: fieldOf(matcher, 'isRegex') === true,
  isEqual: fieldOf(matcher, 'isEqual') !== false,
});

/**
 * The silence that covers an alert which Alertmanager does not have: one that was written by hand, or that it knows under other
 * labels. Judged as Alertmanager does: all matchers, and a missing label is an empty one.
 */
export function silenceOf(labels: Labels, silences: readonly Silence[], ahead: number): Suppression | undefined {
  const mine = silences.filter(
    ({ matchers }) => matchers.length > 0 && matchers.every((each) => matches(each, labels)),
  );
  if (mine.length === 0) return undefined;
  const until = Math.max(...mine.map(({ endsAt }) => endsAt)) - ahead;
  const detail = mine.map(({ words }) => words).join('; ');
  return { by: 'silence', detail, ...(Number.isFinite(until) && { until }) };
}

function matches({ name, value, isRegex, isEqual }: SilenceMatcher, labels: Labels): boolean {
  const own = labels.get(name) ?? '';
  const found = isRegex ? matchesPattern(value, own) : own === value;
  return found === isEqual;
}

/** Undefined, which is neither a match nor none, for a pattern that is not understood here. */
function matchesPattern(pattern: string, text: string): boolean | undefined {
  try {
    return labelMatcher(`=~${pattern}`)(text);
  } catch {
    return undefined;
  }
}
