import type { MemoryHistory } from './history.ts';
import { type Incident, type IncidentPhase, inFlight } from './incident.ts';

/** What is furthest keeps its target, should two incidents say that they have it. */
const byProgress: readonly IncidentPhase[] = ['acting', 'verifying', 'queued'];

/**
 * After a log was read back, of which lines may be damaged or lost: a target is claimed by the incident that is in flight for
 * it and by no other, and every incident in flight can go on.
 */
export function settleClaims(history: MemoryHistory): void {
  for (const incident of [...history.open()].filter(inFlight)) {
    // Nothing can be found out about an action that nobody wrote down.
    if (incident.phase !== 'queued' && !incident.attempt) history.putIncident({ ...incident, phase: 'waiting' });
  }
  const claims = claimsOf([...history.open()].filter(inFlight));
  for (const target of [...history.targets()])
    if (target.active !== claims.get(target.target))
      history.putTarget({ ...target, active: claims.get(target.target) });
  for (const [text, active] of claims)
    if (history.target(text).active !== active) history.putTarget({ ...history.target(text), active });
}

function claimsOf(flying: readonly Incident[]): Map<string, string> {
  const claims = new Map<string, string>();
  for (const phase of byProgress)
    for (const incident of flying) {
      const text = incident.phase === phase ? targetOf(incident) : undefined;
      if (text !== undefined && !claims.has(text)) claims.set(text, incident.id);
    }
  return claims;
}

const targetOf = ({ phase, attempt, action, target }: Incident): string | undefined =>
  (phase === 'queued' ? undefined : attempt?.action.target) ?? action?.target ?? target;
