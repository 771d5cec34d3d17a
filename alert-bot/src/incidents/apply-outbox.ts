import type { EventOf, IncidentEvent, NewEvent } from './event.ts';
import type { HistoryStore } from './history.ts';
import type { ChannelName, OutboxEntry } from './outbox.ts';

/** What a person must hear names the channels that it goes to: those that are configured when it is written. */
export function addressed(events: readonly NewEvent[], channels: readonly ChannelName[]): readonly NewEvent[] {
  if (channels.length === 0 || !events.some(mustBeHeard)) return events;
  return events.map((event) => (mustBeHeard(event) ? { ...event, tell: [...channels] } : event));
}

const mustBeHeard = (event: NewEvent): boolean =>
  (event.type === 'escalated' && event.partOf === undefined) ||
  (event.type === 'decided' && event.reason === 'awaiting_approval');

/** Opens and closes the messages that wait. Lines of older versions name no channels: nobody waits for them. */
export function applyToOutbox(history: HistoryStore, event: IncidentEvent | NewEvent, at: number): void {
  if (event.type === 'notified') history.closeCall(event.of, event.channel);
  if ((event.type !== 'escalated' && event.type !== 'decided') || !event.tell?.length || !('seq' in event)) return;
  const head = { seq: event.seq, at, incident: event.incident, channels: event.tell };
  history.openCall(event.type === 'escalated' ? escalation(head, event) : approval(head, event));
}

type Head = Pick<OutboxEntry, 'seq' | 'at' | 'incident' | 'channels'>;

function escalation(head: Head, { target, why, reason, message: text }: Omit<EventOf<'escalated'>, 'v'>): OutboxEntry {
  return { ...head, kind: 'escalated', target, why, text, ...(reason === undefined ? {} : { reason }) };
}

function approval(head: Head, { action, runbook }: Omit<EventOf<'decided'>, 'v'>): OutboxEntry {
  const target = action?.target;
  return { ...head, kind: 'approval_needed', target, action, runbook };
}
