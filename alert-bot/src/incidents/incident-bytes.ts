import { cutText, leftOutName } from '../alerts/cut-text.ts';
import type { Incident } from './incident.ts';
import { SeenShapes } from './seen-shapes.ts';

type Texts = Readonly<Record<string, string>>;
type Described = Pick<Incident, 'labels' | 'annotations'>;

// All measured.
const bytesOfFields = 512;
/** A place in an object, and a text without its characters. */
const bytesOfEntry = 32;
/** A name that no other object has at this place, without its characters. */
const bytesOfNewName = 112;
/** The longest text whose characters are not looked at. */
const shortLength = 64;
/** Of the process, as V8's own are. */
const shapes = new SeenShapes();

/** About what an incident takes in memory, in bytes. Names that come again, as those of real alerts do, take none. */
export const incidentBytes = ({ labels, annotations }: Described): number =>
  bytesOfFields + bytesOfTexts(labels) + bytesOfTexts(annotations);

function bytesOfTexts(texts: Texts): number {
  const newNames = shapes.newNamesIn(texts);
  let bytes = newNames * bytesOfNewName;
  for (const name in texts) {
    bytes += bytesOfEntry + bytesOfText(texts[name] as string);
    if (newNames > 0) bytes += name.length;
  }
  return bytes;
}

/** One character outside Latin-1 makes a text take two bytes for each; to look for it in a short one costs more than it is worth. */
const bytesOfText = (text: string): number =>
  text.length <= shortLength || /[^\0-\xff]/.test(text) ? 2 * text.length : text.length;

/** No alert comes in with more; what a log of an older version has is cut to it. */
const maxBytes = 80 * 1_024;
/** What an incident of an old log gets when there is hardly any room left. */
const minBytes = 2 * 1_024;

/**
 * Notes the incident's bytes in it. A log may hold more than there is room for, when a version without bounds wrote it: then
 * each incident gets a small part of what is left, so that all of them are there, the last ones with less of their texts.
 */
export function measure(incident: Incident, room: number): void {
  const most = Math.min(maxBytes, Math.max(minBytes, room / 64));
  incident.bytes = incidentBytes(incident);
  if (incident.bytes <= most) return;
  Object.assign(incident, trimmed(incident, most));
  incident.bytes = incidentBytes(incident);
}

/**
 * The incident's labels and annotations in at most about so many bytes: annotations go first, then the longest labels, so that
 * what an alert is matched by stays as long as it can.
 */
function trimmed({ labels, annotations }: Described, most: number): Described {
  const { alertname, ...others } = labels;
  const name: Texts = alertname === undefined ? {} : { alertname: cutText(alertname, shortLength) };
  const keptLabels = withNote(others, { ...name, ...shortest(others, most - bytesOfFields - bytesOfTexts(name)) });
  const left = most - bytesOfFields - bytesOfTexts(keptLabels);
  return { labels: keptLabels, annotations: shortest(annotations, left) };
}

/** A label that is gone must not be taken for one that never was: matchers ask for absent ones too. */
function withNote(all: Texts, kept: Texts): Texts {
  const left = Object.keys(all).filter((name) => !Object.hasOwn(kept, name)).length;
  return left === 0 ? kept : { ...kept, [leftOutName]: `${left} labels` };
}

function shortest(texts: Texts, most: number): Texts {
  let left = most;
  const byLength = Object.entries(texts).sort(([, a], [, b]) => a.length - b.length);
  const kept = byLength.filter(([name, text]) => {
    left -= bytesOfNewName + name.length + bytesOfEntry + bytesOfText(text);
    return left >= 0;
  });
  return Object.fromEntries(kept);
}
