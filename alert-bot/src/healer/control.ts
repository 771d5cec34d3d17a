import type { Knowledge } from '../decide/confirmation.ts';
import type { Incident } from '../incidents/incident.ts';
import { nameTarget, normalTarget, type TargetName } from '../targets/target-name.ts';
import { fixedText } from '../targets/target-template.ts';
import type { Core } from './core.ts';
import { decideIncident } from './decide-incident.ts';
import { ControlRefused, type Healer } from './healer.ts';
import { decisionEvents, toResult } from './judge.ts';
import { askAbout } from './knowledge.ts';
import { giveUpActions, startPauseTimer, wakePaused } from './pause.ts';
import { rfc3339, toSummary } from './summary.ts';

const maxPauseMinutes = 7 * 24 * 60;

type Control = Pick<Healer, 'pause' | 'resume' | 'approve' | 'reject' | 'release'>;

/** The commands of people. Each is recorded before it counts. */
export function createControl(core: Core, onAct: (id: string) => void): Control {
  return {
    pause: ({ minutes, reason, by }) =>
      commanded(core, async () => {
        if (!(minutes > 0 && minutes <= maxPauseMinutes))
          throw new ControlRefused('bad_minutes', `minutes must be more than 0 and at most ${maxPauseMinutes}`);
        const until = rfc3339(core.now() + minutes * 60_000);
        await core.record([{ at: core.at(), incident: null, type: 'paused', until, by, ...optional({ reason }) }]);
        startPauseTimer(core, minutes * 60_000);
        giveUpActions(core);
        return { until, reason: reason ?? null, by };
      }),
    resume: ({ by, note }) =>
      commanded(core, async () => {
        if (core.history.bot().pausedUntil === undefined) return;
        await core.record([{ at: core.at(), incident: null, type: 'resumed', by, ...optional({ note }) }]);
        core.pauseTimer?.abort();
        core.pauseTimer = undefined;
        wakePaused(core);
      }),
    approve: async (id, { by, note }) => {
      core.assertRunning();
      const known = await askAbout(core, assertAwaiting(core, id));
      return commanded(core, async () => {
        assertAwaiting(core, id);
        await core.record([{ at: core.at(), incident: id, type: 'approved', by, ...optional({ note }) }]);
        return decideApproved(core, id, known, onAct);
      });
    },
    reject: (id, { by, note }) =>
      commanded(core, async () => {
        assertAwaiting(core, id);
        await core.record([{ at: core.at(), incident: id, type: 'rejected', by, ...optional({ note }) }]);
        return toSummary(core.history.incident(id) as Incident, core.observer.home());
      }),
    release: (text, { by, note }) =>
      commanded(core, async () => {
        const name = findReleasable(core, text);
        const wasQuarantined = core.history.target(name.target).quarantinedAt !== undefined;
        await core.record([{ at: core.at(), incident: null, type: 'released', ...name, by, ...optional({ note }) }]);
        wake(core, ({ reason }) => reason === 'quarantined');
        return { ...name, wasQuarantined };
      }),
  };
}

/** A target that a runbook names, or that the bot remembers something of. */
function findReleasable(core: Core, text: string): TargetName {
  const home = core.observer.home();
  const target = normalTarget(text, home);
  const isKnown =
    core.history.knows(target) ||
    core.options.runbooks.current().runbooks.some((runbook) => fixedText(runbook.target, home) === target);
  if (!isKnown)
    throw new ControlRefused(
      'target_not_found',
      `no runbook names a target "${text.slice(0, 200)}", and nothing was done to it`,
    );
  return nameTarget(target, home);
}

async function commanded<T>(core: Core, command: () => Promise<T>): Promise<T> {
  core.assertRunning();
  return core.exclusively(command);
}

async function decideApproved(core: Core, id: string, known: Knowledge, onAct: (id: string) => void) {
  const incident = core.history.incident(id) as Incident;
  const observed = await core.observer.recent(core.timing.intakeObserveMs);
  const policy = core.options.runbooks.current();
  const now = core.now();
  const decision = decideIncident(core, incident, observed, known, { approved: true });
  await core.record(
    decisionEvents(id, incident, decision, 'approval', {
      history: core.history,
      policy,
      home: core.observer.home(),
      observed,
      now,
    }),
  );
  core.options.metrics.decided(decision.reason);
  if (decision.decision === 'act') onAct(id);
  else core.lookAgain.set(id, decision.until ?? now);
  return toResult(incident, id, decision);
}

function assertAwaiting(core: Core, id: string): Incident {
  const incident = core.history.incident(id);
  if (!incident) throw new ControlRefused('incident_not_found', `there is no incident "${id}"`);
  if (incident.phase !== 'awaiting_approval')
    throw new ControlRefused('not_awaiting_approval', `the incident is ${incident.phase}, not awaiting_approval`);
  return incident;
}

function wake(core: Core, isMeant: (incident: Incident) => boolean): void {
  for (const incident of core.history.open())
    if (incident.phase === 'waiting' && isMeant(incident)) core.lookAgain.set(incident.id, core.now());
}

/** Leaves out what is undefined. */
function optional<T extends Record<string, string | undefined>>(values: T) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: string;
  };
}
