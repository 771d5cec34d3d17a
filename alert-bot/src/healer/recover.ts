import { type Decision, skip } from '../decide/decision.ts';
import type { PlannedAction } from '../incidents/event.ts';
import type { Attempt, Incident } from '../incidents/incident.ts';
import type { Observation } from '../runtime/runtime.ts';
import type { Core } from './core.ts';
import { decideIncident } from './decide-incident.ts';
import { attemptAction, finish, includesHeld } from './executor.ts';
import { decided } from './judge.ts';
import { askAbout } from './knowledge.ts';
import { type Settled, settle } from './settle.ts';

/** An action that the bot did not survive so often is not begun again: it may be what ends the bot. */
const mostTakenUp = 2;

/**
 * Takes up an action of which only the beginning is on record: the bot was killed, or the disk was full afterwards. What
 * happened is not repeated. What did not happen is decided again, by the same rules as everything else and on a fresh look, and
 * done under the same attempt.
 */
export async function recover(core: Core, id: string): Promise<void> {
  const attempt = core.history.incident(id)?.attempt;
  if (!attempt) return;
  const settled = await settle(core, attempt);
  if (core.stopping.signal.aborted) return;
  if (settled.found === 'unreachable') {
    const message = 'the container runtime does not answer; whether the action happened is not known';
    await finish(core, id, { ok: false, code: 'unreachable', message, retryable: true });
    return;
  }
  await core.record([
    { at: core.at(), incident: id, type: 'recovered', attempt: attempt.number, found: settled.found },
  ]);
  if (settled.found === 'happened') await finish(core, id, { ok: true, replicas: [] });
  else if ((attempt.takenUp ?? 0) >= mostTakenUp) await finish(core, id, givenUp(attempt));
  else await complete(core, id, attempt, settled);
}

const givenUp = ({ takenUp = 0 }: Attempt) => ({
  ok: false as const,
  code: 'engine_error' as const,
  message: `The bot ended in the middle of this action ${takenUp + 1} times; it is not begun again.`,
  retryable: false,
});

async function complete(core: Core, id: string, attempt: Attempt, { found, remaining }: Settled): Promise<void> {
  const known = await askAbout(core, core.history.incident(id) as Incident);
  const observed = await core.observer.fresh();
  const goesOn = await core.exclusively(async () => {
    const incident = core.history.incident(id);
    if (incident?.phase !== 'acting') return undefined;
    const decision: Decision =
      known.report.state === 'gone' && attempt.purpose === 'repair'
        ? skip('resolved')
        : decideIncident(core, incident, observed, known, { own: true, counted: true });
    return record(core, id, attempt, { decision, observed, found });
  });
  if (!goesOn) return;
  const result = await attemptAction(core, goesOn, remaining, includesHeld(goesOn, observed));
  if (core.stopping.signal.aborted && !result.ok) return;
  await finish(core, id, result);
}

interface Redecided {
  decision: Decision;
  observed: Observation | undefined;
  found: Settled['found'];
}

/** Writes that the attempt goes on, and returns it; or why it does not. */
async function record(core: Core, id: string, attempt: Attempt, { decision, observed, found }: Redecided) {
  const at = core.at();
  const { number, purpose, runbook, action, before } = attempt;
  if (decision.decision === 'act' && observed && isSame(decision.action, action)) {
    await core.record([
      {
        at,
        incident: id,
        type: 'acting',
        attempt: number,
        purpose,
        runbook,
        action: decision.action,
        before: [...before],
      },
    ]);
    return { ...attempt, action: decision.action };
  }
  const now = core.now();
  const instead =
    decision.decision === 'skip' ? decision : skip('unconfirmed', { until: now, detail: 'another action is due now' });
  const withdrawn = found === 'not_happened' ? { withdrawn: true } : {};
  await core.record([{ ...decided(id, instead, 'recovery', at), ...withdrawn } as ReturnType<typeof decided>]);
  core.options.metrics.decided(instead.reason);
  core.lookAgain.set(id, instead.until ?? now);
  return undefined;
}

/** The same kind of action on the same target; a number of replicas may have changed in between. */
function isSame(one: PlannedAction, other: PlannedAction): boolean {
  if (one.target !== other.target || one.type !== other.type) return false;
  return one.type !== 'restart' || other.type !== 'restart' || one.replica === other.replica;
}
