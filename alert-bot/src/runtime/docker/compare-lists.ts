import { setTimeout as sleep } from 'node:timers/promises';
import { withTimeout } from '@stack/service-kit/timeout';
import type { WatchedContainer } from '../watch.ts';
import { tell, type Watching } from './watching.ts';

/** While there are no events the list is all there is. */
const pollMs = 5_000;
const listTimeoutMs = 4_000;
/** Inspecting hundreds of containers takes longer. */
const closeLookTimeoutMs = 15_000;
/** An event that a list was faster than comes within milliseconds. */
const overdueMs = 2_000;

/** Compares again and again, for as long as somebody watches. */
export async function keepComparing(watching: Watching): Promise<void> {
  const { signal, audience, compareMs } = watching;
  while (!signal.aborted) {
    const waitMs = watching.stream ? compareMs : Math.min(pollMs, compareMs);
    await sleep(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
    if (audience.size > 0 && !signal.aborted) await compareLists(watching, 'quickly');
  }
}

/**
 * Compares the list of containers with what the events told, and tells the difference. A connection over which the missing
 * events do not come is dead: it is closed, and another one made. `closely` also inspects what may be repaired.
 */
export function compareLists(watching: Watching, how: 'closely' | 'quickly'): Promise<void> {
  watching.looking = watching.looking.then(async () => {
    if (watching.signal.aborted || watching.audience.size === 0) return;
    if (how === 'closely') watching.held = [];
    const found = await look(watching, how).catch((error: Error) => error);
    const { held = [] } = watching;
    watching.held = undefined;
    for (const item of held) tell(watching, item);
    if (found instanceof Error) tellLost(watching, found);
    else if (found > 0 || how === 'closely' || watching.isLost) tellList(watching);
    if (how === 'quickly' && typeof found === 'number' && found > 0) closeIfDead(watching);
  });
  return watching.looking;
}

/** @returns how many containers are not as the events told */
async function look(watching: Watching, how: 'closely' | 'quickly'): Promise<number> {
  const { known, scope } = watching;
  const position = known.position();
  const isChanged = (listed: WatchedContainer) => known.differs(listed, position);
  const isWanted = (listed: WatchedContainer) => isChanged(listed) || (how === 'closely' && listed.optedIn);
  const timeoutMs = how === 'closely' ? closeLookTimeoutMs : listTimeoutMs;
  const listed = await withTimeout(scope.list(isWanted), timeoutMs, 'the list of containers');
  const changed = listed.filter(isChanged);
  const missing = known.missing(listed, position);
  known.take(how === 'closely' ? listed : changed, missing, position);
  return changed.length + missing.length;
}

function tellList(watching: Watching): void {
  watching.isLost = false;
  tell(watching, { type: 'list', containers: watching.known.all() });
}

function tellLost(watching: Watching, { message }: Error): void {
  if (!watching.isLost) tell(watching, { type: 'lost', reason: message });
  watching.isLost = true;
}

function closeIfDead({ stream, known, signal }: Watching): void {
  if (!stream) return;
  const before = known.position();
  void sleep(overdueMs, undefined, { signal, ref: false })
    .then(() => known.position() === before && stream.abort(new Error('the events do not come any more')))
    .catch(() => undefined);
}
