import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { AlertReport, AlertSource } from '../../src/verify/alert-source.ts';
import { createAlertSource } from '../../src/verify/create-alert-source.ts';
import { readSourceAddress } from '../../src/verify/source-address.ts';
import { hang } from './neighbour-server.ts';
import { job, type RecordedPrometheus, recordedPrometheus, steadily } from './recorded-prometheus.ts';

const labels = { alertname: 'APIDown', service: 'api', cluster: 'external' };
const alert = { fingerprint: 'aa', labels };
const secondsAgo = (seconds: number) => Date.now() - seconds * 1_000;

const sourceOf = (url: string): AlertSource =>
  createAlertSource({
    prometheus: readSourceAddress(url),
    logger: pino({ level: 'silent' }),
    lookMs: 1_500,
    timeoutMs: 400,
  });

async function look(
  changes: Partial<RecordedPrometheus>,
  { since = secondsAgo(20), more = {} }: { since?: number | undefined; more?: Record<string, string> } = {},
): Promise<AlertReport> {
  const { server } = await recordedPrometheus(changes);
  return sourceOf(server.url).look({ ...alert, labels: { ...labels, ...more } }, since);
}

const rule = (more: Partial<RecordedPrometheus['rules'][number]> = {}) => ({ name: 'APIDown', ...more });
const active = (state: 'firing' | 'pending', own: Record<string, string> = {}) => ({
  state,
  labels: { alertname: 'APIDown', service: 'api', ...own },
});
const firing = (own?: Record<string, string>) => rule({ alerts: [active('firing', own)] });
const relabelling = (rule: string) => `alerting:\n  alert_relabel_configs:\n  - ${rule}\n  alertmanagers: []\n`;

