import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { applyEvent } from '../../src/incidents/apply-event.ts';
import type { IncidentEvent } from '../../src/incidents/event.ts';
import { MemoryHistory } from '../../src/incidents/history.ts';
import { inFlight } from '../../src/incidents/incident.ts';
import { parseEvent, toLine } from '../../src/incidents/log-line.ts';
import { replayLog } from '../../src/incidents/log-replay.ts';
import { replayMemory } from '../../src/incidents/replay-memory.ts';
import { createBot } from '../support/bot.ts';
import { tempDir } from '../support/temp-dir.ts';
import { backlog, down, slow } from '../support/world.ts';
import { damaged, seeded } from './random-lines.ts';

/** What a bot writes in some hours: a scale-out that helps, repairs that do not, a quarantine, a release, a pause. */
async function realLog(): Promise<IncidentEvent[]> {
  const bot = await createBot({ alerts: { APIHighLatency: 'firing', WorkerBacklogHigh: 'firing' } });
  await bot.deliver(slow(), backlog());
  await bot.clock.advance(20 * 60_000);
  bot.alerts['WorkerBacklogHigh'] = 'gone';
  await bot.clock.advance(40 * 60_000);
  await bot.healer.release('api', { by: 'mira' });
  await bot.healer.pause({ minutes: 5, by: 'mira' });
  await bot.deliver(down());
  await bot.clock.advance(60 * 60_000);
  await bot.healer.stop();
  return bot.disk.events;
}

/** The log as a rotated file begins with it. */
function carriedLog(events: readonly IncidentEvent[]): string[] {
  const history = new MemoryHistory();
  for (const event of events) applyEvent(history, event);
  const { at } = events.at(-1) as IncidentEvent;
  const states = [
    { incident: null, kind: 'bot', state: history.bot() },
    ...[...history.targets()].map((state) => ({ incident: null, kind: 'target', state })),
    ...[...history.open()].map((state) => ({ incident: state.id, kind: 'incident', state })),
  ];
  return states.map((carried, seq) => JSON.stringify({ v: 1, seq, at, type: 'carried', ...carried }));
}

/** One field of the state is of another kind than it should be. */
function withOddField(line: string, random: () => number): string {
  const event = JSON.parse(line);
  const part = event.state ?? event;
  const names = Object.keys(part).filter((name) => name !== 'quarantinedAt');
  part[names[Math.floor(random() * names.length)] as string] = [null, 'odd', -1, {}, [7]][Math.floor(random() * 5)];
  return JSON.stringify(event);
}

async function readBack(lines: readonly string[]) {
  const path = join(await tempDir(), 'log.jsonl');
  await writeFile(path, lines.map((line) => `${line}\n`).join(''));
  const history = new MemoryHistory();
  const memory = { apply: (event: IncidentEvent) => applyEvent(history, event), snapshot: () => [] };
  await replayLog(path, { ...memory, replay: replayMemory(history) });
  return history;
}

function expectHonest(history: MemoryHistory, lines: readonly string[], where: string): void {
  for (const { target, active } of history.targets()) {
    const incident = active === undefined ? undefined : history.incident(active);
    if (active !== undefined) expect(incident && inFlight(incident), `${where}: ${target}`).toBe(true);
  }
  const flying = [...history.open()].filter(inFlight);
  for (const { phase, attempt } of flying) if (phase !== 'queued') expect(attempt, where).toBeDefined();
  expect(history.bot().queued, where).toBe(flying.filter(({ phase }) => phase === 'queued').length);
  const last = lines
    .map(parseEvent)
    .filter((event) => event?.type === 'quarantined' || event?.type === 'released')
    .at(-1);
  if (last?.type === 'quarantined') expect(history.target(last.service).quarantinedAt, where).toBeDefined();
}

it('whatever lines of a real log are lost or damaged, the memory is one that a bot can go on with', async () => {
  const events = await realLog();
  const whole = events.map((event) => toLine(event).trimEnd());
  expect(whole.some((line) => line.includes('"quarantined"'))).toBe(true);
  for (let seed = 0; seed < 300; seed += 1) {
    const random = seeded(seed);
    const rate = [0.02, 0.1, 0.4][seed % 3] as number;
    const end = 1 + Math.floor(random() * whole.length); // anything may have been under way
    const written = seed % 2 === 0 ? whole.slice(0, end) : carriedLog(events.slice(0, end));
    const lines = written.flatMap((line) => {
      if (random() >= rate) return [line];
      const kind = random();
      return kind < 0.3 ? [] : [kind < 0.6 ? damaged(line, random) : withOddField(line, random)];
    });
    expectHonest(await readBack(lines), lines, `seed ${seed}`);
  }
});

it('a claim whose incident was lost is void, and a quarantine is not', async () => {
  const lines = (await realLog()).map((event) => toLine(event).trimEnd());
  const acting = lines.findIndex((line) => line.includes('"type":"acting"'));
  const begun = lines.slice(0, acting + 1);
  const { incident } = JSON.parse(begun.at(-1) as string);
  const claimed = await readBack(begun);
  expect([...claimed.targets()].filter(({ active }) => active === incident)).toHaveLength(1);
  const lost = await readBack(begun.filter((line) => !line.includes(`"${incident}"`) || !line.includes('"received"')));
  expect([...lost.targets()].filter(({ active }) => active !== undefined && active === incident)).toEqual([]);
  const quarantine = lines.findIndex((line) => line.includes('"type":"quarantined"'));
  const kept = await readBack(lines.slice(0, quarantine + 1).filter((line) => !line.includes('"received"')));
  expect([...kept.targets()].filter(({ quarantinedAt }) => quarantinedAt !== undefined)).toHaveLength(1);
});
