import { type LabelMatcher, labelMatcher } from '../../runbooks/matcher.ts';
import type { Suppression } from '../alert-source.ts';
import { fieldOf, type Labels, listOf, textOf } from '../json.ts';

type SilenceMatcher = (labels: Labels) => boolean;

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

/** As Alertmanager matches: a missing label is an empty one. A pattern that is not understood here matches nothing. */
function readMatcher(matcher: unknown): SilenceMatcher {
  const name = textOf(fieldOf(matcher, 'name')) ?? '';
  const value = textOf(fieldOf(matcher, 'value')) ?? '';
  const wanted = fieldOf(matcher, 'isEqual') !== false;
  const test = fieldOf(matcher, 'isRegex') === true ? patternOf(value) : (own: string) => own === value;
  return (labels) => test?.(labels.get(name) ?? '') === wanted;
}

function patternOf(pattern: string): LabelMatcher | undefined {
  try {
    return labelMatcher(`=~${pattern}`);
  } catch {
    return undefined;
  }
}

/**
 * The silence that covers an alert which Alertmanager does not have: one that was written by hand, or that it knows under other
 * labels. All of its matchers count.
 */
export function silenceOf(labels: Labels, silences: readonly Silence[], ahead: number): Suppression | undefined {
  const mine = silences.filter(({ matchers }) => matchers.length > 0 && matchers.every((matches) => matches(labels)));
  if (mine.length === 0) return undefined;
  const until = Math.max(...mine.map(({ endsAt }) => endsAt)) - ahead;
  const detail = mine.map(({ words }) => words).join('; ');
  return { by: 'silence', detail, ...(Number.isFinite(until) && { until }) };
}
