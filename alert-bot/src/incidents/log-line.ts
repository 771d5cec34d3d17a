import type { IncidentEvent, NewEvent } from './event.ts';
import { recordOf, text, texts } from './read-fields.ts';

/**
 * The head comes first in every line, in this order: reading back relies on it to be fast. `Object.assign`, because a second
 * spread takes ten times as long on Node 20.
 */
export const withHead = (event: NewEvent, seq: number): IncidentEvent => {
  const { at, incident, type } = event;
  return Object.assign({ v: 2, seq, at, incident, type }, event) as IncidentEvent;
};

export const toLine = (event: IncidentEvent) => `${JSON.stringify(event)}\n`;

/**
 * Deliberately not the full schema: a million lines are read at start, and they are our own. Only what the memory cannot do
 * without is looked at, so that a damaged line is not believed and costs no other.
 */
export function parseEvent(line: string): IncidentEvent | undefined {
  try {
    const event = upgrade(JSON.parse(line) as IncidentEvent);
    return isHead(event) && isBody(event) ? event : undefined;
  } catch {
    return undefined;
  }
}

/** Version 1 knew one project, the home project of today: the service alone was the target. */
function upgrade(event: IncidentEvent): IncidentEvent {
  const line = recordOf(event) as { v?: unknown; service?: unknown; action?: unknown };
  if (line.v !== 1) return event;
  const action = recordOf(line.action)['service'] === undefined ? {} : { action: withTarget(recordOf(line.action)) };
  return { ...(line.service === undefined ? line : withTarget({ ...line })), ...action, v: 2 } as IncidentEvent;
}

const withTarget = (of: Readonly<Record<string, unknown>>) => ({ ...of, target: of['service'] });

const isHead = ({ v, seq, type, at, incident }: IncidentEvent): boolean =>
  v === 2 &&
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
      return isNamed(event.action) && Array.isArray(event.before);
    case 'decided':
      return event.action === undefined || isNamed(event.action);
    case 'quarantined':
    case 'released':
      return isNamed(event);
    default:
      return true;
  }
}

function isNamed(of: unknown): boolean {
  const { target, service } = recordOf(of);
  return text(target) !== undefined && text(service) !== undefined;
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
