import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type IncidentEvent, incidentEvent } from '../../src/incidents/event.ts';
import { bundleChild, runChild as run } from '../support/run-child.ts';
import { tempDir } from '../support/temp-dir.ts';

const eventsOf = async (dir: string): Promise<IncidentEvent[]> =>
  (await readFile(join(dir, 'incident_log.jsonl'), 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((line) => incidentEvent.parse(JSON.parse(line)));

const count = (events: readonly IncidentEvent[], type: IncidentEvent['type']) =>
  events.filter((event) => event.type === type).length;

/** What must be true of the log afterwards, wherever the bot was killed. */
function expectTruth(events: readonly IncidentEvent[], where: string): void {
  expect(
    events.map(({ seq }) => seq),
    where,
  ).toEqual(events.map((_, i) => i));
  expect({ acted: count(events, 'acted'), verified: count(events, 'verified') }, where).toEqual({
    acted: 1,
    verified: 1,
  });
  expect(
    events.find(({ type }) => type === 'verified'),
    where,
  ).toMatchObject({ outcome: 'healed', attempt: 1 });
  expect(count(events, 'received'), where).toBe(1);
  const decisions = events.filter((event) => event.type === 'decided' && event.decision === 'act');
  expect(decisions.length, where).toBe(1);
}

it('a bot that is killed at any step of an incident restarts the service exactly once, and its log tells the truth', async () => {
  const child = await bundleChild('crash-child');
  const killed: number[] = [];
  for (let step = 1; ; step++) {
    const dir = await tempDir();
    const first = await run(child, dir, step);
    if (first.signal === null) {
      expect(first.output).toContain('over after');
      break;
    }
    killed.push(step);
    const second = await run(child, dir, 0);
    expect(second.output, `killed at step ${step}`).toContain('over after');
    const engine = JSON.parse(await readFile(join(dir, 'engine.json'), 'utf8'));
    expect({ step, restarts: engine.restarts }).toEqual({ step, restarts: 1 });
    expectTruth(await eventsOf(dir), `killed at step ${step}`);
  }
  expect(killed.length).toBeGreaterThanOrEqual(13);
}, 120_000);

it('a bot that is killed twice, the second time while it finds out what happened, still restarts once', async () => {
  const child = await bundleChild('crash-child');
  for (const second of [1, 2, 3, 4, 5, 6, 7]) {
    const dir = await tempDir();
    await run(child, dir, 8); // after the engine was asked, before it answered
    await run(child, dir, second);
    expect((await run(child, dir, 0)).output).toContain('over after');
    expect(JSON.parse(await readFile(join(dir, 'engine.json'), 'utf8')).restarts).toBe(1);
    expectTruth(await eventsOf(dir), `killed again at step ${second}`);
  }
}, 120_000);
