import { applyInPlace } from './apply-event.ts';
import type { MemoryHistory } from './history.ts';
import type { ReplayMemory } from './log-memory.ts';
import { settleClaims } from './settle-claims.ts';

/** The history while a log is read back. */
export const replayMemory = (history: MemoryHistory): ReplayMemory => ({
  fold: (event, at, startsAt) => applyInPlace(history, event, at, startsAt),
  *incidents() {
    yield* history.closed();
    yield* history.open();
  },
  incident: (id) => history.incident(id),
  setAlert: (incident, alert) => history.setAlert(incident, alert),
  clear: () => history.clear(),
  settle: () => settleClaims(history),
});
