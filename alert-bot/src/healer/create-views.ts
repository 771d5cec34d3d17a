import { quarantineCause, restUntil } from '../decide/check-policy.ts';
import { within } from '../decide/within.ts';
import { inFlight, type Target } from '../incidents/incident.ts';
import type { Runbook } from '../runbooks/runbook.ts';
import type { ObservedService, Replica } from '../runtime/runtime.ts';
import type { Core } from './core.ts';
import { simulate } from './simulate.ts';
import { rfc3339 } from './summary.ts';
import type { HealerViews, RunbookView, ServicesView, ServiceView } from './views.ts';

/** How long a page waits for a fresh look at the containers before it gets the last one. */
const lookMs = 2_000;

/** What the console reads. */
export function createViews(core: Core): HealerViews {
  const { runbooks } = core.options;
  const look = () => core.observer.recent(lookMs);
  return {
    repairs: () => core.repairs.windows(core.now()),
    services: () => servicesView(core),
    runbooks: () => runbooks.current().runbooks.map(toRunbookView),
    simulate: async (delivery) => simulate(delivery, await look(), runbooks.current(), core.now(), core.history),
    since: (seq) => core.log().since(seq),
    lastSeq: () => core.log().stats().seq,
    progress: (incident) => core.progress.of(incident),
    onProgress: (listener) => core.progress.listen(listener),
  };
}

async function servicesView(core: Core): Promise<ServicesView> {
  const observed = await core.observer.recent(lookMs);
  const { runbooks } = core.options.runbooks.current();
  const names = new Set([...(observed?.services.keys() ?? []), ...runbooks.map(({ service }) => service)]);
  return {
    project: observed?.project ?? null,
    observedAt: observed ? rfc3339(observed.observedAt) : null,
    services: [...names].sort().map((name) => serviceView(core, name, observed?.services.get(name))),
  };
}

function serviceView(core: Core, service: string, observed: ObservedService | undefined): ServiceView {
  const target = core.history.target(service);
  const mine = core.options.runbooks.current().runbooks.filter((runbook) => runbook.service === service);
  const { quarantinedAt, attemptsSinceHealthy, active } = target;
  const holder = active === undefined ? undefined : core.history.incident(active);
  const [runbook] = mine;
  return {
    service,
    replicas: (observed?.replicas ?? []).map(toReplicaView),
    optedIn: observed?.optedIn ?? false,
    protected: observed?.protected ?? false,
    changing: observed?.changing ?? null,
    runbooks: mine.map(({ name }) => name),
    attempts: runbook ? attemptsOf(target, runbook, core.now()) : null,
    rest: runbook ? restOf(target, runbook, core.now()) : null,
    quarantine: quarantinedAt === undefined ? null : { since: rfc3339(quarantinedAt), attempts: attemptsSinceHealthy },
    active: holder && inFlight(holder) ? holder.id : null,
  };
}

const toReplicaView = ({ addresses: _a, names: _n, optedIn: _o, service: _s, ...replica }: Replica) => replica;

function attemptsOf(target: Target, runbook: Runbook, now: number): NonNullable<ServiceView['attempts']> {
  const { max, withinMs } = runbook.limits.attempts;
  const recent = target.attemptTimes.filter((time) => within(time, withinMs, now)).length;
  const cause = quarantineCause(target, runbook, now);
  const left = cause === undefined ? Math.max(0, max - Math.max(recent, target.attemptsSinceHealthy)) : 0;
  return { left, max, withinSeconds: withinMs / 1_000 };
}

function restOf(target: Target, runbook: Runbook, now: number): ServiceView['rest'] {
  const until = restUntil(target, runbook, now);
  if (until === undefined) return null;
  return { kind: target.lastOutcome === 'healed' ? 'cooldown' : 'backoff', until: rfc3339(until) };
}

function toRunbookView(runbook: Runbook): RunbookView {
  const { name, mode, service, action, limits, onResolved, verifyWithinMs, stableMs, healthTimeoutMs } = runbook;
  const verify = { withinMs: verifyWithinMs, stableMs, healthTimeoutMs };
  return { name, mode, service, action, limits, verify, onResolved: onResolved ?? null, source: runbook.source ?? '' };
}
