import type { EventOf, IncidentEvent } from '../../src/incidents/event.ts';
import { type Act, graceMs, type Notebook } from './notebook.ts';
import { policies } from './policies.ts';

/** Writes an attempt down that the log has just got, and counts it. One that is taken up again is the same. */
export function beginAttempt(book: Notebook, begun: Set<string>, event: EventOf<'acting'>): void {
  const { clock, policy, acts, counts, broken } = book;
  const id = `${event.incident} ${event.attempt}`;
  if (begun.has(id)) return;
  begun.add(id);
  counts.actions += 1;
  const { actions, withinMs } = policies[policy.name].budget;
  acts.push({ at: clock.elapsed(), wallAt: clock.now(), event, touched: false });
  const isRecent = ({ at, wallAt }: Act, ms: number) =>
    clock.elapsed() - at < ms && Math.abs(clock.now() - wallAt) < ms;
  const spent = acts.filter((act) => isRecent(act, withinMs)).length;
  const changed = clock.elapsed() - policy.changedAt < graceMs;
  if (spent > actions && !changed) broken('budget', `${spent} of ${actions}`);
  if (event.purpose === 'repair' && !changed) judgeAttempts(book, event, isRecent);
}

function judgeAttempts(
  book: Notebook,
  { action, runbook, incident }: EventOf<'acting'>,
  isRecent: (act: Act, ms: number) => boolean,
): void {
  const { disk, policy, acts, writtenAt, broken } = book;
  const attempts = policies[policy.name].runbooks.find(({ name }) => name === runbook)?.limits.attempts;
  if (!attempts) return;
  const ofTarget = (event: IncidentEvent) =>
    (event.type === 'released' && event.service === action.service) ||
    (event.type === 'quarantined' && event.service === action.service);
  const last = disk.events.findLast(ofTarget);
  if (last?.type === 'quarantined') broken('quarantined', `${action.service} for ${incident}`);
  const releasedAt =
    writtenAt.get(disk.events.findLast((event) => ofTarget(event) && event.type === 'released')?.seq ?? -1) ?? -1;
  const mine = acts.filter(
    ({ at, event }) => event.purpose === 'repair' && event.action.service === action.service && at > releasedAt,
  );
  const recent = mine.filter((act) => isRecent(act, attempts.withinMs)).length;
  if (recent > attempts.max) broken('attempts', `${recent} of ${attempts.max} on ${action.service}`);
}

/** An action that did not happen counts neither as an attempt nor for the budget. */
export function withdraw(
  { acts, containers, broken }: Notebook,
  begun: Set<string>,
  { incident }: EventOf<'decided'>,
): void {
  const index = acts.findLastIndex(({ event }) => event.incident === incident);
  const [act] = index < 0 ? [] : acts.splice(index, 1);
  // Who set the number back in the meantime took away what could have told.
  const setBack = act !== undefined && containers.serviceOf(act.event.action.service).countChangedAt > act.at;
  if (act?.touched && !setBack)
    broken('only what did not happen is withdrawn', `attempt ${act.event.attempt} of ${incident}`);
  begun.delete(`${incident} ${act?.event.attempt}`);
}
