import type { Delivery } from '../../src/alerts/alert.ts';
import type { IntakeResult } from '../../src/healer/healer.ts';
import type { EventOf, IncidentEvent } from '../../src/incidents/event.ts';
import type { AlertReport, SourcedAlert } from '../../src/verify/alert-source.ts';
import { keyOf, type Truth } from './conditions.ts';
import { type Container, type Containers, isHealthy, isHeld } from './containers.ts';
import type { ModelClock } from './model-clock.ts';
import type { ModelDisk } from './model-disk.ts';
import { type PolicyName, policies, stableMs } from './policies.ts';
import type { EngineWatch, SimulatedEngine } from './simulated-engine.ts';
import { seenAfterMs } from './simulated-prometheus.ts';

export interface Watched {
  clock: ModelClock;
  containers: Containers;
  truth: Truth;
  engine: SimulatedEngine;
  disk: ModelDisk;
  policy: { name: PolicyName; changedAt: number };
}

/** What the bot has last been told about an alert, and when. */
interface Word {
  at: number;
  word: 'fires' | 'pending' | 'over' | 'suppressed' | 'unsure';
  endsAt?: number;
  /** Came by itself; the others are answers. */
  delivered?: boolean;
}

interface Act {
  at: number;
  wallAt: number;
  event: EventOf<'acting'>;
  /** The engine has done something for it. */
  touched: boolean;
}

/** The bot may act on what it was told so long ago. */
const confirmedForMs = 10_000;
/** What changes between the last look and the call is nobody's fault; the engine refuses the worst. */
const graceMs = 5_000;

export type Watch = ReturnType<typeof createWatch>;

