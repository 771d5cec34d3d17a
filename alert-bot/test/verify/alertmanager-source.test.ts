import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { AlertSource } from '../../src/verify/alert-source.ts';
import { createAlertSource } from '../../src/verify/create-alert-source.ts';
import { readSourceAddress } from '../../src/verify/source-address.ts';
import { hang, type NeighbourServer, neighbourServer } from './neighbour-server.ts';
import { recordedPrometheus } from './recorded-prometheus.ts';

const alert = { fingerprint: 'aa', labels: { alertname: 'APIDown', service: 'api' } };
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();
const entry = (status: object = {}, endsIn = 240) => ({
  fingerprint: 'aa',
  endsAt: inSeconds(endsIn),
  status: { state: 'active', silencedBy: [], inhibitedBy: [], ...status },
});
const silence = (matchers: object[], more: object = {}) => ({
  id: 's1',
  status: { state: 'active' },
  endsAt: inSeconds(600),
  comment: 'maintenance',
  createdBy: 'mira',
  matchers,
  ...more,
});

/** An Alertmanager whose alerts and silences the test sets; started an hour ago. */
async function recordedAlertmanager(alerts: object[] = [], silences: object[] = []): Promise<NeighbourServer> {
  return neighbourServer({
    '/api/v2/alerts': alerts,
    '/api/v2/silences': silences,
    '/api/v2/status': { uptime: '2026-01-01T00:00:00Z' },
  });
}

const sourceOf = (alertmanager: string, prometheus?: string): AlertSource =>
  createAlertSource({
    alertmanager: readSourceAddress(alertmanager),
    prometheus: prometheus === undefined ? undefined : readSourceAddress(prometheus),
    logger: pino({ level: 'silent' }),
    lookMs: 1_500,
    timeoutMs: 300,
    rememberMs: 0,
  });

describe('Alertmanager alone', () => {
  it('firing: the fingerprint is there', async () => {
    const { url, asked } = await recordedAlertmanager([entry()]);
    expect(await sourceOf(url).look(alert)).toEqual({ state: 'firing' });
    expect(asked[0]).toContain('filter=alertname="APIDown"');
  });

  it('gone: it was there, and its sender ended it', async () => {
    const server = await recordedAlertmanager([entry()]);
    const source = sourceOf(server.url);
    await source.look(alert);
    server.replies.set('/api/v2/alerts', []);
    expect((await source.look(alert)).state).toBe('gone');
    expect((await source.look(alert)).state).toBe('gone');
  });

  it('unknown: it has never been there', async () => {
    const { url } = await recordedAlertmanager([{ ...entry(), fingerprint: 'bb' }]);
    expect(await sourceOf(url).look(alert)).toMatchObject({
      state: 'unknown',
      detail: expect.stringContaining('before'),
    });
  });

  it('unknown: nobody sent it any more, so that it ran out of time', async () => {
    const server = await recordedAlertmanager([entry({}, -1)]);
    const source = sourceOf(server.url);
    await source.look(alert);
    server.replies.set('/api/v2/alerts', []);
    expect((await source.look(alert)).state).toBe('unknown');
  });

  it('unknown: it was restarted and has forgotten its alerts', async () => {
    const server = await recordedAlertmanager([entry()]);
    const source = sourceOf(server.url);
    await source.look(alert);
    server.replies.set('/api/v2/alerts', []).set('/api/v2/status', { uptime: '2026-01-01T00:10:00Z' });
    expect((await source.look(alert)).state).toBe('unknown');
  });

  it.each([
    ['500', 500],
    ['not what we expect', { alerts: [] }],
    ['HTML', '<html>'],
    ['silence', hang],
  ])('unknown, and unknown whether it is suppressed: %s', async (_name, reply) => {
    const server = await recordedAlertmanager();
    server.replies.set('/api/v2/alerts', reply);
    expect(await sourceOf(server.url).look(alert)).toMatchObject({ state: 'unknown', suppressed: 'unknown' });
  });
});

