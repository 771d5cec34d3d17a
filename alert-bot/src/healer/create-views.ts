import { quarantineCause, restUntil } from '../decide/check-policy.ts';
import { withWords } from '../decide/container-says.ts';
import { within } from '../decide/within.ts';
import { inFlight, type Target } from '../incidents/incident.ts';
import type { Runbook } from '../runbooks/runbook.ts';
import type { ObservedService, Replica } from '../runtime/runtime.ts';
import { nameTarget } from '../targets/target-name.ts';
import { fixedText, mayMean } from '../targets/target-template.ts';
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
  const home = observed?.project ?? core.observer.home();
  const fixed = runbooks.map(({ target }) => fixedText(target, home)).filter((text) => text !== undefined);
  const texts = new Set([...(observed?.services.keys() ?? []), ...fixed]);
  return {
    project: home ?? null,
    projects: observed?.projects ?? [],
    observedAt: observed ? rfc3339(observed.observedAt) : null,
    services: [...texts].sort(homeFirst).map((text) => serviceView(core, text, home, observed?.services.get(text))),
  };
}

/** Services of the home project have no slash in their text. */
const homeFirst = (a: string, b: string): number =>
  Number(a.includes('/')) - Number(b.includes('/')) || (a < b ? -1 : Number(a > b));

function serviceView(
  core: Core,
  text: string,
  home: string | undefined,
  observed: ObservedService | undefined,
): ServiceView {
  const target = core.history.target(text);
  const { runbooks } = core.options.runbooks.current();
  const mine = runbooks.filter((runbook) => mayMean(runbook.target, text, home));
  const { quarantinedAt, attemptsSinceHealthy, active } = target;
  const holder = active === undefined ? undefined : core.history.incident(active);
  const runbook = mine[0] && withWords(mine[0], observed);
  const { project = null, service } = nameTarget(text, home);
  return {
    target: text,
    project,
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
  const { name, mode, target, action, limits, onResolved, verifyWithinMs, stableMs, healthTimeoutMs } = runbook;
  const verify = { withinMs: verifyWithinMs, stableMs, healthTimeoutMs };
  return { name, mode, target, action, limits, verify, onResolved: onResolved ?? null, source: runbook.source ?? '' };
}
