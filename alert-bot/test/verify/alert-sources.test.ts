import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { combineSources, noAlertSource } from '../../src/verify/alert-source.ts';
import { createAlertmanagerSource } from '../../src/verify/alertmanager-source.ts';
import { createPrometheusSource } from '../../src/verify/prometheus-source.ts';

const alert = { fingerprint: 'aa', labels: { alertname: 'APIDown', service: 'api', cluster: 'external' } };
const evaluated = '2026-01-01T00:00:10.123456789Z';
const before = Date.parse('2026-01-01T00:00:05Z');
const after = Date.parse('2026-01-01T00:00:15Z');

/** A server that answers each path with JSON, or with what a function does to the response. */
async function neighbour(answers: Record<string, unknown>): Promise<string> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    const answer = answers[path];
    if (answer === 'hang') return;
    if (typeof answer === 'number') response.writeHead(answer).end();
    else
      response
        .writeHead(answer === undefined ? 404 : 200)
        .end(typeof answer === 'string' ? answer : JSON.stringify(answer ?? {}));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const rules = (alerts: object[], extra: object = {}) => ({
  status: 'success',
  data: {
    groups: [
      {
        rules: [
          { name: 'Other', alerts: [] },
          { name: 'APIDown', type: 'alerting', health: 'ok', lastEvaluation: evaluated, alerts, ...extra },
        ],
      },
    ],
  },
});
const active = (state: string, labels: object = {}) => ({
  state,
  labels: { alertname: 'APIDown', service: 'api', ...labels },
});

describe('Prometheus', () => {
  it.each<[string, Record<string, unknown>, string, number?]>([
    ['firing: the rule has the alert', { '/api/v1/rules': rules([active('firing')]) }, 'firing'],
    ['pending: the condition is true again', { '/api/v1/rules': rules([active('pending')]) }, 'pending'],
    [
      'gone: evaluated since, and only another service fires',
      { '/api/v1/rules': rules([active('firing', { service: 'worker' })]) },
      'gone',
      before,
    ],
    ['unknown: not evaluated since the action', { '/api/v1/rules': rules([]) }, 'unknown', after],
    [
      'unknown: never evaluated since it started',
      { '/api/v1/rules': rules([], { lastEvaluation: '0001-01-01T00:00:00Z' }) },
      'unknown',
    ],
    ['unknown: the evaluation fails', { '/api/v1/rules': rules([], { health: 'err' }) }, 'unknown', before],
    [
      'firing: no such rule, but a series',
      {
        '/api/v1/rules': { data: { groups: [] } },
        '/api/v1/query': {
          data: {
            result: [{ metric: { __name__: 'ALERTS', alertname: 'APIDown', alertstate: 'firing', service: 'api' } }],
          },
        },
      },
      'firing',
    ],
    ['gone: no such rule and no series', { '/api/v1/query': { data: { result: [] } } }, 'gone'],
    ['unknown: neither answers', { '/api/v1/rules': 503, '/api/v1/query': 503 }, 'unknown'],
    ['unknown: it talks HTML', { '/api/v1/rules': '<html>', '/api/v1/query': '<html>' }, 'unknown'],
    ['unknown: it hangs', { '/api/v1/rules': 'hang', '/api/v1/query': 'hang' }, 'unknown'],
  ])('%s', async (_name, answers, expected, since) => {
    const source = createPrometheusSource({ url: await neighbour(answers), timeoutMs: 150 });
    expect((await source.look(alert, since)).state).toBe(expected);
  });

  it('that is not there is unknown', async () => {
    expect((await createPrometheusSource({ url: 'http://127.0.0.1:1' }).look(alert)).state).toBe('unknown');
  });

  it('is asked once for a hundred incidents of one alert', async () => {
    let asked = 0;
    const url = await neighbour({});
    const original = globalThis.fetch;
    globalThis.fetch = (...args) => {
      asked += 1;
      return original(...args);
    };
    onTestFinished(() => {
      globalThis.fetch = original;
    });
    const source = createPrometheusSource({ url });
    await Promise.all(Array.from({ length: 100 }, () => source.look(alert)));
    expect(asked).toBe(2);
  });
});

describe('Alertmanager', () => {
  it.each<[string, unknown, string]>([
    ['firing: the fingerprint is there', [{ fingerprint: 'aa' }], 'firing'],
    ['gone: it is not', [{ fingerprint: 'bb' }], 'gone'],
    ['unknown: 500', 500, 'unknown'],
    ['unknown: not what we expect', { alerts: [] }, 'unknown'],
  ])('%s', async (_name, answer, expected) => {
    const source = createAlertmanagerSource({ url: await neighbour({ '/api/v2/alerts': answer }) });
    expect((await source.look(alert)).state).toBe(expected);
  });
});

describe('together', () => {
  const saying = (state: 'firing' | 'gone' | 'unknown') => ({
    ...noAlertSource,
    configured: true,
    look: async () => ({ state }),
  });

  it.each([
    ['gone', 'firing', 'gone'],
    ['firing', 'gone', 'firing'],
    ['unknown', 'firing', 'firing'],
    ['unknown', 'gone', 'unknown'],
    ['unknown', 'unknown', 'unknown'],
  ] as const)('Prometheus says %s, Alertmanager %s: %s', async (prometheus, alertmanager, expected) => {
    const together = combineSources(saying(prometheus), saying(alertmanager));
    expect((await together.look(alert)).state).toBe(expected);
  });

  it('with nobody to ask, nothing is configured', () => {
    expect(combineSources(undefined, undefined)).toBe(noAlertSource);
  });

  it('without Prometheus the word of Alertmanager is taken both ways', async () => {
    expect((await combineSources(undefined, saying('gone')).look(alert)).state).toBe('gone');
  });
});
