import type { EventOf } from '../../src/incidents/event.ts';
import { keyOf } from './conditions.ts';
import { isHealthy, isHeld } from './containers.ts';
import { graceMs, type Notebook } from './notebook.ts';
import { policies, stableMs } from './policies.ts';
import { seenAfterMs } from './simulated-prometheus.ts';

/** A look is dated by its answer, which may take so long. */
const lookMs = 4_000;

/** What is called healed is over, is well, and has been so for the hold time. */
export function judgeOutcome(book: Notebook, event: EventOf<'verified'>): void {
  const { clock, containers, truth, counts, broken } = book;
  if (event.outcome !== 'healed' || event.purpose !== 'repair') return;
  counts.healed += 1;
  const labels = book.labelsOf(event.incident);
  const now = clock.elapsed();
  const brokenMs = truth.longestWithin(keyOf(labels), now - stableMs, now);
  const allowedMs = seenAfterMs + 1_000;
  if (brokenMs > allowedMs)
    broken('healed only if it is over', `${keyOf(labels)}: wrong for ${brokenMs} ms of the last ${stableMs}`);
  judgeHold(book, event);
  const action = book.actionOf(event.incident);
  const replicas = action ? containers.serviceOf(action.service).replicas : [];
  const well = replicas.filter(isHealthy).length;
  const wanted = action?.type === 'scale' ? action.to : action?.replica === undefined ? replicas.length : 1;
  if (well < wanted && !truth.justChanged(graceMs))
    broken('healed only if healthy', `${well} healthy of ${replicas.length}`);
}

/** Without a break for the whole hold time every look has found it over, and nothing was started in between. */
function judgeHold(book: Notebook, { incident, attempt }: EventOf<'verified'>): void {
  const { clock, containers, broken } = book;
  const now = clock.elapsed();
  // A delivery of this moment came after the last look.
  const all = book.wordsAbout(incident).filter(({ at, delivered }) => !delivered || now - at > lookMs);
  const broke = all.findLastIndex(({ word, delivered }) => word !== 'over' && (!delivered || word === 'fires'));
  const first = all.slice(broke + 1).find(({ delivered }) => !delivered);
  const heldMs = now - (first?.at ?? now);
  if (heldMs < stableMs - lookMs)
    broken('healed only after the hold time', `attempt ${attempt} of ${incident}: ${heldMs} ms`);
  const action = book.actionOf(incident);
  const only = action?.type === 'restart' ? action.replica : undefined;
  for (const { id, state, upSince, madeAt } of action ? containers.serviceOf(action.service).replicas : [])
    if (state === 'running' && (only ?? id) === id && upSince > now - stableMs + graceMs && madeAt < now - stableMs)
      broken('healed only after the hold time', `${id} was started ${now - upSince} ms ago`);
}

/** What the bot itself stopped, and did not get to start again, is nobody's wish. */
export function judgeHeld(book: Notebook, { incident, action, runbook }: EventOf<'decided'>): void {
  const { clock, containers, truth, policy, broken } = book;
  const name = action?.service ?? policies[policy.name].runbooks.find((one) => one.name === runbook)?.target;
  const service = containers.services.get(name ?? '');
  // After a jump of the clock nobody can tell whose stop it was; a person is the safe guess.
  if (!service || truth.justChanged(graceMs) || clock.hasJumped()) return;
  if (!service.replicas.some((replica) => isHeld(replica) && !replica.stoppedByBot))
    broken('only people hold', `${name} for ${incident}`);
}