describe('an alert counts as', () => {
  it.each<[string, Partial<RecordedPrometheus>, AlertReport['state'], Record<string, string>?]>([
    ['gone: the rule looked, could see, and has no alert', {}, 'gone'],
    ['firing: the rule has it', { rules: [firing()] }, 'firing'],
    ['pending: the condition is true again', { rules: [rule({ alerts: [active('pending')] })] }, 'pending'],
    ['firing: one of two rules of that name has it', { rules: [rule(), firing()] }, 'firing'],
    ['gone: what fires is another service', { rules: [firing({ service: 'worker' })] }, 'gone'],
    [
      'gone: what fires is another replica',
      { rules: [firing({ instance: 'b:80' })] },
      'gone',
      { job: 'api', instance: 'a:80' },
    ],
    [
      'gone: a label that relabelling leaves alone tells them apart',
      {
        rules: [firing({ service: 'worker' })],
        config: relabelling('{source_labels: [severity], target_label: severity}'),
      },
      'gone',
    ],
    [
      'unknown: relabelling may have changed the label that differs',
      {
        rules: [firing({ severity: 'page' })],
        config: relabelling('{source_labels: [severity], target_label: severity}'),
      },
      'unknown',
      { severity: 'critical' },
    ],
    [
      'unknown: relabelling may change any label',
      { rules: [firing({ service: 'worker' })], config: relabelling('{action: labelmap, regex: x_(.+)}') },
      'unknown',
    ],
    [
      'unknown: relabelling of one Alertmanager may have changed it',
      {
        rules: [firing({ severity: 'page' })],
        config:
          'alerting:\n  alertmanagers:\n  - alert_relabel_configs:\n    - {target_label: severity, replacement: x}\n',
      },
      'unknown',
      { severity: 'critical' },
    ],
    [
      'firing: relabelling dropped a label',
      { rules: [firing({ pod: 'x' })], config: relabelling('{action: labeldrop, regex: pod}') },
      'firing',
    ],
    [
      'firing: a label that was cut is not compared',
      { rules: [firing({ query: 'q'.repeat(5_000) })] },
      'firing',
      { query: `${'q'.repeat(4_000)}...[cut]`, '[left out]': '3 labels' },
    ],
    ['unknown: not evaluated since', { rules: [rule({ evaluatedAgo: 30 })] }, 'unknown'],
    ['unknown: one of two rules was not evaluated since', { rules: [rule(), rule({ evaluatedAgo: 30 })] }, 'unknown'],
    ['unknown: the evaluation fails', { rules: [rule({ health: 'err' })] }, 'unknown'],
    ['unknown: the expression is not understood', { rules: [rule({ query: 'errors >> 5' })] }, 'unknown'],
    ['unknown: neither rule nor series', { rules: [] }, 'unknown'],
    ['unknown: the rule was there an hour ago', { rules: [], hadSeries: true }, 'unknown'],
    [
      'firing: no rule, but a series',
      { rules: [], series: [{ __name__: 'ALERTS', alertstate: 'firing', alertname: 'APIDown', service: 'api' }] },
      'firing',
    ],
    [
      'unknown: no rule, and a series with other labels',
      { rules: [], series: [{ __name__: 'ALERTS', alertstate: 'firing', alertname: 'APIDown', service: 'x' }] },
      'unknown',
    ],
    ['unknown: Prometheus was started after the action', { startedAgo: 10 }, 'unknown'],
    [
      'unknown: Prometheus is younger than the window and has no older samples',
      { startedAgo: 60, hasOldSamples: false, rules: [rule({ query: 'rate(errors[5m]) > 1' })] },
      'unknown',
    ],
    [
      'gone: Prometheus is younger than the window and kept its samples',
      { startedAgo: 60, rules: [rule({ query: 'rate(errors[5m]) > 1' })] },
      'gone',
    ],
    [
      'unknown: younger than a subquery with an offset reaches',
      {
        startedAgo: 1_800,
        hasOldSamples: false,
        rules: [rule({ query: 'max_over_time(rate(e[5m])[20m:1m] offset 10m) > 1 or f > 1' })],
      },
      'unknown',
    ],
    [
      'gone: a rule that reads nothing needs no target',
      { rules: [rule({ query: 'vector(1)' })], origins: [], up: [] },
      'gone',
    ],
    ['unknown: its samples are gone', { origins: [], up: [] }, 'unknown'],
    ['unknown: the target is down', { up: [steadily(job('api'), 0)] }, 'unknown'],
    [
      'unknown: the target is not scraped any more',
      {
        up: [
          {
            labels: job('api'),
            samples: [
              [65, 1],
              [60, 1],
            ],
          },
        ],
      },
      'unknown',
    ],
    ['unknown: the job is not listed any more', { up: [] }, 'unknown'],
    [
      'unknown: scraped once since it came back',
      {
        up: [
          {
            labels: job('api'),
            samples: [
              [11, 0],
              [6, 0],
              [1, 1],
            ],
          },
        ],
      },
      'unknown',
    ],
    [
      'gone: scraped twice since it came back',
      {
        up: [
          {
            labels: job('api'),
            samples: [
              [16, 0],
              [11, 0],
              [6, 1],
              [1, 1],
            ],
          },
        ],
      },
      'gone',
    ],
    [
      'unknown: both scrapes were before the action',
      {
        up: [
          {
            labels: job('api'),
            samples: [
              [60, 1],
              [30, 1],
            ],
          },
        ],
      },
      'unknown',
    ],
    [
      'gone: scraped once since, and well before',
      {
        up: [
          {
            labels: job('api'),
            samples: [
              [32, 1],
              [27, 1],
              [22, 1],
              [17, 1],
            ].map(([ago, value]) => [ago! - 16, value!]),
          },
        ],
      },
      'gone',
    ],
    [
      'gone: a gap long ago, and a short distance after a restart, do not make the interval wrong',
      {
        up: [
          {
            labels: job('api'),
            samples: [
              [200, 1],
              [190, 1],
              [180, 1],
              [80, 1],
              [79, 1],
              [69, 1],
              [59, 1],
              [49, 1],
              [39, 1],
              [29, 1],
              [19, 1],
              [9, 1],
            ],
          },
        ],
      },
      'gone',
    ],
    [
      'unknown: a job that was scraped lately, and is not any more',
      { up: [], scrapedLately: [{ job: 'api' }], newest: [{ labels: { job: 'api' }, ago: 1 }] },
      'unknown',
    ],
    [
      'gone: a job that is pushed, with fresh samples',
      { up: [], newest: [{ labels: { job: 'api' }, ago: 1 }] },
      'gone',
    ],
    [
      'unknown: a job that is pushed, without samples since',
      { up: [], newest: [{ labels: { job: 'api' }, ago: 40 }] },
      'unknown',
    ],
    ['gone: samples without a job that are fresh', { origins: [{}], up: [], newest: [{ labels: {}, ago: 1 }] }, 'gone'],
    [
      'unknown: samples without a job that are old',
      { origins: [{}], up: [], newest: [{ labels: {}, ago: 40 }] },
      'unknown',
    ],
    [
      'gone: a rule about alerts has nothing to see but its evaluation',
      { rules: [rule({ query: 'ALERTS{alertname="X"} == 1' })], origins: [], up: [] },
      'gone',
    ],
    [
      'unknown: one of two targets of a sum is down',
      { origins: [job('api'), job('api', 'b:80')], up: [steadily(job('api')), steadily(job('api', 'b:80'), 0)] },
      'unknown',
    ],
    [
      'gone: the target that is down is not the one of the alert',
      { origins: [job('api'), job('api', 'b:80')], up: [steadily(job('api')), steadily(job('api', 'b:80'), 0)] },
      'gone',
      job('api'),
    ],
    [
      'gone: its target was replaced, and the new one is well',
      { origins: [job('api'), job('api', 'b:80')], up: [steadily(job('api', 'b:80'))] },
      'gone',
      job('api'),
    ],
    [
      'unknown: one of two jobs that it reads is down',
      { origins: [job('api'), job('db')], up: [steadily(job('api')), steadily(job('db'), 0)] },
      'unknown',
    ],
    [
      'gone: a rule about scrapes sees a failing one',
      { rules: [rule({ query: 'up{job="api"} == 0' })], up: [steadily(job('api'), 0)] },
      'gone',
    ],
    [
      'unknown: a rule about scrapes, and its target is not listed any more',
      { rules: [rule({ query: 'up{job="api"} == 0' })], up: [] },
      'unknown',
    ],
    [
      'gone: what it asks for with absent need not be there',
      { rules: [rule({ query: 'absent(up{job="api"} == 1)' })], origins: [], up: [] },
      'gone',
    ],
  ])('%s', async (_name, changes, expected, more = {}) => {
    expect(await look(changes, { more })).toMatchObject({ state: expected });
  });

  const record = (more: object = {}) => ({
    name: 'job:errors:rate1m',
    type: 'recording' as const,
    query: 'rate(errors[1m])',
    ...more,
  });
  const overRecord = rule({ query: 'job:errors:rate1m > 5' });
  it.each<[string, Partial<RecordedPrometheus>, AlertReport['state']]>([
    ['gone: what was recorded is fresh', { rules: [overRecord, record({ evaluatedAgo: 3 })] }, 'gone'],
    ['unknown: nothing was recorded since', { rules: [overRecord, record({ evaluatedAgo: 30 })] }, 'unknown'],
    ['unknown: recording fails', { rules: [overRecord, record({ health: 'err' })] }, 'unknown'],
    [
      'unknown: recorded since, but not read since',
      { rules: [overRecord, record({ evaluatedAgo: 1, interval: 60 })] },
      'unknown',
    ],
    [
      'unknown: the second recording in the chain is old',
      {
        rules: [
          overRecord,
          record({ query: 'sum(job:base)', evaluatedAgo: 3 }),
          { name: 'job:base', type: 'recording', evaluatedAgo: 60 },
        ],
      },
      'unknown',
    ],
    [
      'unknown: younger than the window of what is recorded',
      { rules: [overRecord, record({ evaluatedAgo: 3 })], startedAgo: 50, hasOldSamples: false },
      'unknown',
    ],
    [
      'unknown: a chain that bites its tail is no endless work',
      { rules: [overRecord, record({ query: 'job:errors:rate1m', evaluatedAgo: 30 })] },
      'unknown',
    ],
  ])('%s (recording rules)', async (_name, changes, expected) => {
    expect(await look(changes)).toMatchObject({ state: expected });
  });
});

