// A bot in a process of its own, on a real incident log, that kills itself with SIGKILL at the n-th step.
// Usage: crash-child DIR N   (N = 0: never)
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Clock, systemClock } from '@stack/service-kit/clock';
import type { Logger } from '@stack/service-kit/logger';
import { createHealer } from '../../src/healer/create-healer.ts';
import type { HealerMetrics } from '../../src/healer/healer.ts';
import { type IncidentLog, openIncidentLog } from '../../src/incidents/incident-log.ts';
import { parseRunbooks } from '../../src/runbooks/load-runbooks.ts';
import type { Observation, Runtime } from '../../src/runtime/runtime.ts';
import { observation, replica, runbooksText, serviceOf, slow } from './world.ts';

const [dir = '', killAt = '0'] = process.argv.slice(2);
const engineFile = join(dir, 'engine.json');

/** Here time is real: a success has to last for a moment only. */
const policy = parseRunbooks(
  runbooksText.replace('runbooks:', 'defaults: { verify: { stable: 40ms } }\nrunbooks:'),
  'runbooks.yml',
);

let steps = 0;
/** One step of an incident: here the bot may die. */
function step(): void {
  steps += 1;
  if (steps === Number(killAt)) process.kill(process.pid, 'SIGKILL');
}

interface Engine {
  startedAt: string;
  restarts: number;
  /** Restarts that were asked for and are not done yet: the engine finishes them whether or not the caller lives. */
  due: number[];
}

function readEngine(): Engine {
  if (!existsSync(engineFile)) return { startedAt: '2026-01-01T00:00:00.000Z', restarts: 0, due: [] };
  const engine = JSON.parse(readFileSync(engineFile, 'utf8')) as Engine;
  const [next, ...due] = engine.due;
  if (next === undefined || Date.now() < next) return engine;
  return writeEngine({ startedAt: new Date(next).toISOString(), restarts: engine.restarts + 1, due });
}

function writeEngine(engine: Engine): Engine {
  writeFileSync(`${engineFile}.new`, JSON.stringify(engine));
  renameSync(`${engineFile}.new`, engineFile);
  return engine;
}

const runtime: Runtime = {
  observe: async (): Promise<Observation> =>
    observation({ api: serviceOf([replica('api', 1, { startedAt: readEngine().startedAt })]) }),
  restart: async () => {
    step();
    const engine = readEngine();
    writeEngine({ ...engine, due: [...engine.due, Date.now() + 400] });
    step();
    while (readEngine().due.length > 0) await delay(10);
    step();
    return { ok: true, replicas: [] };
  },
  scale: async () => ({ ok: false, code: 'not_scalable', message: 'no', retryable: false }),
  evidence: async () => ({ capturedAt: Date.now(), replicas: [] }),
  ping: async () => undefined,
};

function dying(log: IncidentLog): IncidentLog {
  return {
    recovery: log.recovery,
    timeline: (incident) => log.timeline(incident),
    since: (seq) => log.since(seq),
    stats: () => log.stats(),
    mend: () => log.mend(),
    close: () => log.close(),
    append: async (events) => {
      if (events.length > 0) step();
      const written = await log.append(events);
      if (events.length > 0) step();
      return written;
    },
  };
}

const silent = new Proxy({}, { get: () => () => undefined }) as Logger;
const uncounted = new Proxy({}, { get: () => () => undefined }) as HealerMetrics;
const clock: Clock = systemClock;
const healer = createHealer({
  openLog: async (memory) =>
    dying(await openIncidentLog({ path: join(dir, 'incident_log.jsonl'), memory, now: clock.now })),
  runtime,
  alertSource: {
    configured: true,
    look: async () => ({ state: readEngine().restarts > 0 ? 'gone' : 'firing' }),
    status: () => [],
    probe: async () => undefined,
  },
  runbooks: {
    current: () => policy,
    status: () => ({ loadedAt: 0, lastError: null, count: 0 }),
    stop: () => undefined,
  },
  clock,
  logger: silent,
  notifier: { notify: () => undefined },
  channels: [],
  metrics: uncounted,
  version: 'crash',
  timing: { tickMs: 20, verifyPollMs: 20, settleMs: 800 },
});
await healer.start();
// As Alertmanager does: it sends the alert again and again until it is over.
await healer.intake({ alerts: [slow()], truncatedAlerts: 0 });
const isOver = () => healer.incidents({ limit: 10 }).items.every(({ phase }) => phase === 'closed');
while (!isOver()) await delay(10);
await healer.stop();
process.stdout.write(`over after ${steps} steps\n`);
