import type { Core } from './core.ts';

/**
 * Starts the time of the pause that is on record. Its length is counted by a timer and not by the wall clock: a clock that is set
 * forward must not end a pause early, and one that is set back must not stretch it. Only after a start of the bot the wall clock
 * says what is left.
 */
export function startPauseTimer(core: Core, ms: number): void {
  core.pauseTimer?.abort();
  const timer = new AbortController();
  core.pauseTimer = timer;
  const signal = AbortSignal.any([timer.signal, core.stopping.signal]);
  void core.options.clock.sleep(Math.max(0, ms), signal).then(() => {
    if (!signal.aborted && core.pauseTimer === timer) core.pauseTimer = undefined;
  });
}

/** After a start of the bot: what is left of a pause is never more than its whole length, whatever the clock did meanwhile. */
export function resumePause(core: Core): void {
  const { pausedUntil, pausedAt = 0 } = core.history.bot();
  if (pausedUntil !== undefined) startPauseTimer(core, Math.min(pausedUntil - core.now(), pausedUntil - pausedAt));
}

/** Records the end of a pause whose time is over; a disk that refuses is asked again with the next tick. */
export async function endPause(core: Core): Promise<void> {
  if (core.pauseTimer !== undefined || core.history.bot().pausedUntil === undefined) return;
  await core.exclusively(async () => {
    if (core.pauseTimer !== undefined || core.history.bot().pausedUntil === undefined) return;
    await core.record([{ at: core.at(), incident: null, type: 'resumed', by: 'the end of its time' }]);
    wakePaused(core);
  });
}

/** What waited for the end of the pause is looked at now. */
export function wakePaused(core: Core): void {
  for (const incident of core.history.open())
    if (incident.phase === 'waiting' && incident.reason === 'paused') core.lookAgain.set(incident.id, core.now());
}

/** A pause begins no action, and stops those under way before their next container. */
export function giveUpActions(core: Core): void {
  for (const controller of core.acting) controller.abort(new Error('the bot was paused'));
}
