import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bundleChild, runChild } from '../support/run-child.ts';
import { tempDir } from '../support/temp-dir.ts';

const expected = [
  'email [APIDown] api needs a person',
  'email [Asked] a repair of worker waits for approval',
  'slack [APIDown] api needs a person',
  'slack [Asked] a repair of worker waits for approval',
];

const linesOf = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []);

it('wherever the bot is killed, a person hears everything over every channel, and only what was under way twice', async () => {
  const child = await bundleChild('escalation-child');
  const deaths = new Set<string>();
  for (let step = 1; ; step++) {
    const dir = await tempDir();
    const told = () => linesOf(join(dir, 'told.txt'));
    const first = await runChild(child, dir, step);
    if (first.signal === null) {
      expect(first.output).toContain('over after');
      expect(told().sort()).toEqual(expected);
      break;
    }
    const where = /died (.*)/.exec(first.output)?.[1] ?? '';
    deaths.add(where);
    const noted = linesOf(join(dir, 'incident_log.jsonl')).filter((line) => line.includes('"type":"notified"'));
    const underWay = told().length - noted.length;
    expect((await runChild(child, dir, 0)).output, where).toContain('over after');
    expect([...new Set(told())].sort(), where).toEqual(expected);
    expect(told().length, where).toBe(expected.length + underWay);
  }
  for (const moment of ['before telling', 'after telling', 'before notified', 'after notified', 'escalated'])
    expect([...deaths].join('\n')).toContain(moment);
}, 120_000);
