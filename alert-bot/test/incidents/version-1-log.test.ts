import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFakeClock } from '@stack/test-kit/fake-clock';
import { describe, expect, it } from 'vitest';
import { createCore, logMemory } from '../../src/healer/core.ts';
import { toSummary } from '../../src/healer/summary.ts';
import { openIncidentLog } from '../../src/incidents/incident-log.ts';
import { createBot } from '../support/bot.ts';
import { tempDir } from '../support/temp-dir.ts';
import { policy, slow, start } from '../support/world.ts';

/**
 * Both files were written by the version before: APIHighLatency was not cured by three restarts, WorkerBacklogHigh was scaled.
 * The second one is the file after a rotation.
 */
const fixture = (name: string) => join(import.meta.dirname, `../fixtures/${name}.jsonl`);
const quarterMs = 15 * 60_000;

async function botOn(name: string) {
  const path = join(await tempDir(), 'incident_log.jsonl');
  await copyFile(fixture(name), path);
  const clock = createFakeClock(start + 2 * quarterMs);
  const disk = { events: [], open: (memory: never) => openIncidentLog({ path, memory, now: () => clock.now() }) };
  const bot = await createBot({
    clock,
    disk: disk as never,
    alerts: { APIHighLatency: 'firing', WorkerBacklogHigh: 'firing' },
  });
  return { bot, path };
}

describe.each(['incident-log-v1', 'incident-log-v1-rotated'])('a log of version 1 (%s)', (name) => {
  it('is read as of the home project: quarantine, attempts and scaled replicas count', async () => {
    const { bot } = await botOn(name);
    const { quarantined, budget } = bot.healer.stats();
    expect(quarantined).toMatchObject([{ target: 'api', project: 'demo', service: 'api', attempts: 3 }]);
    expect(budget.remaining).toBe(16);
    expect(await bot.deliver(slow())).toEqual(['quarantined']);
    expect(bot.runtime.actions).toEqual([]);
    const { items } = bot.healer.incidents({ limit: 10, project: 'demo', service: 'api' });
    expect(items).toMatchObject(items.map(() => ({ target: 'api', project: 'demo', service: 'api' })));
    expect(items.length).toBeGreaterThan(0);
    await bot.healer.stop();
  });

  it('has timelines that say the target of each action', async () => {
    const { bot } = await botOn(name);
    const [incident] = bot.healer.incidents({ limit: 1, alertname: 'WorkerBacklogHigh' }).items;
    expect(incident).toMatchObject({ action: { type: 'scale', target: 'worker', service: 'worker', to: 3 } });
    const found = await bot.healer.incident(incident?.id ?? '');
    const actions = found?.events.flatMap((event) => ('action' in event && event.action ? [event.action.target] : []));
    expect(new Set(actions)).toEqual(new Set(name.endsWith('rotated') ? [] : ['worker']));
    await bot.healer.stop();
  });

  it('ends its quarantine by the name of the service, and the next lines are of version 2', async () => {
    const { bot } = await botOn(name);
    expect(await bot.healer.release('demo/api', { by: 'ops' })).toMatchObject({ target: 'api', wasQuarantined: true });
    const { events } = await bot.healer.views.since(-1 + bot.healer.stats().log.seq);
    expect(events.at(-1)).toMatchObject({ v: 2, type: 'released', target: 'api', project: 'demo', service: 'api' });
    await bot.healer.stop();
  });
});

it('an incident of version 1 names its target also while the home project is not known', async () => {
  const path = join(await tempDir(), 'incident_log.jsonl');
  await copyFile(fixture('incident-log-v1'), path);
  const core = createCore({
    channels: [],
    clock: createFakeClock(start),
    runtime: {},
    notifier: {},
    metrics: {},
    logger: {},
    runbooks: { current: () => policy },
  } as never);
  const log = await openIncidentLog({ path, memory: logMemory(core, () => false), now: Date.now });
  const [open] = [...core.history.open()];
  expect(open && toSummary(open, undefined)).toMatchObject({ target: 'api', project: null, service: 'api' });
  await log.close();
});