describe('without an action there is no time to compare with', () => {
  it('gone needs an evaluation and a view of the targets all the same', async () => {
    const { server, ...recorded } = await recordedPrometheus({ startedAgo: 3 });
    expect((await sourceOf(server.url).look(alert)).state).toBe('gone');
    expect(recorded.rules).toHaveLength(1);
    const blind = await recordedPrometheus({ up: [steadily(job('api'), 0)] });
    expect((await sourceOf(blind.server.url).look(alert)).state).toBe('unknown');
  });
});

describe('a clock that differs by minutes', () => {
  it.each([
    ['ahead', 240],
    ['behind', -240],
  ])('%s: times are compared in Prometheus’ own', async (_name, ahead) => {
    expect((await look({ ahead })).state).toBe('gone');
    expect(await look({ ahead, rules: [rule({ evaluatedAgo: 30 })] })).toMatchObject({ state: 'unknown' });
    expect(await look({ ahead, startedAgo: 10 })).toMatchObject({ state: 'unknown' });
  });
});

describe('two looks at one evaluation', () => {
  it('tell so by the time of the oldest evaluation along the chain', async () => {
    const recorded = { name: 'job:errors:rate1m', type: 'recording' as const, evaluatedAgo: 9, interval: 5 };
    const report = await look({ rules: [rule({ query: 'job:errors:rate1m > 5' }), recorded] });
    expect(report.state).toBe('gone');
    expect(Math.abs((report.evaluatedAt ?? 0) - secondsAgo(9))).toBeLessThan(1_000);
  });
});

