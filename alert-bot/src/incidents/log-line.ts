import type { IncidentEvent, NewEvent } from './event.ts';

export const withHead = (event: NewEvent, seq: number): IncidentEvent => {
  const { at, incident, type, ...rest } = event;
  return { v: 1, seq, at, incident, type, ...rest } as IncidentEvent;
};

export const toLine = (event: IncidentEvent) => `${JSON.stringify(event)}\n`;

/** Deliberately not the full schema: a million lines are read at start, and they are our own. */
export function parseEvent(line: string): IncidentEvent | undefined {
  try {
    const event = JSON.parse(line) as IncidentEvent;
    return event.v === 1 &&
      Number.isSafeInteger(event.seq) &&
      typeof event.type === 'string' &&
      typeof event.at === 'string'
      ? event
      : undefined;
  } catch {
    return undefined;
  }
}
