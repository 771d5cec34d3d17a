import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askRunServer } from '@stack/test-kit/run-server';
import { type SpawnedService, spawnService } from '@stack/test-kit/spawn-service';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type FakeEngine, startFakeEngine } from '../runtime/fake-engine.ts';
import { seedService } from '../runtime/fake-world.ts';

// Odd deliveries, labels and patterns on what ships. The runbooks only observe, so one bot can be asked many times.

const hostilePattern = '(?:.{0,30}a){30}!';
const runbooks = `version: 1
runbooks:
  - { name: down, match: { alertname: APIDown }, mode: observe, action: { restart: api } }
  - { name: constructor, match: { alertname: Proto, constructor: yes, toString: "" }, mode: observe, action: { restart: constructor } }
  - { name: absent, match: { alertname: Absent, hasOwnProperty: "=~.*", valueOf: "" }, mode: observe, action: { restart: api } }
  - { name: short, match: { alertname: Short, query: "=~x*" }, mode: observe, action: { restart: api } }
  - { name: pattern, match: { alertname: "=~Pattern.*", value: "=~${hostilePattern}" }, mode: observe, action: { restart: api } }
`;

let folder: string;
let engine: FakeEngine;
let bot: SpawnedService;
const start = () =>
  spawnService('alert-bot', {
    DOCKER_HOST: engine.dockerHost,
    COMPOSE_PROJECT: 'demo',
    INCIDENT_LOG_PATH: join(folder, 'incident_log.jsonl'),
    RUNBOOKS_PATH: join(folder, 'runbooks.yml'),
  });
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alert-bot-alerts-'));
  writeFileSync(join(folder, 'runbooks.yml'), runbooks);
  engine = await startFakeEngine();
  seedService(engine, 'api');
  seedService(engine, 'constructor');
  bot = await start();
});
afterAll(async () => {
  await bot.stop();
  await engine.stop();
  await rm(folder, { recursive: true });
});