describe('suppressed', () => {
  it('by a silence: with its end, comment and author', async () => {
    const { url } = await recordedAlertmanager(
      [entry({ state: 'suppressed', silencedBy: ['s1'] })],
      [silence([{ name: 'alertname', value: 'APIDown' }])],
    );
    const { state, suppressed } = await sourceOf(url).look(alert);
    expect(state).toBe('firing');
    expect(suppressed).toMatchObject({ by: 'silence', detail: 'maintenance (mira)' });
    expect((suppressed as { until: number }).until).toBeGreaterThan(Date.now() + 500_000);
  });

  it('by a silence of which nothing more is known', async () => {
    const server = await recordedAlertmanager([entry({ silencedBy: ['s1'] })]);
    server.replies.set('/api/v2/silences', 500);
    expect((await sourceOf(server.url).look(alert)).suppressed).toEqual({ by: 'silence', detail: 'silence s1' });
  });

  it('by an inhibition', async () => {
    const { url } = await recordedAlertmanager([entry({ state: 'suppressed', inhibitedBy: ['bb'] })]);
    expect((await sourceOf(url).look(alert)).suppressed).toEqual({ by: 'inhibition', detail: 'by bb' });
  });

  it.each<[string, boolean, object[], object?]>([
    ['equal', true, [{ name: 'service', value: 'api' }]],
    ['equal, of an older version without isEqual', true, [{ name: 'service', value: 'api', isRegex: false }]],
    ['another value', false, [{ name: 'service', value: 'web', isEqual: true }]],
    ['not equal', true, [{ name: 'service', value: 'web', isEqual: false }]],
    ['a pattern, of the whole value', true, [{ name: 'service', value: 'a.i', isRegex: true, isEqual: true }]],
    ['a pattern, of a part', false, [{ name: 'service', value: 'ap', isRegex: true, isEqual: true }]],
    ['a negated pattern', true, [{ name: 'service', value: 'web|db', isRegex: true, isEqual: false }]],
    ['a pattern that is none', false, [{ name: 'service', value: '(', isRegex: true, isEqual: false }]],
    ['a missing label is empty', true, [{ name: 'team', value: '' }]],
    [
      'all matchers count',
      false,
      [
        { name: 'service', value: 'api' },
        { name: 'team', value: 'x' },
      ],
    ],
    ['no matchers', false, []],
    ['an expired one', false, [{ name: 'service', value: 'api' }], { status: { state: 'expired' } }],
    ['a pending one', false, [{ name: 'service', value: 'api' }], { status: { state: 'pending' } }],
  ])('of an alert that Alertmanager does not have: %s', async (_name, expected, matchers, more) => {
    const { url } = await recordedAlertmanager([], [silence(matchers, more)]);
    const { suppressed } = await sourceOf(url).look(alert);
    expect(suppressed !== undefined).toBe(expected);
  });

  it('is unknown when the silences cannot be read', async () => {
    const server = await recordedAlertmanager();
    server.replies.set('/api/v2/silences', 500);
    expect((await sourceOf(server.url).look(alert)).suppressed).toBe('unknown');
  });
});

