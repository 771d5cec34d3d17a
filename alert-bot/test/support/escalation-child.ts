// A bot in a process of its own, on a real incident log, that has to tell a person two things over two channels, and kills
// itself with SIGKILL at the n-th step. Usage: escalation-child DIR N   (N = 0: never)
import { appendFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '@stack/service-kit/clock';
import type { Logger } from '@stack/service-kit/logger';
import { createHealer } from '../../src/healer/create-healer.ts';
import type { HealerMetrics } from '../../src/healer/healer.ts';
import { type IncidentLog, openIncidentLog } from '../../src/incidents/incident-log.ts';
import { channelNames } from '../../src/incidents/outbox.ts';
import type { Channel } from '../../src/notify/channel.ts';
import { parseRunbooks } from '../../src/runbooks/load-runbooks.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { alertOf, observation } from './world.ts';

const [dir = '', killAt = '0'] = process.argv.slice(2);

let steps = 0;
/** Here the bot may die; its last word is where. */
function step(name: string): void {
  steps += 1;
  if (steps !== Number(killAt)) return;
  writeSync(1, `died ${name}\n`);
  process.kill(process.pid, 'SIGKILL');
}

function dying(log: IncidentLog): IncidentLog {
  return new Proxy(log, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name === 'append') return appendDying;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

  async function appendDying(events: Parameters<IncidentLog['append']>[0]) {
    const types = events.map(({ type }) => type).join('+');
    if (events.length > 0) step(`before ${types}`);
    const written = await log.append(events);
    if (events.length > 0) step(`after ${types}`);
    return written;
  }
}

const channels = channelNames.map(
  (name): Channel => ({
    name,
    deliver: async ({ subject }) => {
      step('before telling');
      appendFileSync(join(dir, 'told.txt'), `${name} ${subject}\n`);
      step('after telling');
    },
  }),
);

const runtime: Runtime = {
  observe: async () => observation(),
  restart: async () => ({ ok: false, code: 'engine_error', message: 'no', retryable: false }),
  scale: async () => ({ ok: false, code: 'not_scalable', message: 'no', retryable: false }),
  evidence: async () => ({ capturedAt: Date.now(), replicas: [] }),
  ping: async () => undefined,
};

const policy = parseRunbooks(
  `
version: 1
defaults: { attempts: { max: 1, within: 30m } }
runbooks:
  - { name: failing, match: { alertname: APIDown }, action: { restart: api } }
  - { name: asked, match: { alertname: Asked }, mode: approve, action: { restart: worker } }
`,
  'runbooks.yml',
);

const nothing = () => undefined;
const clock = systemClock;
const healer = createHealer({
  openLog: async (memory) =>
    dying(await openIncidentLog({ path: join(dir, 'incident_log.jsonl'), memory, now: clock.now })),
  runtime,
  alertSource: {
    configured: true,
    look: async () => ({ state: 'firing' }),
    status: () => [],
    probe: async () => undefined,
  },
  runbooks: { current: () => policy, status: () => ({ loadedAt: 0, lastError: null, count: 0 }), stop: nothing },
  clock,
  logger: new Proxy({}, { get: () => nothing }) as Logger,
  notifier: { notify: nothing },
  channels,
  metrics: new Proxy({}, { get: () => nothing }) as HealerMetrics,
  version: 'crash',
  timing: { tickMs: 20, verifyPollMs: 20, settleMs: 100 },
});
await healer.start();
await healer.intake({
  alerts: [alertOf({ alertname: 'APIDown' }), alertOf({ alertname: 'Asked' })],
  truncatedAlerts: 0,
});
const isTold = () => {
  const { notifications, quarantined } = healer.stats();
  return quarantined.length === 1 && notifications.every(({ waiting }) => waiting === 0);
};
while (!isTold()) await delay(10);
await healer.stop();
process.stdout.write(`over after ${steps} steps\n`);
