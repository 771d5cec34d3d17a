import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventsSince } from '../../src/incidents/events-since.ts';
import { tempDir } from '../support/temp-dir.ts';

const line = (seq: number, note = '') =>
  `${JSON.stringify({ v: 1, seq, at: '2026-01-01T00:00:00.000Z', incident: null, type: 'resumed', by: 'mira', note })}\n`;
const seqs = ({ events }: { events: { seq: number }[] }) => events.map(({ seq }) => seq);
const fill = (path: string, from: number, to: number, note = '') => {
  for (let seq = from; seq <= to; seq += 1) appendFileSync(path, line(seq, note));
};

it('gives the events after a number, without the damaged and the torn line', async () => {
  const path = join(await tempDir(), 'log.jsonl');
  fill(path, 1, 5);
  appendFileSync(path, 'damaged\n');
  fill(path, 6, 7);
  appendFileSync(path, '{"v":1,"seq":8');
  const missed = await eventsSince(path, 3);
  expect([seqs(missed), missed.complete]).toEqual([[4, 5, 6, 7], true]);
});

it('nothing missed is complete', async () => {
  const path = join(await tempDir(), 'log.jsonl');
  fill(path, 1, 5);
  expect(await eventsSince(path, 5)).toEqual({ events: [], complete: true });
});

it('goes on in the archive that was made meanwhile, and leaves out what only carries the memory on', async () => {
  const directory = await tempDir();
  const path = join(directory, 'log.jsonl');
  fill(path, 1, 5);
  renameSync(path, join(directory, 'log.000000000005.jsonl'));
  writeFileSync(path, line(6).replace('resumed', 'rotated') + line(7).replace('resumed', 'carried') + line(8));
  const missed = await eventsSince(path, 3);
  expect([seqs(missed), missed.complete]).toEqual([[4, 5, 6, 8], true]);
});

it('reads a bounded end of a long log and says that there is a gap', async () => {
  const path = join(await tempDir(), 'log.jsonl');
  const note = 'x'.repeat(900);
  writeFileSync(path, Array.from({ length: 6_000 }, (_, i) => line(i, note)).join(''));
  const missed = await eventsSince(path, 10);
  expect(missed.complete).toBe(false);
  expect(missed.events.at(-1)?.seq).toBe(5_999);
  expect(missed.events.length).toBeLessThan(5_000);
});
