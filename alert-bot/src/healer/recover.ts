import { isPaused } from '../decide/check-policy.ts';
import { type Decision, skip } from '../decide/decision.ts';
import type { Attempt, Incident } from '../incidents/incident.ts';
import type { Core } from './core.ts';
import { attemptAction, finish } from './executor.ts';
import { decided } from './judge.ts';
import { type Settled, settle } from './settle.ts';

/**
 * Takes up an action of which only the beginning is on record: the bot was killed, or the disk was full afterwards. What
 * happened is not repeated; what did not happen is done under the same attempt, unless it is no longer wanted.
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
  else await complete(core, id, attempt, settled);
}

async function complete(core: Core, id: string, attempt: Attempt, { remaining }: Settled): Promise<void> {
  const incident = core.history.incident(id) as Incident;
  const over = attempt.purpose === 'repair' && (await isOver(core, incident));
  const goesOn = await core.exclusively(async () => {
    const unwanted = noLongerWanted(core, attempt, over);
    const { number, purpose, runbook, action, before } = attempt;
    const head = { at: core.at(), incident: id };
    await core.record(
      unwanted
        ? [decided(id, unwanted, 'before_acting', head.at)]
        : [{ ...head, type: 'acting', attempt: number, purpose, runbook, action, before: [...before] }],
    );
    return !unwanted;
  });
  if (!goesOn) return;
  const result = await attemptAction(core, attempt, remaining);
  if (core.stopping.signal.aborted && !result.ok) return;
  await finish(core, id, result);
}

async function isOver(core: Core, incident: Incident): Promise<boolean> {
  if (incident.status === 'resolved') return true;
  return (await core.options.alertSource.look(incident)).state === 'gone';
}

function noLongerWanted(core: Core, attempt: Attempt, over: boolean): Decision | undefined {
  const now = core.now();
  if (over) return skip('resolved');
  if (isPaused(core.history, now)) return skip('paused', { until: core.history.bot().pausedUntil as number });
  return core.history.target(attempt.action.service).quarantinedAt === undefined ? undefined : skip('quarantined');
}
