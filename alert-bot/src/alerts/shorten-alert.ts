import { alertLimits as limits } from './alert-limits.ts';
import { fitText, jsonBytes, leftOutName } from './cut-text.ts';

type Texts = Readonly<Record<string, string>>;

/** What tells alerts apart and what runbooks name is kept first. */
const firstLabels = ['alertname', 'service', 'instance', 'severity', 'job', 'project', 'namespace', 'container'];
const firstAnnotations = ['summary', 'description', 'runbook_url'];
/** For the label that tells how many were left out. */
const noteBytes = 64;

export interface Shortened {
  labels: Texts;
  annotations: Texts;
  generatorURL: string | undefined;
}

/** Cuts what is too long and leaves out what is too much, so that the whole takes at most `alertLimits.bytes`. */
export function shortenAlert(labels: Texts, annotations: unknown, generatorURL: string | undefined): Shortened {
  const fittingLabels = fitTexts(labels, firstLabels, limits.labelLength, limits.labelBytes - noteBytes);
  const { left, kept, bytes } = fittingLabels;
  if (left > 0) kept.push([leftOutName, `${left} labels`]);
  const url = generatorURL && fitText(generatorURL, limits.annotationLength, limits.annotationLength);
  const room = limits.bytes - noteBytes - bytes - (url ? jsonBytes(url) : 0);
  const fittingAnnotations = fitTexts(annotations, firstAnnotations, limits.annotationLength, room);
  // fromEntries makes own keys of all names, also of __proto__
  const own = (entries: [string, string][]) => Object.fromEntries(entries);
  return { labels: own(kept), annotations: own(fittingAnnotations.kept), generatorURL: url || undefined };
}

interface Fitting {
  kept: [string, string][];
  left: number;
  bytes: number;
}

function fitTexts(texts: unknown, first: readonly string[], maxLength: number, maxBytes: number): Fitting {
  const fitting: Fitting = { kept: [], left: 0, bytes: 0 };
  if (typeof texts !== 'object' || texts === null || Array.isArray(texts)) return fitting;
  const values = texts as Readonly<Record<string, unknown>>;
  for (const name of inOrder(values, first)) {
    const value = textOf(values[name]);
    if (value === '') continue; // an empty label and no label are the same thing to Prometheus
    const text = fitOne(name, value, maxLength, fitting.kept.length < limits.labels ? maxBytes - fitting.bytes : 0);
    if (text === undefined) fitting.left += 1;
    else fitting.kept.push([name, text]);
    if (text !== undefined) fitting.bytes += jsonBytes(name) + jsonBytes(text) + 2;
  }
  return fitting;
}

/** Annotations are for people and decide nothing: a plain value becomes its text, any other value counts as none. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function fitOne(name: string, value: string, maxLength: number, room: number): string | undefined {
  if (name === '' || name.length > limits.nameLength || room <= 0) return undefined;
  return fitText(value, maxLength, room - jsonBytes(name) - 2);
}

function* inOrder(texts: object, first: readonly string[]): Generator<string> {
  for (const name of first) if (Object.hasOwn(texts, name)) yield name;
  for (const name in texts) if (!first.includes(name)) yield name;
}
