import type { Alert, PayloadProblem } from './alert.ts';
import { alertLimits as limits } from './alert-limits.ts';
import { cutText } from './cut-text.ts';
import { fingerprintOf } from './fingerprint.ts';
import { instantOf } from './instant.ts';
import { readStatus, statusOf } from './read-status.ts';
import { shortenAlert } from './shorten-alert.ts';

type Fields = Readonly<Record<string, unknown>>;
type Texts = Readonly<Record<string, string>>;

export interface AlertContext {
  /** The status of the delivery; null when it is a word that is not known. */
  status: Alert['status'] | undefined | null;
  /** Milliseconds since the Unix epoch. */
  now: number;
}

/** Why an alert is refused. A value and no exception: a delivery can have a hundred thousand of them. */
export class RefusedAlert {
  /** Where in the alert, like `.labels.severity`. */
  readonly path: string;
  readonly message: string;
  constructor(path: string, message: string) {
    this.path = path;
    this.message = message;
  }

  at(index: number): PayloadProblem {
    return { path: cutText(`alerts[${index}]${this.path}`, 200), message: this.message };
  }
}

const isFingerprint = /^[0-9a-f]{16}$/;

/**
 * Reads one alert of a parsed JSON body. Labels, status and times have to be what they should be, because decisions depend on
 * them; everything else is taken as far as it can be used.
 */
export function readAlert(value: unknown, context: AlertContext): Alert | RefusedAlert {
  if (!isObject(value)) return new RefusedAlert('', 'must be an object');
  const { fingerprint, generatorURL } = value;
  const labels = value['labels'] as Texts;
  const startsAt = readTime(value['startsAt']);
  const endsAt = readTime(value['endsAt']);
  const own = readStatus(value['status']);
  const status = own === null ? null : statusOf(own, context.status, endsAt, context.now);
  const problem = labelsProblem(labels) ?? timeProblem('startsAt', startsAt) ?? timeProblem('endsAt', endsAt);
  if (problem) return problem;
  if (status === null) return statusProblem(own);
  const kept = keep(labels, value['annotations'], isText(generatorURL) ? generatorURL : undefined);
  return {
    status,
    labels: kept.labels,
    annotations: kept.annotations,
    startsAt: startsAt ?? context.now,
    startsAtMissing: startsAt === undefined,
    fingerprint: isText(fingerprint) && isFingerprint.test(fingerprint) ? fingerprint : fingerprintOf(labels),
    ...(status === 'resolved' ? { endsAt: endsAt ?? context.now } : {}),
    ...(kept.generatorURL ? { generatorURL: kept.generatorURL } : {}),
  };
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown): value is string => typeof value === 'string';

/** All values are texts: a number would have to be guessed at, and two alerts that differ must not become one. */
function labelsProblem(value: unknown): RefusedAlert | undefined {
  if (!isObject(value)) return new RefusedAlert('.labels', 'must be an object');
  let isEmpty = true;
  for (const name in value) {
    const text = value[name];
    if (!isText(text)) return new RefusedAlert(`.labels.${name.slice(0, 100)}`, 'must be a text');
    if (text !== '') isEmpty = false;
  }
  return isEmpty ? new RefusedAlert('.labels', 'must have at least one label with a value') : undefined;
}

/**
 * Undefined for none, NaN for what is no time. Go's zero time, `0001-01-01T00:00:00Z`, is Alertmanager's way to say "none"; what is
 * after the year 9999 is as good as none.
 */
function readTime(text: unknown): number | undefined {
  if (text === undefined || text === null || text === '') return undefined;
  const time = isText(text) ? instantOf(text) : Number.NaN;
  return Number.isNaN(time) || (time > 0 && Number.isFinite(time)) ? time : undefined;
}

const timeProblem = (field: string, time: number | undefined): RefusedAlert | undefined =>
  Number.isNaN(time)
    ? new RefusedAlert(`.${field}`, 'must be an RFC 3339 time, for example 2026-01-31T12:00:00Z')
    : undefined;

const statusProblem = (own: Alert['status'] | undefined | null): RefusedAlert =>
  own === null
    ? new RefusedAlert('.status', 'must be firing or resolved')
    : new RefusedAlert('.status', 'is missing, and that of the delivery is neither firing nor resolved');

/** Most alerts fit as they are: their own objects are kept. */
function keep(labels: Texts, annotations: unknown, generatorURL: string | undefined) {
  // A character is six bytes of JSON at most, and a name and its value have six more around them.
  const room = limits.bytes / 6;
  const labelLength = lengthIfPlain(labels, limits.labelLength);
  const annotationLength = annotations == null ? 0 : lengthIfPlain(annotations, limits.annotationLength);
  const fits = labelLength + annotationLength + (generatorURL?.length ?? 0) <= room;
  if (!fits) return shortenAlert(labels, annotations, generatorURL);
  return { labels, annotations: (annotations ?? {}) as Texts, generatorURL };
}

/** The length of all names and values together; NaN when something has to be cut, left out or turned into a text. */
function lengthIfPlain(texts: unknown, maxLength: number): number {
  if (!isObject(texts)) return Number.NaN;
  let length = 0;
  let count = 0;
  for (const name in texts) {
    const text = texts[name];
    if (!isText(text) || text === '' || text.length > maxLength) return Number.NaN;
    if (name === '' || name.length > limits.nameLength) return Number.NaN;
    length += name.length + text.length + 1;
    count += 1;
  }
  return count <= limits.labels ? length : Number.NaN;
}
