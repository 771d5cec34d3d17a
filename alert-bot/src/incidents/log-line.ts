import type { IncidentEvent, NewEvent } from './event.ts';
import { recordOf, text, texts } from './read-fields.ts';

/**
 * The head comes first in every line, in this order: reading back relies on it to be fast. `Object.assign`, because a second
 * spread takes ten times as long on Node 20.
 */
export const withHead = (event: NewEvent, seq: number): IncidentEvent => {
  const { at, incident, type } = event;
  return Object.assign({ v: 1, seq, at, incident, type }, event) as IncidentEvent;
};

export const toLine = (event: IncidentEvent) => `${JSON.stringify(event)}\n`;

/**
 * Deliberately not the full schema: a million lines are read at start, and they are our own. Only what the memory cannot do
 * without is looked at, so that a damaged line is not believed and costs no other.
 */
export function parseEvent(line: string): IncidentEvent | undefined {
  try {
    const event = JSON.parse(line) as IncidentEvent;
    return isHead(event) && isBody(event) ? event : undefined;
  } catch {
    return undefined;
  }
}

const isHead = ({ v, seq, type, at, incident }: IncidentEvent): boolean =>
  v === 1 &&
  Number.isSafeInteger(seq) &&
  typeof type === 'string' &&
  typeof at === 'string' &&
  !Number.isNaN(Date.parse(at)) &&
  (incident === null || typeof incident === 'string');

function isBody(event: IncidentEvent): boolean {
  switch (event.type) {
    case 'received':
      return isAlert(event.alert);
    case 'acting':
      return text(recordOf(event.action)['service']) !== undefined && Array.isArray(event.before);
    case 'decided':
      return event.action === undefined || text(recordOf(event.action)['service']) !== undefined;
    case 'quarantined':
    case 'released':
      return text(event.service) !== undefined;
    default:
      return true;
  }
}

function isAlert(alert: unknown): boolean {
  const { status, labels, annotations, startsAt, fingerprint } = recordOf(alert);
  return (
    (status === 'firing' || status === 'resolved') &&
    texts(labels) !== undefined &&
    (annotations === undefined || texts(annotations) !== undefined) &&
    !Number.isNaN(Date.parse(text(startsAt) ?? '')) &&
    text(fingerprint) !== undefined
  );
}
