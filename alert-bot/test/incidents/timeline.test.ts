import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { IncidentEvent } from '../../src/incidents/event.ts';
import { findSeq } from '../../src/incidents/find-seq.ts';
import { toLine, withHead } from '../../src/incidents/log-line.ts';
import { TimelineReader } from '../../src/incidents/timeline-reader.ts';
import { tempDir } from '../support/temp-dir.ts';

const at = '2026-01-01T00:00:00.000Z';
const noted = (seq: number, incident: string, length = 100) =>
  withHead({ at, incident, type: 'recovered', attempt: 1, found: 'happened', words: 'x'.repeat(length) } as never, seq);

async function fileWith(lines: Iterable<IncidentEvent | string>): Promise<string> {
  const path = join(await tempDir(), 'incident_log.jsonl');
  const file = await open(path, 'w');
  let text = '';
  for (const line of lines) {
    text += typeof line === 'string' ? `${line}\n` : toLine(line);
    if (text.length < 1_000_000) continue;
    await file.write(text);
    text = '';
  }
  await file.write(text);
  await file.close();
  return path;
}

it('the place of a sequence number is found near and never behind it, also between lines that are damaged or very long', async () => {
  const path = await fileWith(
    (function* () {
      for (let seq = 10; seq < 30_000; seq += 1) {
        yield seq % 1_000 === 0 ? noted(seq, 'a', 300_000) : noted(seq, 'a');
        if (seq % 7 === 0) yield 'no line of ours';
      }
    })(),
  );
  const text = await readFile(path, 'utf8');
  for (const seq of [0, 10, 11, 999, 15_000, 15_001, 29_998, 29_999, 99_999]) {
    const found = await findSeq(path, seq);
    expect(found === 0 || text[found - 1] === '\n').toBe(true);
    const there = text.indexOf(`{"v":2,"seq":${seq},`);
    expect(found).toBeLessThanOrEqual(there === -1 ? (seq < 10 ? 0 : text.length) : there);
    if (there !== -1) expect(there - found).toBeLessThan(1_000_000);
  }
});

it('an incident with a hundred thousand events has a timeline of bounded size that says what it leaves out', async () => {
  const path = await fileWith(
    Array.from({ length: 100_000 }, (_, seq) => noted(seq, seq % 2 === 0 ? 'much' : 'other')),
  );
  const { events, omitted } = await new TimelineReader(path).read({ id: 'much', seq: 0 });
  expect(events.length + omitted).toBe(50_000);
  expect(events.length).toBe(500);
  expect([events[0]?.seq, events[99]?.seq, events[100]?.seq, events.at(-1)?.seq]).toEqual([0, 198, 99_200, 99_998]);
});

it('events of any size make no timeline of more than about a mebibyte', async () => {
  const path = await fileWith(Array.from({ length: 40 }, (_, seq) => noted(seq, 'large', 200_000)));
  const { events, omitted } = await new TimelineReader(path).read({ id: 'large' });
  expect(events.length + omitted).toBe(40);
  expect(JSON.stringify(events).length).toBeLessThan(1_100_000);
});

it('readers of the same incident at the same time share one reading', async () => {
  const path = await fileWith([noted(0, 'a'), noted(1, 'b'), noted(2, 'a')]);
  const reader = new TimelineReader(path);
  const [first, second, other] = await Promise.all([
    reader.read({ id: 'a' }),
    reader.read({ id: 'a' }),
    reader.read({ id: 'b' }),
  ]);
  expect(second).toBe(first);
  expect([first.events.length, other.events.length]).toEqual([2, 1]);
});
