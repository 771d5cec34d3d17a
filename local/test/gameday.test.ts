import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Exercise, ExerciseResult } from '../src/gameday/exercise.ts';
import { exerciseNames, exercises } from '../src/gameday/exercises.ts';
import { lockGameday } from '../src/gameday/gameday-lock.ts';
import { gamedayUsage, listExercises, parseGamedayOptions } from '../src/gameday/gameday-options.ts';
import { type GamedayResult, medianToHeal, renderText, verdictOf } from '../src/gameday/summary.ts';
import { renderMarkdown, renderPage, writeReports } from '../src/gameday/write-reports.ts';
import { repository } from '../src/render-configuration.ts';

const healed: ExerciseResult = {
  name: 'latency',
  title: 'slow <API>',
  expected: 'healed',
  outcome: 'healed',
  asIntended: true,
  alert: 'APIHighLatency',
  action: 'restart api',
  attempts: 1,
  detect: 8.04,
  act: 1.6,
  verify: 14.4,
  total: 24,
  requests: 500,
  lost: 12,
  falseAlarms: [],
  startedAt: '2026-01-01T00:00:00.000Z',
  steps: [{ seconds: 0, text: 'every request waits' }],
};
const failed: ExerciseResult = {
  ...healed,
  name: 'cpu',
  title: 'CPU burn',
  outcome: 'not healed within 150 s; last: a | b',
  asIntended: false,
  falseAlarms: ['HostHighCPU'],
};
const day = (results: ExerciseResult[], missing: string[] = []): GamedayResult => ({
  startedAt: '2026-01-01T00:00:00.000Z',
  seconds: 300,
  stack: { kind: 'local', timings: 'fast' },
  perSecond: 20,
  asIntended: missing.length === 0 && results.every(({ asIntended }) => asIntended),
  missing,
  results,
});

const ruleNames = () => {
  const { groups } = parse(readFileSync(join(repository, 'prometheus/alert.rules.yml'), 'utf8')) as {
    groups: { rules: { alert?: string }[] }[];
  };
  return new Set(groups.flatMap(({ rules }) => rules.map(({ alert }) => alert)));
};

describe('the exercises', () => {
  const all: [string, Exercise][] = Object.entries(exercises);

  it.each(all)('%s names alerts that exist', (_, { alerts, faces }) => {
    const known = ruleNames();
    // those that the bot raises from what the engine tells have no rule
    const ofEngine = ['ContainerUnhealthy', 'ContainerCrashLooping', 'ContainerOOMKilled'];
    expect([...alerts, ...faces].filter((name) => !known.has(name) && !ofEngine.includes(name))).toEqual([]);
  });

  it.each(all)('%s can be noticed, or comes back without being noticed', (_, { alerts, expected }) => {
    expect(alerts.length > 0 || expected === 'comes back').toBe(true);
  });

  it('have every ending', () => {
    const endings = all.map(([, { expected }]) => (typeof expected === 'string' ? expected : 'healed'));
    expect([...new Set(endings)].sort()).toEqual(['comes back', 'for a person', 'given up', 'healed']);
  });
});

describe('the command line of the game day', () => {
  it('takes all faults, or those that are named, in their own order and once', () => {
    expect(parseGamedayOptions([])).toMatchObject({ names: exerciseNames, timing: 'any', own: false, perSecond: 20 });
    expect(parseGamedayOptions(['--only', 'backlog,latency', '--only', 'latency']).names).toEqual([
      'latency',
      'backlog',
    ]);
    expect(parseGamedayOptions(['--shipped']).timing).toBe('real');
    expect(parseGamedayOptions(['--fast', '--own'])).toMatchObject({ timing: 'fast', own: true });
  });

  it.each([
    [['--only', 'fire'], 'not "fire"'],
    [['--only', ','], 'at least one fault'],
    [['--fast', '--shipped'], 'exclude each other'],
    [['--rate', '0'], '--rate'],
    [['--slow'], '--help'],
    [['latency'], '--help'],
  ])('refuses %j and says why', (args, text) => {
    expect(() => parseGamedayOptions(args)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(text) }),
    );
  });

  it('lists every fault with its ending and its alert, within a line of the terminal', () => {
    for (const name of exerciseNames) expect(listExercises()).toMatch(new RegExp(`^${name} .*`, 'm'));
    expect(listExercises()).toMatch(/^crash-loop .*for a person .*ServiceCrashLooping/m);
    expect(gamedayUsage.split('\n').filter((line) => line.length > 140)).toEqual([]);
  });
});

describe('the report of a game day', () => {
  const result = day([healed, failed], ['backlog']);

  it('says what did not end as intended, and what was not done', () => {
    expect(verdictOf(day([healed]))).toBe('All 1 faults ended as intended.');
    expect(verdictOf(result)).toBe('Of 3 faults not as intended: cpu; not done: backlog.');
  });

  it('has a row for each fault, as text, Markdown and a page', () => {
    expect(renderText(result)).toMatch(/slow <API> +APIHighLatency +8\.0 s +1\.6 s +14\.4 s +restart api +healed/);
    expect(renderMarkdown(result)).toContain('last: a \\| b | healed | 12 of 500 | HostHighCPU |');
    expect(renderPage(result)).toContain('slow &lt;API&gt;');
    expect(renderPage(result)).not.toMatch(/slow <API>|https?:\/\//);
  });

  it('counts the time to heal of what was healed alone', () => {
    expect(medianToHeal([failed])).toBeUndefined();
    expect(medianToHeal([healed, failed, { ...healed, total: 40 }, { ...healed, total: 30 }])).toBe(30);
  });

  it('is written in all three forms', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'gameday-'));
    try {
      const files = await writeReports(join(directory, 'new'), result);
      expect(files.map((path) => path.replace(/.*\./, ''))).toEqual(['md', 'json', 'html']);
      expect(JSON.parse(await readFile(files[1] ?? '', 'utf8'))).toEqual(result);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe('the lock of the game day', () => {
  const held: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const unlock of held.splice(0)) await unlock();
  });

  it('lets one at a time at a stack, and others at other stacks', async () => {
    const stack = `http://127.0.0.1:${process.pid}`;
    held.push(await lockGameday(stack));
    await expect(lockGameday(stack)).rejects.toThrow(`process ${process.pid}`);
    held.push(await lockGameday(`${stack}0`));
    await held.shift()?.();
    held.push(await lockGameday(stack));
  });
});
