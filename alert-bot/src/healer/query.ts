import { within } from '../decide/within.ts';
import type { Incident } from '../incidents/incident.ts';
import type { ChannelState } from '../notify/courier.ts';
import { nameTarget, normalTarget } from '../targets/target-name.ts';
import type { Core } from './core.ts';
import { ControlRefused, type Healer, type HealerStats, type IncidentQuery, type PauseState } from './healer.ts';
import { findMissingProjects } from './missing-projects.ts';
import { findOtherBots } from './other-bots.ts';
import { rfc3339, toSummary } from './summary.ts';

/** Newest first, a page at a time. */
export function queryIncidents(core: Core, query: IncidentQuery): ReturnType<Healer['incidents']> {
  const after = query.cursor === undefined ? undefined : parseCursor(query.cursor);
  const text = query.text?.toLowerCase();
  const home = core.observer.home();
  const found = candidates(core, query)
    .filter((incident) => isWanted(incident, query, home) && (text === undefined || mentions(incident, text)))
    .sort(newestFirst)
    .filter((incident) => !after || newestFirst(after, incident) < 0);
  const page = found.slice(0, query.limit);
  const last = page.at(-1);
  return {
    items: page.map((incident) => toSummary(incident, home)),
    nextCursor: last && found.length > page.length ? toCursor(last) : null,
  };
}

function candidates({ history }: Core, { open }: IncidentQuery): Incident[] {
  const opened = open === false ? [] : history.open();
  const closed = open === true ? [] : history.closed();
  return [...opened, ...closed];
}

type Position = Pick<Incident, 'receivedAt' | 'id'>;
const newestFirst = (a: Position, b: Position) =>
  b.receivedAt - a.receivedAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

function isWanted(incident: Incident, query: IncidentQuery, home: string | undefined): boolean {
  const { status, phase, outcome, alertname } = query;
  return (
    (status === undefined || incident.status === status) &&
    (phase === undefined || incident.phase === phase) &&
    (outcome === undefined || incident.outcome === outcome) &&
    isAbout(incident, query, home) &&
    (alertname === undefined || incident.labels['alertname'] === alertname)
  );
}

function isAbout({ target }: Incident, { project, service }: IncidentQuery, home: string | undefined): boolean {
  if (project === undefined && service === undefined) return true;
  if (target === undefined) return false;
  if (project !== undefined && nameTarget(target, home).project !== project) return false;
  if (service === undefined) return true;
  const text = service.includes('/') || project === undefined ? service : `${project}/${service}`;
  return normalTarget(text, home) === target;
}

/** `text` is in small letters. */
function mentions({ id, labels, annotations, target, runbook, reason, outcome }: Incident, text: string): boolean {
  const words = [id, target, runbook, reason, outcome, annotations['summary'], ...Object.values(labels)];
  return words.some((word) => word?.toLowerCase().includes(text));
}

const toCursor = ({ receivedAt, id }: Position) => Buffer.from(`${receivedAt} ${id}`).toString('base64url');

function parseCursor(cursor: string): Position {
  const [, receivedAt, id] = /^(\d+) (\S+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (receivedAt === undefined || id === undefined)
    throw new ControlRefused('bad_cursor', 'the cursor is not one of ours');
  return { receivedAt: Number(receivedAt), id };
}

export function healerStats(core: Core, queueLength: number, channels: readonly ChannelState[]): HealerStats {
  const { history, options, observer } = core;
  const { budget } = options.runbooks.current();
  const { actionTimes, queued } = history.bot();
  const now = core.now();
  const spent = actionTimes.filter((time) => within(time, budget.withinMs, now)).length + queued;
  const { loadedAt, lastError, count } = options.runbooks.status();
  return {
    openIncidents: history.openCount,
    queueLength,
    quarantined: [...history.targets()].flatMap(({ target, quarantinedAt, attemptsSinceHealthy: attempts }) =>
      quarantinedAt === undefined
        ? []
        : [{ ...nameTarget(target, observer.home()), since: rfc3339(quarantinedAt), attempts }],
    ),
    budget: { limit: budget.actions, remaining: Math.max(0, budget.actions - spent) },
    paused: pauseState(core),
    lastWatchdogAt: core.watchdogAt,
    runtimeUp: observer.up(),
    missingProjects: missingProjects(core),
    otherBots: otherBots(core),
    sources: options.alertSource.status(),
    injectedFaults: options.alertSource.injectedFaults?.() ?? [],
    notifications: channels.map(({ oldestAt, ...state }) => ({
      ...state,
      oldestAt: oldestAt === null ? null : rfc3339(oldestAt),
    })),
    log: core.log().stats(),
    runbooks: { loadedAt: rfc3339(loadedAt), lastError, count },
  };
}

function otherBots({ observer }: Core): string[] {
  const last = observer.last();
  return last ? findOtherBots(last) : [];
}

function missingProjects({ observer }: Core): string[] {
  const last = observer.last();
  return last ? findMissingProjects(last) : [];
}

function pauseState(core: Core): PauseState | null {
  const { pausedUntil, pauseReason, pausedBy } = core.history.bot();
  if (pausedUntil === undefined || pausedUntil <= core.now()) return null;
  return { until: rfc3339(pausedUntil), reason: pauseReason ?? null, by: pausedBy ?? '' };
}