interface Answer {
  status: number;
  reasons: string[];
  refused: string[];
  refusedCount: number;
  accepted: number;
}
async function deliver(body: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${bot.url}/alert`, { method: 'POST', headers, body });
  const { results = [], refused = [], errors = [], ...rest } = (await answer.json()) as Record<string, never[]>;
  const texts = [...refused, ...errors].map(({ path, message }) => `${path}: ${message}`);
  return {
    ...(rest as unknown as Answer),
    status: answer.status,
    reasons: results.map(({ reason }) => reason),
    refused: texts,
  };
}
const hourAgo = Date.now() - 3_600_000;
let episodes = 0;
/** Another episode each time: what an alert leads to must not depend on the one before it. */
const startsAt = () => {
  episodes += 1;
  return new Date(hourAgo + 1_000 * episodes).toISOString();
};
const down = () => ({ status: 'firing', labels: { alertname: 'APIDown' }, startsAt: startsAt() });

const text = (length: number) => 'q'.repeat(length);
const labels = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`l${i}`, 'x']));
const odd: [string, unknown][] = [
  ['a label of 5,000 characters', { labels: { alertname: 'A', query: text(5_000) } }],
  ['a label of a megabyte', { labels: { alertname: 'A', query: text(1_000_000) } }],
  ['101 labels', { labels: { alertname: 'A', ...labels(101) } }],
  ['a name of 300 characters', { labels: { alertname: 'A', [text(300)]: 'x' } }],
  ['an empty name', { labels: { alertname: 'A', '': 'x' } }],
  ['a null annotation', { labels: { alertname: 'A' }, annotations: { summary: null } }],
  ['a number for an annotation', { labels: { alertname: 'A' }, annotations: { value: 7 } }],
  ['500 annotations', { labels: { alertname: 'A' }, annotations: labels(500) }],
  ['annotations that are a list', { labels: { alertname: 'A' }, annotations: [1] }],
  ['small letters in its time', { labels: { alertname: 'A' }, startsAt: '2026-11-25t07:00:00z' }],
  ['midnight as 24:00', { labels: { alertname: 'A' }, startsAt: '2026-11-24T24:00:00Z' }],
  ['a leap second', { labels: { alertname: 'A' }, startsAt: '2016-12-31T23:59:60Z' }],
  ['a year behind 9999', { labels: { alertname: 'A' }, startsAt: '+10000-01-01T00:00:00Z' }],
  ['Go’s zero time', { labels: { alertname: 'A' }, startsAt: '0001-01-01T00:00:00Z' }],
  ['nanoseconds and an offset', { labels: { alertname: 'A' }, startsAt: '2026-11-25T07:00:00.123456789+05:30' }],
  ['STATUS in capitals', { status: 'FIRING', labels: { alertname: 'A' } }],
  ['half a character', { labels: { alertname: 'A', x: '\ud800' } }],
  ['a zero character', { labels: { alertname: 'A\u0000', '\u0000': '\u0000' } }],
];
const impossible: [string, unknown, string][] = [
  ['null', null, ''],
  ['a text', 'APIDown', ''],
  ['a list', [], ''],
  ['no labels', {}, '.labels'],
  ['labels that are null', { labels: null }, '.labels'],
  ['a number for a label', { labels: { alertname: 'A', code: 500 } }, '.labels.code'],
  ['a status that is not known', { labels: { alertname: 'A' }, status: 'suppressed' }, '.status'],
  ['a time that is none', { labels: { alertname: 'A' }, startsAt: 'soon' }, '.startsAt'],
  ['the 30th of February', { labels: { alertname: 'A' }, endsAt: '2026-02-30T00:00:00Z' }, '.endsAt'],
];

describe('an alert beside the one that counts', () => {
  it.each(odd)('with %s is taken', async (_what, alert) => {
    const { status, accepted, reasons, refused } = await deliver(JSON.stringify({ alerts: [alert, down()] }));
    expect([status, accepted, refused]).toEqual([202, 2, []]);
    expect(reasons).toEqual(['no_runbook', 'observe_only']);
  });

  it.each(impossible)('that is or has %s is refused with its place', async (_what, alert, place) => {
    const answer = await deliver(JSON.stringify({ alerts: [down(), alert, down()] }));
    expect([answer.status, answer.refusedCount]).toEqual([202, 1]);
    expect(answer.reasons).toEqual(['observe_only', 'observe_only']);
    expect(answer.refused[0]).toMatch(new RegExp(`^alerts\\[1\\]${place.replaceAll('.', '\\.')}: must`));
    const alone = await deliver(JSON.stringify({ alerts: [alert] }));
    expect([alone.status, alone.refused.length]).toEqual([400, 1]);
  });

  it.each([
    [{ receiver: null, version: 4, truncatedAlerts: -1, groupLabels: null }],
    [{ receiver: 7, version: null, truncatedAlerts: 'many', status: 'alerting' }],
    [{ receiver: text(9_000), truncatedAlerts: 1.5, status: null, commonLabels: [] }],
  ])('in a delivery with %j is acted on', async (head) => {
    expect((await deliver(JSON.stringify({ ...head, alerts: [down()] }))).reasons).toEqual(['observe_only']);
  });

  it('what is refused is counted, and logged once for a delivery', async () => {
    const metric = async () =>
      Number(/^alertbot_alerts_refused_total (\d+)/m.exec(await (await fetch(`${bot.url}/metrics`)).text())?.[1]);
    const lines = () => bot.logs.filter(({ msg }) => msg === 'alerts of a delivery were refused').length;
    const before = [await metric(), lines()];
    await deliver(JSON.stringify({ alerts: [1, 2, 3, down()] }));
    await expect.poll(async () => [await metric(), lines()]).toEqual([(before[0] ?? 0) + 3, (before[1] ?? 0) + 1]);
  });
});

describe('an alert is over', () => {
  const past = new Date(hourAgo - 60_000).toISOString();
  const future = '2099-01-01T00:00:00Z';
  const zero = '0001-01-01T00:00:00Z';
  it.each([
    [{ endsAt: past }, {}, 'resolved'],
    [{ endsAt: past }, { status: 'firing' }, 'resolved'],
    [{ endsAt: past }, { status: 'resolved' }, 'resolved'],
    [{}, { status: 'resolved' }, 'resolved'],
    [{ endsAt: zero }, { status: 'RESOLVED' }, 'resolved'],
    [{ endsAt: future }, { status: 'resolved' }, 'resolved'],
    [{ status: null, endsAt: past }, {}, 'resolved'],
    [{ status: '', endsAt: past }, { status: '' }, 'resolved'],
    [{ status: 'Resolved' }, { status: 'firing' }, 'resolved'],
    [{ status: 'resolved', endsAt: future }, {}, 'resolved'],
    [{ endsAt: future }, {}, 'observe_only'],
    [{ endsAt: zero }, {}, 'observe_only'],
    [{ endsAt: zero }, { status: 'firing' }, 'observe_only'],
    [{ status: 'firing', endsAt: past }, {}, 'observe_only'],
    [{ status: 'firing', endsAt: past }, { status: 'firing' }, 'observe_only'],
  ])('or not, by %j in a delivery with %j: %s', async (alert, root, reason) => {
    const { status: _, ...fresh } = down();
    const { reasons } = await deliver(JSON.stringify({ ...root, alerts: [{ ...fresh, ...alert }] }));
    expect(reasons).toEqual([reason]);
  });
});

describe('labels with names that every object has', () => {
  const named = (extra: string) =>
    `{"alerts":[{"labels":{${extra}},"annotations":{"__proto__":"a"},"startsAt":"${startsAt()}"}]}`;
  it.each([
    ['"alertname":"Proto","constructor":"yes"', 'observe_only'],
    ['"alertname":"Proto","constructor":"yes","toString":"x"', 'no_runbook'],
    ['"alertname":"Proto"', 'no_runbook'],
    ['"alertname":"Absent"', 'observe_only'],
    ['"alertname":"Absent","valueOf":"x"', 'no_runbook'],
    ['"alertname":"__proto__","__proto__":"x"', 'no_runbook'],
    [`"alertname":"Short","query":"${'x'.repeat(5_000)}"`, 'no_runbook'],
    [`"alertname":"Short","query":"${'x'.repeat(4_000)}"`, 'observe_only'],
    [`"alertname":"APIDown${'x'.repeat(5_000)}"`, 'no_runbook'],
  ])('{%s}: %s', async (extra, reason) => {
    expect((await deliver(named(extra))).reasons).toEqual([reason]);
  });

  it('come back from the log as they were', async () => {
    const own =
      '"alertname":"Round","__proto__":"p","constructor":"c","toString":"t","hasOwnProperty":"h","\\ud800":"\\u0000"';
    const { reasons } = await deliver(named(own));
    expect(reasons).toEqual(['no_runbook']);
    const shown = async () => {
      const { items } = JSON.parse(await (await fetch(`${bot.url}/incidents?alertname=Round`)).text());
      return JSON.stringify(items[0].labels);
    };
    const expected = JSON.stringify(JSON.parse(`{${own}}`));
    expect(await shown()).toBe(expected);
    expect(readFileSync(join(folder, 'incident_log.jsonl'), 'utf8')).toContain(`"labels":${expected}`);
    await bot.stop();
    bot = await start();
    expect(await shown()).toBe(expected);
  });
});

it('services with such names are repaired like any other, and shown, counted and released', async () => {
  const names = ['constructor', '__proto__', 'toString'];
  const world = await startFakeEngine();
  const own = await mkdtemp(join(tmpdir(), 'alert-bot-names-'));
  for (const name of names) seedService(world, name);
  const entries = names.map(
    (name, i) => `  - { name: r${i}, match: { alertname: Down${i} }, action: { restart: ${name} } }`,
  );
  writeFileSync(join(own, 'runbooks.yml'), `version: 1\nrunbooks:\n${entries.join('\n')}\n`);
  const healing = await spawnService('alert-bot', {
    DOCKER_HOST: world.dockerHost,
    COMPOSE_PROJECT: 'demo',
    INCIDENT_LOG_PATH: join(own, 'incident_log.jsonl'),
    RUNBOOKS_PATH: join(own, 'runbooks.yml'),
  });
  try {
    const alerts = names.map((_, i) => ({ labels: { alertname: `Down${i}` }, startsAt: startsAt() }));
    const answer = await fetch(`${healing.url}/alert`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ alerts }),
    });
    expect(await answer.json()).toMatchObject({
      results: names.map((service) => ({ decision: 'act', action: { service } })),
    });
    const restarts = () => world.events.filter((event) => event.startsWith('restart')).sort();
    await expect.poll(restarts, { timeout: 15_000 }).toEqual(names.map((name) => `restart demo-${name}-1`).sort());
    const metrics = await (await fetch(`${healing.url}/metrics`)).text();
    for (const name of names) {
      expect(metrics).toContain(`alertbot_escalations_total{project="demo",service="${name}"} 0`);
      const shown = await fetch(`${healing.url}/incidents?service=${name}`);
      expect(((await shown.json()) as { items: unknown[] }).items).toHaveLength(1);
      const released = await fetch(`${healing.url}/targets/${name}/release`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      expect([released.status, await released.json()]).toMatchObject([200, { service: name }]);
    }
  } finally {
    await healing.stop();
    await world.stop();
    await rm(own, { recursive: true });
  }
});

describe('a pattern that was made to be slow', () => {
  it('is usable, and simulate answers at once', async () => {
    const { path: program } = await askRunServer<{ path: string }>(inject('runServerUrl'), 'bundle/alert-bot');
    const run = (args: string[], input = '') =>
      spawnSync(process.execPath, [program, ...args], {
        input,
        encoding: 'utf8',
        timeout: 20_000,
        env: { PATH: process.env['PATH'], DOCKER_HOST: 'unix:///nowhere.sock' },
      });
    const path = join(folder, 'runbooks.yml');
    expect(run(['check-runbooks', path])).toMatchObject({ status: 0 });
    const alerts = Array.from({ length: 20 }, (_, i) => ({
      labels: { alertname: `Pattern${i}`, value: 'a'.repeat(256) },
    }));
    const { status, stdout } = run(['simulate', '-', path], JSON.stringify({ alerts }));
    expect([status, stdout.match(/no_runbook/g)?.length]).toEqual([0, 20]);
  });

  it('keeps no health check waiting while a storm of long values comes', async () => {
    const value = 'ab'.repeat(2_048);
    const alerts = Array.from({ length: 300 }, (_, i) => ({
      labels: { alertname: `Pattern${i}`, value: value.slice(i) },
    }));
    const delivered = deliver(JSON.stringify({ alerts }));
    let slowest = 0;
    for (let asked = 0; asked < 20; asked += 1) {
      const began = performance.now();
      expect((await fetch(`${bot.url}/health/live`)).status).toBe(200);
      slowest = Math.max(slowest, performance.now() - began);
    }
    expect((await delivered).status).toBe(202);
    expect(slowest).toBeLessThan(3_000);
  });
});

it('after all of this no container was touched', () => {
  expect(engine.events.filter((event) => /^(restart|stop|create|remove)/.test(event))).toEqual([]);
});