describe('a Prometheus that does not say all', () => {
  it.each<[string, string, Parameters<RecordedPrometheus['server']['replies']['set']>[1]]>([
    ['rules are refused', '/api/v1/rules', 503],
    ['rules hang', '/api/v1/rules', hang],
    ['rules are HTML', '/api/v1/rules', '<html>'],
    ['rules are no rules', '/api/v1/rules', { data: { groups: 'none' } }],
    ['rules are partial', '/api/v1/rules', { data: { groups: [] }, warnings: ['a store is away'] }],
    ['rules come in pages', '/api/v1/rules', { data: { groups: [], groupNextToken: 'x' } }],
    ['queries are refused', '/api/v1/query', 422],
    ['queries hang', '/api/v1/query', hang],
    ['no runtime information', '/api/v1/status/runtimeinfo', 500],
    ['runtime information without a start', '/api/v1/status/runtimeinfo', { data: {} }],
  ])('is unknown: %s', async (_name, path, reply) => {
    const { server } = await recordedPrometheus();
    server.replies.set(path, reply);
    const report = await sourceOf(server.url).look(alert, secondsAgo(20));
    expect(report).toMatchObject({ state: 'unknown', detail: expect.any(String) });
  });

  it('is believed without a start time when its samples have no gap since the action', async () => {
    const relative = async (changes: Partial<RecordedPrometheus>) => {
      const { server } = await recordedPrometheus(changes);
      server.replies.set('/api/v1/status/runtimeinfo', 404);
      server.replies.set('/api/v1/status/config', 404);
      return (await sourceOf(server.url).look(alert, secondsAgo(60))).state;
    };
    const samples = (gapAt: number): [number, number][] =>
      Array.from({ length: 40 }, (_, n): [number, number] => [(39 - n) * 5 + 1, 1]).filter(
        ([ago]) => ago < gapAt || ago > gapAt + 20,
      );
    expect(await relative({})).toBe('gone');
    expect(await relative({ up: [{ labels: job('api'), samples: samples(30) }] })).toBe('unknown');
    expect(await relative({ up: [{ labels: job('api'), samples: samples(90) }] })).toBe('gone');
    expect(await relative({ hasOldSamples: false, rules: [rule({ query: 'rate(errors[5m]) > 1' })] })).toBe('unknown');
  });

  it('is not asked for a name that no address can carry', async () => {
    const { server } = await recordedPrometheus();
    const long = { fingerprint: 'aa', labels: { alertname: 'x'.repeat(4_000) } };
    expect((await sourceOf(server.url).look(long)).state).toBe('unknown');
    expect(server.asked).toEqual([]);
  });

  it('shows no configuration: any label may have been changed on the way', async () => {
    const { server } = await recordedPrometheus({ rules: [firing({ service: 'worker' })] });
    server.replies.set('/api/v1/status/config', 403);
    expect((await sourceOf(server.url).look(alert, secondsAgo(20))).state).toBe('unknown');
  });
});

describe('labels are outside input', () => {
  it.each(['__proto__', 'constructor', 'toString'])('a label called %s is a label', async (name) => {
    const { server } = await recordedPrometheus({ rules: [firing(JSON.parse(`{"${name}":"x"}`))] });
    const mine = { fingerprint: 'aa', labels: JSON.parse(`{"alertname":"APIDown","${name}":"y"}`) };
    expect((await sourceOf(server.url).look(mine, secondsAgo(20))).state).toBe('gone');
    const same = { fingerprint: 'aa', labels: JSON.parse(`{"alertname":"APIDown","${name}":"x"}`) };
    expect((await sourceOf(server.url).look(same, secondsAgo(20))).state).toBe('firing');
  });
});

describe('many', () => {
  it('1,000 incidents of 10,000 active alerts are one question and little work', async () => {
    const alerts = Array.from({ length: 10_000 }, (_, n) => active('firing', { instance: `${n}:80` }));
    const { server } = await recordedPrometheus({ rules: [rule({ alerts })] });
    const source = sourceOf(server.url);
    const looks = Array.from({ length: 1_000 }, (_, n) =>
      source.look({ fingerprint: `${n}`, labels: { ...labels, instance: `${n * 20}:80` } }, secondsAgo(20)),
    );
    const states = (await Promise.all(looks)).map(({ state }) => state);
    expect(states.filter((state) => state === 'firing')).toHaveLength(500);
    expect(server.asked.filter((path) => path.includes('type=alert'))).toHaveLength(1);
    expect(server.asked.length).toBeLessThan(12);
  });

  it('1,000 names at once are a few questions', async () => {
    const { server } = await recordedPrometheus({ rules: [] });
    const source = sourceOf(server.url);
    await Promise.all(
      Array.from({ length: 1_000 }, (_, n) => source.look({ fingerprint: `${n}`, labels: { alertname: `n${n}` } })),
    );
    expect(server.asked.filter((path) => path.includes('type=alert')).length).toBeLessThan(30);
  });
});
