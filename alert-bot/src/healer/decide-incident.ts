import { isJustHeard, type Knowledge, unconfirmed } from '../decide/confirmation.ts';
import { type DecideOptions, decide } from '../decide/decide.ts';
import { decideScaleBack } from '../decide/decide-scale-back.ts';
import type { Decision } from '../decide/decision.ts';
import type { Incident } from '../incidents/incident.ts';
import type { Policy } from '../runbooks/runbook.ts';
import type { Observation } from '../runtime/runtime.ts';
import type { Core } from './core.ts';
import { alertOf, nameOf } from './judge.ts';

/** The decision about a known incident, by the same rules whoever asks: a timer, an approval, the queue, or a start after a crash. */
export function decideIncident(
  core: Core,
  incident: Incident,
  observed: Observation | undefined,
  known: Knowledge,
  options: Omit<DecideOptions, 'known'> = {},
): Decision {
  const now = core.now();
  const policy = core.options.runbooks.current();
  if (incident.status !== 'resolved')
    return decide(alertOf(incident), observed, core.history, policy, now, { ...options, known });
  const { report, configured } = known;
  if (report.state === 'firing' || report.state === 'pending' || isHeardAgain(known, incident, now))
    return unconfirmed(now, 'the alert fires again');
  if (report.state === 'unknown' && configured) return unconfirmed(now, 'nothing confirms that the alert is over');
  const neededBy = otherNeed(core, incident, policy);
  return decideScaleBack(incident, observed, core.history, policy, now, { ...options, neededBy });
}

/** A delivery that came after the end. A witness who says `gone` since then knows better. */
function isHeardAgain(known: Knowledge, { resolvedAt }: Incident, now: number): boolean {
  if (known.heardAt <= (resolvedAt ?? now)) return false;
  return known.report.state !== 'gone' || isJustHeard(known, now);
}

/** Another alert that still fires and asks for replicas of the same target. */
function otherNeed({ history, observer }: Core, { id, action }: Incident, { runbooks }: Policy): string | undefined {
  for (const other of history.open()) {
    if (other.id === id || other.status === 'resolved') continue;
    const asked = runbooks.find(({ matches }) => matches(other.labels));
    if (asked?.action.type !== 'scale') continue;
    if (nameOf(asked, other, observer.home())?.target === action?.target) return other.id;
  }
  return undefined;
}
