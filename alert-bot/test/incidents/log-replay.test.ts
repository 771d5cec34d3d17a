import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { applyEvent } from '../../src/incidents/apply-event.ts';
import { MemoryHistory } from '../../src/incidents/history.ts';
import type { Incident } from '../../src/incidents/incident.ts';
import type { LogMemory } from '../../src/incidents/log-memory.ts';
import { replayLog } from '../../src/incidents/log-replay.ts';
import { replayMemory } from '../../src/incidents/replay-memory.ts';
import { settleClaims } from '../../src/incidents/settle-claims.ts';
import { tempDir } from '../support/temp-dir.ts';
import { damaged, randomLines, seeded } from './random-lines.ts';

/** Parses every line. */
const plainMemory = (history: MemoryHistory): LogMemory => ({
  apply: (event) => applyEvent(history, event),
  snapshot: () => [],
});

const quickMemory = (history: MemoryHistory): LogMemory => ({ ...plainMemory(history), replay: replayMemory(history) });

/** All that the bot knows afterwards, and in which order. */
async function read(path: string, how: typeof plainMemory, maxClosed = 20) {
  const history = new MemoryHistory({ maxClosed });
  const found = await replayLog(path, how(history));
  settleClaims(history);
  const known = [...history.open(), ...history.closed()];
  return {
    found,
    open: Array.from(history.open(), unmeasured),
    closed: Array.from(history.closed(), unmeasured),
    targets: [...history.targets()],
    bot: history.bot(),
    byFingerprint: known.map(({ fingerprint }) => history.openIncidentOf(fingerprint)?.id),
  };
}

/** What names take depends on those that came before, in this process. */
const unmeasured = (incident: Incident): Incident => ({ ...incident, bytes: undefined });

async function expectSame(path: string, maxClosed?: number) {
  const plain = await read(path, plainMemory, maxClosed);
  expect(await read(path, quickMemory, maxClosed)).toEqual(plain);
  return plain;
}

it.each(Array.from({ length: 40 }, (_, seed) => seed))(
  'what is not parsed makes no difference: story %i',
  async (seed) => {
    const path = join(await tempDir(), 'log.jsonl');
    await writeFile(path, `${randomLines(seeded(seed), 1_500).join('\n')}\n`);
    const { open, closed, found } = await expectSame(path, 60);
    expect(found.recovery).toMatchObject({ events: 1_500, unreadable: { count: 0 } });
    expect(open.length).toBeGreaterThan(0);
    expect(closed.length).toBeGreaterThan(0);
  },
);

it('damaged, foreign and torn lines are told from events in the same way', async () => {
  for (let seed = 100; seed < 140; seed += 1) {
    const path = join(await tempDir(), 'log.jsonl');
    const random = seeded(seed);
    const lines = randomLines(random, 400).map((line) => (random() < 0.05 ? damaged(line, random) : line));
    await writeFile(path, `${lines.join('\n')}\n`);
    await appendFile(path, '{"v":1,"seq":99999,"at":"20');
    // Nothing is forgotten here, so every damaged line is found: what is forgotten is not looked at.
    const { found } = await expectSame(path, 10_000);
    expect(found.recovery.unreadable.count).toBeGreaterThan(0);
  }
});

it('a damaged alert means that its incident did not begin, as if every line had been parsed', async () => {
  const path = join(await tempDir(), 'log.jsonl');
  const lines = randomLines(seeded(7), 200);
  const at = lines.findIndex((line) => line.includes('"type":"received"'));
  lines[at] = (lines[at] as string).replace('"fingerprint":"', '"fingerprint":');
  await writeFile(path, `${lines.join('\n')}\n`);
  const { found } = await expectSame(path);
  expect(found.recovery.unreadable).toEqual({ count: 1, lines: [at + 1] });
});

it('lines of any length and in any script come through, also across the borders of what is read at once', async () => {
  const path = join(await tempDir(), 'log.jsonl');
  const lines = randomLines(seeded(3), 300).map((line, i) =>
    line.replace(
      '"annotations":{',
      `"annotations":{"long":"${'ünï→漢🙂'.repeat(i % 3 === 0 ? 2_500 : i)}"${line.includes('"annotations":{}') ? '' : ','}`,
    ),
  );
  await writeFile(path, `${lines.join('\n')}\n`);
  const { open, closed, found } = await expectSame(path, 10_000);
  expect(found.recovery).toMatchObject({ events: 300, unreadable: { count: 0 } });
  expect([...open, ...closed].some(({ annotations }) => (annotations['long']?.length ?? 0) > 15_000)).toBe(true);
});