/** Judges everything that the bot does at the moment it does it. Notes what is broken: a throw would be swallowed by the bot. */
export function createWatch({ clock, containers, truth, engine, disk, policy }: Watched) {
  const problems: string[] = [];
  const words = new Map<string, Word[]>();
  const acts: Act[] = [];
  const begun = new Set<string>();
  const receivedAt = new Map<string, number>();
  const counts = { actions: 0, healed: 0, escalated: 0, refusals: 0, scaledBack: 0 };
  let unjudged: EventOf<'acting'> | undefined;

  const broken = (rule: string, what: string) =>
    problems.push(`${(clock.elapsed() / 1_000).toFixed(1)} s: ${rule}: ${what}`);

  function say(fingerprint: string, word: Omit<Word, 'at'>): void {
    words.set(fingerprint, [...(words.get(fingerprint) ?? []).slice(-30), { at: clock.elapsed(), ...word }]);
  }

  const labelsOf = (incident: string): Readonly<Record<string, string>> =>
    (receivedOf(incident)?.alert.labels as Record<string, string> | undefined) ?? {};
  const receivedOf = (incident: string) =>
    disk.events.find((event): event is EventOf<'received'> => event.type === 'received' && event.incident === incident);

  /** Every first call of an attempt, and of an attempt that was taken up again. */
  function judgeCall(verb: 'restart' | 'scale', service: string): EventOf<'acting'> | undefined {
    if ((engine.underWay.get(service) ?? 0) > 0)
      broken('one action at a time', `${verb} ${service} while another runs`);
    const event = unjudged;
    if (!event || event.action.service !== service) return undefined;
    unjudged = undefined;
    judgePolicy(event);
    judgeTarget(event);
    if (event.purpose === 'repair') judgeConfirmed(event);
    else judgeScaleBack(event);
    return event;
  }

  function judgeConfirmed({ incident, action, attempt }: EventOf<'acting'>): void {
    const received = receivedOf(incident);
    const startsAt = Date.parse(received?.alert.startsAt ?? '');
    const isAbout = ({ word, endsAt }: Word) =>
      word !== 'unsure' && !(word === 'over' && endsAt !== undefined && endsAt <= startsAt);
    const heard = (words.get(received?.alert.fingerprint ?? '') ?? []).filter(isAbout);
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

  function judgePolicy({ incident, runbook: name, action, purpose }: EventOf<'acting'>): void {
    const now = policies[policy.name];
    const { pausedUntil, pausedAt } = pauseNow();
    if (pausedUntil > clock.now() && clock.elapsed() - pausedAt > graceMs) broken('paused', `${action.service}`);
    if (clock.elapsed() - policy.changedAt < graceMs) return;
    const runbook = now.runbooks.find(({ matches }) => matches(labelsOf(incident)));
    if (runbook?.name !== name || runbook.service !== action.service) {
      broken('a runbook says so now', `${name} for ${incident}, now ${runbook?.name}`);
      return;
    }
    if (purpose === 'on_resolved') {
      if (!runbook.onResolved) broken('a runbook says so now', `${name} no longer scales back`);
      return;
    }
    if (runbook.action.type !== action.type) broken('a runbook says so now', `${action.type}`);
    if (runbook.mode === 'observe') broken('a runbook says so now', `${name} only observes`);
    if (runbook.mode === 'approve' && !isApproved(incident))
      broken('a runbook says so now', `${incident} is not approved`);
  }

  function pauseNow() {
    const last = disk.events.findLast(({ type }) => type === 'paused' || type === 'resumed');
    if (last?.type !== 'paused') return { pausedUntil: 0, pausedAt: 0 };
    return { pausedUntil: Date.parse(last.until), pausedAt: writtenAt.get(last.seq) ?? 0 };
  }
  const writtenAt = new Map<number, number>();

  function isApproved(incident: string): boolean {
    const mine = disk.events.filter((event) => event.incident === incident);
    return (
      mine.findLastIndex(({ type }) => type === 'approved') > mine.findLastIndex(({ type }) => type === 'verified')
    );
  }

  function judgeTarget({ action, incident }: EventOf<'acting'>): void {
    const service = containers.serviceOf(action.service);
    const now = clock.elapsed();
    if (service.protected) broken('protected', service.name);
    if (!service.optedIn) broken('not opted in', service.name);
    if (service.changing !== undefined && now - service.changingSince > graceMs) broken('changing', service.name);
    const targets =
      action.type === 'restart' && action.replica
        ? service.replicas.filter(({ id }) => id === action.replica)
        : service.replicas;
    const held = targets.filter(
      (replica) => isHeld(replica) && !replica.stoppedByBot && now - replica.endedAt > graceMs,
    );
    if (held.length > 0 && held.length === targets.length)
      broken('held by a person', held.map(({ name }) => name).join());
    if (action.type !== 'restart' || !action.replica) return;
    const [target] = targets;
    if (target && target.madeAt > (receivedAt.get(incident) ?? 0))
      broken('never a replica younger than the alert', `${target.id} for ${incident}`);
  }

  function judgeScaleBack({ incident, action }: EventOf<'acting'>): void {
    if (action.type !== 'scale') return;
    counts.scaledBack += 1;
    const service = containers.serviceOf(action.service);
    const scaledAt = acts.findLast(({ event }) => event.incident === incident && event.purpose === 'repair')?.at ?? 0;
    const changedByPerson = service.countChangedAt > scaledAt && clock.elapsed() - service.countChangedAt > graceMs;
    if (changedByPerson && service.replicas.length !== action.from)
      broken('who changed the number wins', `${service.replicas.length} replicas, scaled back from ${action.from}`);
    const last = (words.get(receivedOf(incident)?.alert.fingerprint ?? '') ?? [])
      .filter(({ word }) => word !== 'unsure')
      .at(-1);
    if (last?.word === 'fires' || last?.word === 'pending') broken('no scale-back while the alert is there', incident);
    if (
      truth.longestWithin('WorkerBacklogHigh ', clock.elapsed() - graceMs - seenAfterMs, clock.elapsed()) >=
      graceMs + seenAfterMs
    )
      broken('no scale-back while the replicas are needed', incident);
  }

  const engineWatch: EngineWatch = {
    restart: (service) => void judgeCall('restart', service),
    scale: (service, from, to) => {
      const event = judgeCall('scale', service);
      if (event?.purpose === 'repair' && to <= from) broken('a scale-out never removes', `${from} to ${to}`);
      if (event?.purpose === 'on_resolved' && to >= from) broken('a scale-in never adds', `${from} to ${to}`);
    },
    touched: (service: string) => {
      const act = acts.findLast(({ event }) => event.action.service === service);
      if (act) act.touched = true;
    },
    removed: (container: Container) => {
      if (container.addedBy !== 'bot') broken('only what the bot added is removed', container.name);
    },
  };

  function beginAttempt(event: EventOf<'acting'>): void {
    unjudged = event;
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
    if (event.purpose === 'repair' && !changed) judgeAttempts(event, isRecent);
  }

  function judgeAttempts(
    { action, runbook, incident }: EventOf<'acting'>,
    isRecent: (act: Act, ms: number) => boolean,
  ): void {
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
  function withdraw({ incident }: EventOf<'decided'>): void {
    const index = acts.findLastIndex(({ event }) => event.incident === incident);
    const [act] = index < 0 ? [] : acts.splice(index, 1);
    if (act?.touched) broken('only what did not happen is withdrawn', `attempt ${act.event.attempt} of ${incident}`);
    begun.delete(`${incident} ${act?.event.attempt}`);
  }

  function judgeOutcome(event: EventOf<'verified'>): void {
    if (event.outcome !== 'healed' || event.purpose !== 'repair') return;
    counts.healed += 1;
    const labels = labelsOf(event.incident);
    const now = clock.elapsed();
    const brokenMs = truth.longestWithin(keyOf(labels), now - stableMs, now);
    const allowedMs = seenAfterMs + 1_000;
    if (brokenMs > allowedMs)
      broken('healed only if it is over', `${keyOf(labels)}: wrong for ${brokenMs} ms of the last ${stableMs}`);
    const { action } = acts.findLast(({ event: acting }) => acting.incident === event.incident)?.event ?? {};
    const replicas = action ? containers.serviceOf(action.service).replicas : [];
    const well = replicas.filter(isHealthy).length;
    const wanted = action?.type === 'scale' ? action.to : 1;
    if (well < wanted && !truth.justChanged(graceMs))
      broken('healed only if healthy', `${well} healthy of ${replicas.length}`);
  }

  /** What the bot itself stopped, and did not get to start again, is nobody's wish. */
  function judgeHeld({ incident, action, runbook }: EventOf<'decided'>): void {
    const name = action?.service ?? policies[policy.name].runbooks.find((one) => one.name === runbook)?.service;
    const service = containers.services.get(name ?? '');
    // After a jump of the clock nobody can tell whose stop it was; a person is the safe guess.
    if (!service || truth.justChanged(graceMs) || clock.hasJumped()) return;
    if (!service.replicas.some((replica) => isHeld(replica) && !replica.stoppedByBot))
      broken('only people hold', `${name} for ${incident}`);
  }

  return {
    problems,
    counts,
    acts,
    engine: engineWatch,
    delivered: ({ alerts }: Delivery) => {
      for (const { fingerprint, status, endsAt } of alerts)
        say(
          fingerprint,
          status === 'firing'
            ? { word: 'fires', delivered: true }
            : { word: 'over', delivered: true, ...(endsAt === undefined ? {} : { endsAt }) },
        );
    },
    looked: ({ fingerprint }: SourcedAlert, { state, suppressed }: AlertReport) => {
      const said = { firing: 'fires', pending: 'pending', gone: 'over', unknown: 'unsure' } as const;
      const isSuppressed = suppressed !== undefined && suppressed !== 'unknown';
      // The alert fires, but nobody could say whether a person has silenced it: no word to act on.
      const word = suppressed === 'unknown' && state === 'firing' ? 'unsure' : said[state];
      say(fingerprint, { word: isSuppressed && state !== 'gone' ? 'suppressed' : word });
    },
    acknowledged: (results: readonly IntakeResult[]) => {
      for (const { incident, alertname } of results)
        if (incident !== null && !receivedAt.has(incident))
          broken('what is acknowledged is in the log', `${alertname} ${incident}`);
    },
    written: (event: IncidentEvent) => {
      writtenAt.set(event.seq, clock.elapsed());
      if (event.type === 'received' && !receivedAt.has(event.incident)) receivedAt.set(event.incident, clock.elapsed());
      if (event.type === 'acting') beginAttempt(event);
      if (event.type === 'verified') judgeOutcome(event);
      if (event.type === 'decided' && event.reason === 'held_by_person') judgeHeld(event);
      if (event.type === 'escalated') counts.escalated += 1;
      if (event.type === 'decided' && event.withdrawn) withdraw(event);
      if (event.type === 'acted' && !event.ok) counts.refusals += 1;
    },
  };
}
