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

/** Where in the alert the problem is, like `.labels.severity`, and what it is. */
export class AlertRefused extends Error {
  override readonly name = 'AlertRefused';
  readonly path: string;
  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }

  at(index: number): PayloadProblem {
    return { path: cutText(`alerts[${index}]${this.path}`, 200), message: this.message };
  }
}

const isFingerprint = /^[0-9a-f]{16}$/;

/**
 * Reads one alert of a parsed JSON body. Labels, status and times have to be what they should be, because decisions depend on
 * them; everything else is taken as far as it can be used.
 * @throws AlertRefused
 */
export function readAlert(value: unknown, context: AlertContext): Alert {
  if (!isObject(value)) throw new AlertRefused('', 'must be an object');
  const labels = readLabels(value['labels']);
  const startsAt = readTime(value, 'startsAt');
  const endsAt = readTime(value, 'endsAt');
  const { fingerprint, generatorURL } = value;
  const status = readOwnStatus(value['status'], endsAt, context);
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
function readLabels(value: unknown): Texts {
  if (!isObject(value)) throw new AlertRefused('.labels', 'must be an object');
  let isEmpty = true;
  for (const name in value) {
    const text = value[name];
    if (!isText(text)) throw new AlertRefused(`.labels.${name.slice(0, 100)}`, 'must be a text');
    if (text !== '') isEmpty = false;
  }
  if (isEmpty) throw new AlertRefused('.labels', 'must have at least one label with a value');
  return value as Texts;
}

/** Go's zero time, `0001-01-01T00:00:00Z`, is Alertmanager's way to say "none"; what is after the year 9999 is as good as none. */
function readTime(alert: Fields, field: 'startsAt' | 'endsAt'): number | undefined {
  const text = alert[field];
  if (text === undefined || text === null || text === '') return undefined;
  const time = isText(text) ? instantOf(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new AlertRefused(`.${field}`, 'must be an RFC 3339 time, for example 2026-01-31T12:00:00Z');
  return time > 0 && Number.isFinite(time) ? time : undefined;
}

function readOwnStatus(value: unknown, endsAt: number | undefined, { status: root, now }: AlertContext) {
  const own = readStatus(value);
  if (own === null) throw new AlertRefused('.status', 'must be firing or resolved');
  const status = statusOf(own, root, endsAt, now);
  if (status === null)
    throw new AlertRefused('.status', 'is missing, and that of the delivery is neither firing nor resolved');
  return status;
}

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