describe('together with Prometheus', () => {
  const since = () => Date.now() - 20_000;

  it('pending: Prometheus no longer has it, Alertmanager still does', async () => {
    const { server } = await recordedPrometheus();
    const { url } = await recordedAlertmanager([entry()]);
    expect((await sourceOf(url, server.url).look(alert, since())).state).toBe('pending');
  });

  it('gone: Prometheus no longer has it, and nobody has sent it to Alertmanager for longer than it would be sent', async () => {
    const { server } = await recordedPrometheus();
    const restarted = { ...entry({}, 150), updatedAt: inSeconds(-90) };
    const { url } = await recordedAlertmanager([restarted]);
    expect((await sourceOf(url, server.url).look(alert, since())).state).toBe('gone');
    const sentLately = { ...entry({}, 190), updatedAt: inSeconds(-50) };
    const { url: other } = await recordedAlertmanager([sentLately]);
    expect((await sourceOf(other, server.url).look(alert, since())).state).toBe('pending');
    const silenced = { ...entry({ silencedBy: ['s1'] }, 150), updatedAt: inSeconds(-90) };
    const { url: third } = await recordedAlertmanager([silenced]);
    expect((await sourceOf(third, server.url).look(alert, since())).state).toBe('pending');
  });

  it('not gone: Prometheus no longer has it, and it is silenced in Alertmanager', async () => {
    const { server } = await recordedPrometheus();
    const { url } = await recordedAlertmanager([entry({ silencedBy: ['s1'] })]);
    expect(await sourceOf(url, server.url).look(alert, since())).toMatchObject({
      state: 'pending',
      suppressed: { by: 'silence' },
    });
  });

  it('gone: neither has it', async () => {
    const { server } = await recordedPrometheus();
    const { url } = await recordedAlertmanager();
    expect((await sourceOf(url, server.url).look(alert, since())).state).toBe('gone');
  });

  it('gone by proof of Prometheus while Alertmanager is away, but unknown whether it is silenced', async () => {
    const { server } = await recordedPrometheus();
    const report = await sourceOf('http://127.0.0.1:1', server.url).look(alert, since());
    expect(report).toMatchObject({ state: 'gone', suppressed: 'unknown' });
  });

  it.each([
    ['firing', [entry()]],
    ['unknown', []],
  ])('%s: Prometheus cannot say, and Alertmanager has these', async (expected, alerts) => {
    const { server } = await recordedPrometheus({ startedAgo: 3 });
    const { url } = await recordedAlertmanager(alerts);
    expect((await sourceOf(url, server.url).look(alert, since())).state).toBe(expected);
  });

  it.each([
    ['firing', 'the fingerprint is there', [entry()]],
    ['unknown', 'the fingerprint is not there', []],
  ])('%s: an alert with a relabelled value fires in Prometheus, and %s', async (expected, _name, alerts) => {
    const { server } = await recordedPrometheus({
      rules: [{ name: 'APIDown', alerts: [{ state: 'firing', labels: { alertname: 'APIDown', severity: 'page' } }] }],
      config: 'alerting:\n  alert_relabel_configs:\n  - {target_label: severity, replacement: critical}\n',
    });
    const { url } = await recordedAlertmanager(alerts);
    const relabelled = { ...alert, labels: { ...alert.labels, severity: 'critical' } };
    expect((await sourceOf(url, server.url).look(relabelled, since())).state).toBe(expected);
  });

  it('gone: the relabelled alert that fires is another one, since Alertmanager was told that this one is over', async () => {
    const { server } = await recordedPrometheus({
      rules: [{ name: 'APIDown', alerts: [{ state: 'firing', labels: { alertname: 'APIDown', severity: 'page' } }] }],
      config: 'alerting:\n  alert_relabel_configs:\n  - {target_label: severity, replacement: critical}\n',
    });
    const alertmanager = await recordedAlertmanager([entry()]);
    const source = sourceOf(alertmanager.url, server.url);
    const relabelled = { ...alert, labels: { ...alert.labels, severity: 'critical' } };
    await source.look(relabelled, since());
    alertmanager.replies.set('/api/v2/alerts', []);
    expect((await source.look(relabelled, since())).state).toBe('gone');
  });

  it('an alert of another evaluator is Alertmanager’s word, and never gone because Prometheus does not know it', async () => {
    const { server } = await recordedPrometheus({ rules: [] });
    const alertmanager = await recordedAlertmanager([entry()]);
    const source = sourceOf(alertmanager.url, server.url);
    expect((await source.look(alert, since())).state).toBe('firing');
    alertmanager.replies.set('/api/v2/alerts', []);
    expect((await source.look(alert, since())).state).toBe('gone');
    const forgetful = await recordedAlertmanager();
    expect((await sourceOf(forgetful.url, server.url).look(alert, since())).state).toBe('unknown');
  });
});
