import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { incidentEvent } from '../../alert-bot/src/incidents/event.ts';
import { logLines } from '../src/parts/recovery/log-text.ts';
import { peakMbOf, startOnLog } from '../src/parts/recovery/start-on-log.ts';

test('the lines are events of the bot, numbered without a gap', () => {
  const events = [...logLines(500)].map((line) => incidentEvent.parse(JSON.parse(line)));
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index));
  expect(new Set(events.map(({ type }) => type))).toEqual(
    new Set(['received', 'decided', 'evidence', 'acting', 'acted', 'verified', 'resolved']),
  );
});

test('the reference reads every line and is timed like a server', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bench-recovery-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'log.jsonl');
  await writeFile(file, `${[...logLines(1_000)].join('\n')}\n`);
  const reader = fileURLToPath(new URL('../reference/recovery-read-lines.mjs', import.meta.url));
  const { readyMs, peakMb } = await startOnLog({ command: [process.execPath, reader, file], env: { PARSE: '1' } });
  expect(readyMs).toBeGreaterThan(5);
  expect(peakMb).toBeGreaterThan(20);
});

test('one that ends before it is ready is an error; so is a status without a peak', async () => {
  await expect(startOnLog({ command: [process.execPath, '-e', '0'], env: {} })).rejects.toThrow('is not ready');
  expect(() => peakMbOf('VmRSS: 1 kB\n')).toThrow('no VmHWM');
});
