import { withTimeout } from '@stack/service-kit/timeout';
import { inFlight } from '../incidents/incident.ts';
import { type Courier, createCourier } from '../notify/courier.ts';
import { describeCalls } from '../notify/describe-call.ts';
import { createControl } from './control.ts';
import { type Core, createCore, type HealerOptions, logMemory } from './core.ts';
import { createViews } from './create-views.ts';
import type { Healer } from './healer.ts';
import { createIntake } from './intake.ts';
import { knownTargets } from './known-targets.ts';
import { createProjectNotes } from './missing-projects.ts';
import { createBotNotes } from './other-bots.ts';
import { endPause, resumePause } from './pause.ts';
import { healerStats, queryIncidents } from './query.ts';
import { forgetClosed, lookAtEverything, reconcile } from './reconcile.ts';
import { toSummary } from './summary.ts';
import { createWorkQueue, type WorkQueue } from './work-queue.ts';

/** Less than the lifecycle allows one step. */
const stopTimeoutMs = 5_000;
/** An alert that comes right after the start needs a look to be decided on; a socket that hangs must not hold the start. */
const firstLookMs = 2_000;
/** Ticks between two looks in the background. */
const ticksPerLook = 5;

/** Puts the bot's core together. Nothing happens before `start()`. `core` is given by tests that look at its memory. */
export function createHealer(options: HealerOptions, core: Core = createCore(options)): Healer {
  const queue = createWorkQueue(core);
  const courier = courierOf(core);
  const act = (id: string) => queue.add(id);
  const intake = createIntake(core, (results) => {
    for (const { decision, incident } of results) if (decision === 'act' && incident) act(incident);
  });
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;
  return {
    start: () => {
      starting ??= start(core, queue, courier);
      return starting;
    },
    stop: () => {
      stopping ??= stop(core, queue, courier, starting);
      return stopping;
    },
    intake: async (delivery) => intake(delivery),
    ...createControl(core, act),
    incidents: (query) => queryIncidents(core, query),
    incident: async (id) => {
      const found = core.history.incident(id);
      return found && { summary: toSummary(found, core.observer.home()), ...(await core.log().timeline(found)) };
    },
    subscribe: (listener) => {
      core.listeners.add(listener);
      return () => core.listeners.delete(listener);
    },
    stats: () => healerStats(core, queue.length(), courier.states()),
    views: createViews(core),
  };
}

/** What a person must hear is what the log says; so the log's events are what wakes the courier. */
function courierOf(core: Core): Courier {
  const { channels, clock, logger, metrics, botUrl = 'http://localhost:5001' } = core.options;
  const summaryOf = (id: string) => {
    const found = core.history.incident(id);
    return found && toSummary(found, core.observer.home());
  };
  const courier = createCourier({
    ...{ channels, clock, logger, outbox: core.history.outbox },
    describe: (entries) => describeCalls(entries, { incident: summaryOf, botUrl, now: core.now() }),
    record: (events) => core.record(events),
    onResult: (channel, result, count) => metrics.notified(channel, result, count),
  });
  core.listeners.add((event) => {
    if (event.type === 'escalated' && event.partOf === undefined) metrics.escalated(event);
    if ('tell' in event) courier.wake();
  });
  return courier;
}

async function start(core: Core, queue: WorkQueue, courier: Courier): Promise<void> {
  const { openLog, logger, version } = core.options;
  let live = false;
  const firstLook = withTimeout(core.observer.fresh(), firstLookMs, 'the first look').catch(() => undefined); // while the log is opened
  const log = await openLog(logMemory(core, () => live));
  live = true;
  core.setLog(log);
  const { events, unreadable, tornBytes } = log.recovery;
  if (unreadable.count > 0 || tornBytes > 0)
    logger.warn({ unreadable, tornBytes }, 'parts of the incident log were unreadable');
  const unfinished = [...core.history.open()].filter(inFlight);
  logger.info({ events, open: core.history.openCount, unfinished: unfinished.length }, 'the incident log was read');
  // A full disk at start is no reason not to start: the bot says 503 and takes up work when there is room.
  await core
    .record([{ at: core.at(), incident: null, type: 'started', version, unfinished: unfinished.length }])
    .catch(() => undefined);
  const before = core.now();
  lookAtEverything(core); // whatever was noted before the start was noted by a clock that may have jumped
  resumePause(core);
  await firstLook;
  const notes = [createProjectNotes(core), createBotNotes(core)];
  const noteScope = () => {
    for (const note of notes) note();
  };
  core.options.metrics.targetsKnown(knownTargets(core));
  noteScope();
  for (const { id } of unfinished) queue.add(id);
  courier.start();
  void tick(core, queue, before, noteScope);
}

/** `before`: when everything was last looked at. */
async function tick(core: Core, queue: WorkQueue, before: number, noteScope: () => void): Promise<void> {
  const { clock, logger } = core.options;
  const { signal } = core.stopping;
  let last = before;
  for (let ticks = 1; !signal.aborted; ticks += 1) {
    await clock.sleep(core.timing.tickMs, signal);
    if (ticks % ticksPerLook === 0) {
      core.options.metrics.targetsKnown(knownTargets(core));
      noteScope();
      core.observer.refresh();
    }
    const now = core.now();
    if (now < last) lookAtEverything(core);
    last = now;
    core.log().mend();
    try {
      await endPause(core);
      await reconcile(core, (id) => queue.add(id));
      forgetClosed(core);
      for (const incident of core.history.open()) if (inFlight(incident)) queue.add(incident.id);
    } catch (err) {
      logger.error({ err }, 'looking through the waiting incidents failed; it is done again with the next tick');
    }
  }
}

async function stop(
  core: Core,
  queue: WorkQueue,
  courier: Courier,
  starting: Promise<void> | undefined,
): Promise<void> {
  core.stopping.abort();
  const started = await starting?.then(
    () => true,
    () => false,
  );
  if (!started) return;
  await core.exclusively(async () => undefined);
  // A restart in the middle is not waited for to its end: the next start finds out what became of it.
  await Promise.all([withTimeout(queue.idle(), stopTimeoutMs, 'stopping').catch(() => undefined), courier.stop()]);
  await core.log().close();
}
