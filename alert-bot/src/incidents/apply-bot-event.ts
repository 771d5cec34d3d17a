import type { EventOf, IncidentEvent, NewEvent } from './event.ts';
import { emptyTarget, type HistoryStore } from './history.ts';
import { readBot, readIncident, readOutboxEntry, readTarget } from './read-carried.ts';

/** Events about the bot or a target as a whole: pause, resume, release. */
export function applyBotEvent(history: HistoryStore, event: IncidentEvent | NewEvent, at: number): void {
  const { pausedUntil: _u, pausedAt: _a, pauseReason: _r, pausedBy: _b, ...bot } = history.bot();
  if (event.type === 'paused') {
    const reason = event.reason === undefined ? {} : { pauseReason: event.reason };
    history.putBot({ ...bot, pausedUntil: Date.parse(event.until), pausedAt: at, pausedBy: event.by, ...reason });
  }
  if (event.type === 'resumed') history.putBot(bot);
  if (event.type === 'released') {
    const { active, restarts, lastOutcome, lastEndedAt } = history.target(event.target);
    const kept = {
      ...(active ? { active } : {}),
      restarts,
      ...(lastOutcome === 'healed' ? { lastOutcome } : {}),
    };
    history.putTarget({ ...emptyTarget(event.target), ...kept, lastEndedAt: lastEndedAt ?? at });
  }
}

/** A snapshot's line replaces what it describes. @throws Error when it does not say what that is */
export function applyCarried(history: HistoryStore, { kind, state }: EventOf<'carried'>, at: number): void {
  if (kind === 'incident') history.putIncident(readIncident(state, at));
  if (kind === 'target') history.putTarget(readTarget(state, at));
  if (kind === 'outbox') history.openCall(readOutboxEntry(state, at));
  if (kind === 'bot') history.putBot(readBot(state));
}
