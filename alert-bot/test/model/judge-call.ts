import type { EventOf } from '../../src/incidents/event.ts';
import { isHeld } from './containers.ts';
import { graceMs, type Notebook, type Word } from './notebook.ts';
import { policies } from './policies.ts';
import { seenAfterMs } from './simulated-prometheus.ts';

/** The bot may act on what it was told so long ago. */
const confirmedForMs = 10_000;

/** The first call for an attempt, or for one that was taken up again: may it be made at this moment? */
export function judgeCall(book: Notebook, event: EventOf<'acting'>): void {
  judgePolicy(book, event);
  judgeTarget(book, event);
  if (event.purpose === 'repair') judgeConfirmed(book, event);
  else judgeScaleBack(book, event);
}

function judgeConfirmed(book: Notebook, { incident, action, attempt }: EventOf<'acting'>): void {
  const { clock, broken } = book;
  const received = book.receivedOf(incident);
  const startsAt = Date.parse(received?.alert.startsAt ?? '');
  const isAbout = ({ word, endsAt }: Word) =>
    word !== 'unsure' && !(word === 'over' && endsAt !== undefined && endsAt <= startsAt);
  const heard = book.wordsAbout(incident).filter(isAbout);
  // A first action may rest on a delivery alone: by hand, or from somebody whom Prometheus knows nothing of.
  const last = heard.findLast(({ word, delivered }) => attempt > 1 || delivered || word === 'suppressed');
  const ageMs = clock.elapsed() - (last?.at ?? Number.NEGATIVE_INFINITY);
  if (last?.word === 'fires' && ageMs <= confirmedForMs) return;
  if (heard.at(-1)?.word === 'fires' && clock.elapsed() - (heard.at(-1)?.at ?? 0) <= confirmedForMs) return;
  broken(
    'no action without a confirmed alert',
    `attempt ${attempt}, ${action.type} ${action.service} for ${incident}: ${last?.word} ${ageMs} ms ago`,
  );
}

function judgePolicy(book: Notebook, { incident, runbook: name, action, purpose }: EventOf<'acting'>): void {
  const { clock, policy, broken } = book;
  const now = policies[policy.name];
  const { pausedUntil, pausedAt } = pauseNow(book);
  if (pausedUntil > clock.now() && clock.elapsed() - pausedAt > graceMs) broken('paused', `${action.service}`);
  if (clock.elapsed() - policy.changedAt < graceMs) return;
  const runbook = now.runbooks.find(({ matches }) => matches(book.labelsOf(incident)));
  if (runbook?.name !== name || runbook.target !== action.target) {
    broken('a runbook says so now', `${name} for ${incident}, now ${runbook?.name}`);
    return;
  }
  if (purpose === 'on_resolved') {
    if (!runbook.onResolved) broken('a runbook says so now', `${name} no longer scales back`);
    return;
  }
  if (runbook.action.type !== action.type) broken('a runbook says so now', `${action.type}`);
  if (runbook.mode === 'observe') broken('a runbook says so now', `${name} only observes`);
  if (runbook.mode === 'approve' && !isApproved(book, incident))
    broken('a runbook says so now', `${incident} is not approved`);
}

function pauseNow({ disk, writtenAt }: Notebook) {
  const last = disk.events.findLast(({ type }) => type === 'paused' || type === 'resumed');
  if (last?.type !== 'paused') return { pausedUntil: 0, pausedAt: 0 };
  return { pausedUntil: Date.parse(last.until), pausedAt: writtenAt.get(last.seq) ?? 0 };
}

function isApproved({ disk }: Notebook, incident: string): boolean {
  const mine = disk.events.filter((event) => event.incident === incident);
  return mine.findLastIndex(({ type }) => type === 'approved') > mine.findLastIndex(({ type }) => type === 'verified');
}

function judgeTarget(book: Notebook, { action, incident }: EventOf<'acting'>): void {
  const { clock, containers, broken, receivedAt } = book;
  const service = containers.serviceOf(action.service);
  const now = clock.elapsed();
  if (service.protected) broken('protected', service.name);
  if (!service.optedIn) broken('not opted in', service.name);
  if (service.changing !== undefined && now - service.changingSince > graceMs) broken('changing', service.name);
  const targets =
    action.type === 'restart' && action.replica
      ? service.replicas.filter(({ id }) => id === action.replica)
      : service.replicas;
  const held = targets.filter((replica) => isHeld(replica) && !replica.stoppedByBot && now - replica.endedAt > graceMs);
  if (held.length > 0 && held.length === targets.length)
    broken('held by a person', held.map(({ name }) => name).join());
  if (action.type !== 'restart' || !action.replica) return;
  const [target] = targets;
  // Start times before and after a jump of the clock cannot be compared.
  if (target && !clock.hasJumped() && target.madeAt > (receivedAt.get(incident) ?? 0))
    broken('never a replica younger than the alert', `${target.id} for ${incident}`);
}

function judgeScaleBack(book: Notebook, { incident, action }: EventOf<'acting'>): void {
  const { clock, containers, truth, acts, counts, broken } = book;
  if (action.type !== 'scale') return;
  counts.scaledBack += 1;
  const service = containers.serviceOf(action.service);
  const scaledAt = acts.findLast(({ event }) => event.incident === incident && event.purpose === 'repair')?.at ?? 0;
  const changedByPerson = service.countChangedAt > scaledAt && clock.elapsed() - service.countChangedAt > graceMs;
  if (changedByPerson && service.replicas.length !== action.from)
    broken('who changed the number wins', `${service.replicas.length} replicas, scaled back from ${action.from}`);
  const last = book.wordsAbout(incident).findLast(({ word }) => word !== 'unsure');
  if (last?.word === 'fires' || last?.word === 'pending') broken('no scale-back while the alert is there', incident);
  if (
    truth.longestWithin('WorkerBacklogHigh ', clock.elapsed() - graceMs - seenAfterMs, clock.elapsed()) >=
    graceMs + seenAfterMs
  )
    broken('no scale-back while the replicas are needed', incident);
}
