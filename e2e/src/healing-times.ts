import type { EventOf, IncidentEvent, IncidentEventType } from '../../alert-bot/src/incidents/event.ts';

/** The events of one type of one incident, oldest first. */
export function eventsOf<T extends IncidentEventType>(
  log: readonly IncidentEvent[],
  type: T,
  incident?: string,
): EventOf<T>[] {
  return log.filter(
    (event): event is EventOf<T> => event.type === type && (incident === undefined || event.incident === incident),
  );
}

/** Seconds from the alert's start to received, to acted, to verified; undefined until it was healed. */
export function healingTimes(log: readonly IncidentEvent[], incident: string) {
  const received = eventsOf(log, 'received', incident)[0];
  const verified = eventsOf(log, 'verified', incident).find(
    ({ outcome, purpose }) => outcome === 'healed' && purpose === 'repair',
  );
  const acted = eventsOf(log, 'acted', incident).find(({ attempt }) => attempt === verified?.attempt);
  if (!received || !acted || !verified) return undefined;
  const between = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 1_000;
  return {
    detect: between(received.alert.startsAt, received.at),
    act: between(received.at, acted.at),
    verify: between(acted.at, verified.at),
    total: between(received.alert.startsAt, verified.at),
  };
}

/** Prints what the README's table of healing times is made of. */
export function printHealing(promise: string, log: readonly IncidentEvent[], incident: string): void {
  const times = healingTimes(log, incident);
  if (!times) return;
  const parts = Object.entries(times).map(([name, seconds]) => `${name} ${seconds.toFixed(1)} s`);
  console.log(`${promise}: ${parts.join(', ')}`);
}
