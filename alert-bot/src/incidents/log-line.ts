import type { IncidentEvent, NewEvent } from './event.ts';

export const withHead = (event: NewEvent, seq: number): IncidentEvent => {
  const { at, incident, type, ...rest } = event;
  return { v: 1, seq, at, incident, type, ...rest } as IncidentEvent;
};

export const toLine = (event: IncidentEvent) => `${JSON.stringify(event)}\n`;
