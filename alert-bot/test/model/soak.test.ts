import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { fingerprintOf } from '../../src/alerts/fingerprint.ts';
import type { IncidentEvent } from '../../src/incidents/event.ts';
import { createBotLife } from './bot-life.ts';
import { createContainers } from './containers.ts';
import { createModelClock } from './model-clock.ts';
import { createModelDisk } from './model-disk.ts';
import { policies } from './policies.ts';
import { createSimulatedEngine } from './simulated-engine.ts';

const hour = 3_600_000;
const start = Date.parse('2026-01-01T00:00:00Z');
const ignored = () => undefined;

/** A bot whose disk forgets: what stays in memory is the bot's own. */
async function createOldBot() {
  const clock = createModelClock(start);
  const containers = createContainers(clock, ignored);
  for (const name of ['api', 'worker', 'web', 'closed', 'guarded']) containers.add(name, 1);
  const engine = createSimulatedEngine(clock, containers);
  const disk = createModelDisk(clock, ignored);
  const giveBack = clock.takeOver();
  const watch = { restart: ignored, scale: ignored, touched: ignored, removed: ignored };
  const life = createBotLife({
    clock,
    openLog: (isAlive) => (memory) => disk.open(memory, isAlive),
    runtime: (isAlive) => engine.runtimeOf(isAlive, watch),
    alertSource: {
      configured: true,
      look: async () => ({ state: 'gone', evaluatedAt: clock.now() }),
      status: () => [],
      probe: async () => undefined,
    },
    runbooks: {
      current: () => policies.usual,
      status: () => ({ loadedAt: start, lastError: null, count: 0 }),
      stop: ignored,
    },
    notifier: { notify: ignored },
    channels: [{ name: 'slack', deliver: async () => undefined }],
    timing: { tickMs: 60_000, verifyPollMs: 5_000 },
  });
  void life.healer.start();
  await clock.advance(10_000);
  return { clock, disk, life, giveBack };
}

/** Alerts of every kind, none of which ever comes again; half of them are told to be over, the others are forgotten by all. */
function storm(now: number, size: number): Alert[] {
  const names = ['APIHighLatency', 'WorkerBacklogHigh', 'WebSlow', 'NobodysRunbook', 'ClosedSlow'];
  return Array.from({ length: size }, (_, i) => {
    const labels = { alertname: names[i % names.length] as string, path: `/${now}/${i}` };
    return {
      status: 'firing',
      labels,
      annotations: {},
      startsAt: now,
      startsAtMissing: false,
      fingerprint: fingerprintOf(labels),
    };
  });
}

const collectGarbage = (() => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

function heapMiB(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 1_048_576;
}

it('weeks with a storm of alerts every six hours leave no more in memory than the first days did', async () => {
  const { clock, disk, life, giveBack } = await createOldBot();
  const { healer, core } = life;
  const heap: number[] = [];
  let seq = 0;
  try {
    for (let storms = 0; storms < 4 * 28; storms += 1) {
      const alerts = storm(clock.now(), 500);
      const taken = healer.intake({ alerts, truncatedAlerts: 0 });
      await clock.advance(hour);
      await taken;
      const over = alerts.filter((_, i) => i % 2 === 0).map((alert) => ({ ...alert, status: 'resolved' as const }));
      const ended = healer.intake({ alerts: over, truncatedAlerts: 0 });
      await clock.advance(5 * hour);
      await ended;
      seq = disk.events.at(-1)?.seq ?? seq;
      disk.events = [{ seq } as IncidentEvent];
      expect(core.history.openCount).toBeLessThan(50);
      expect(core.lookAgain.size).toBeLessThanOrEqual(core.history.openCount);
      expect(core.heard.size).toBeLessThanOrEqual(core.history.openCount);
      expect(core.acting.size).toBe(0);
      if (storms % 28 === 27) heap.push(heapMiB());
    }
    console.log(`heap after each week: ${heap.map((mib) => mib.toFixed(1)).join(', ')} MiB`);
    // The closed incidents that are kept are bounded; the first week fills them.
    const [, second = 0, , fourth = 0] = heap;
    expect(fourth - second).toBeLessThan(4);
  } finally {
    life.kill();
    giveBack();
  }
}, 120_000);
