import type { IncidentEvent } from '@stack/alert-bot/src/incidents/event.ts';

export interface HealingTimes {
  /** From the fault to the bot's receipt of the alert, in seconds. */
  detect: number;
  /** From there to the end of the action. */
  act: number;
  /** From there to the proof that it helped. */
  verify: number;
  total: number;
}

/** From the log of one incident; undefined until it is healed. */
export function timesOf(timeline: readonly IncidentEvent[], injectedAt: number): HealingTimes | undefined {
  const at = (event: IncidentEvent | undefined) => (event ? Date.parse(event.at) : Number.NaN);
  const received = at(timeline.find(({ type }) => type === 'received'));
  const healed = timeline.find(
    (event) => event.type === 'verified' && event.outcome === 'healed' && event.purpose === 'repair',
  );
  const acted = at(
    timeline.findLast((event) => event.type === 'acted' && event.ok && Date.parse(event.at) <= at(healed)),
  );
  const seconds = { detect: received - injectedAt, act: acted - received, verify: at(healed) - acted };
  if (Object.values(seconds).some(Number.isNaN)) return undefined;
  return {
    detect: seconds.detect / 1_000,
    act: seconds.act / 1_000,
    verify: seconds.verify / 1_000,
    total: (at(healed) - injectedAt) / 1_000,
  };
}
