import { expect, it } from 'vitest';
import { fingerprintOf } from '../../src/alerts/fingerprint.ts';
import { parseDelivery } from '../../src/alerts/parse-delivery.ts';

const now = Date.parse('2026-11-22T18:00:00Z');

/** The form that Grafana's contact point sends, with what it adds to Alertmanager's. */
const grafana = {
  receiver: 'alert-bot',
  status: 'firing',
  orgId: 1,
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'APIHighLatency', grafana_folder: 'shop', severity: 'critical' },
      annotations: { summary: 'slow', __dashboardUid__: 'x' },
      startsAt: '2026-11-22T18:51:03.157076+02:00',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'https://grafana.test/alerting/grafana/cfj2nzmpo21hcf/view?orgId=1',
      fingerprint: 'c6eadffa33fcdf37',
      silenceURL: 'https://grafana.test/alerting/silence/new?alertmanager=grafana',
      dashboardURL: '',
      panelURL: '',
      imageURL: 'https://grafana.test/x.png',
      ruleUID: 'cfj2nzmpo21hcf',
      values: { B: 44.23943737541908, C: 1 },
      valueString: "[ var='B' labels={} value=44.2 ]",
      orgId: 1,
    },
    {
      status: 'firing',
      labels: { alertname: 'DatasourceNoData', datasource_uid: 'y', ref_id: 'A' },
      annotations: {},
      startsAt: '2026-11-22T17:55:00Z',
      endsAt: '0001-01-01T00:00:00Z',
      values: null,
      fingerprint: 'bc97ff14869b13e3',
    },
    {
      status: 'resolved',
      labels: { alertname: 'APIDown', grafana_folder: 'shop' },
      annotations: null,
      startsAt: '2026-11-22T17:40:00Z',
      endsAt: '2026-11-22T17:58:00Z',
      fingerprint: '41427831fa75cd25',
    },
  ],
  groupLabels: { alertname: 'APIHighLatency' },
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'https://grafana.test/',
  version: '1',
  groupKey: '{}:{alertname="APIHighLatency"}',
  truncatedAlerts: 0,
  title: '[FIRING:2, RESOLVED:1] shop',
  state: 'alerting',
  message: '**Firing**',
  appVersion: '12.0.0',
};

it('takes what Grafana sends: its times, its fingerprints, and nothing of its state', () => {
  const { alerts, refused } = parseDelivery(grafana, now);
  expect(refused.count).toBe(0);
  expect(alerts.map(({ status, fingerprint, startsAt, endsAt }) => [status, fingerprint, startsAt, endsAt])).toEqual([
    ['firing', 'c6eadffa33fcdf37', Date.parse('2026-11-22T16:51:03.157Z'), undefined],
    ['firing', 'bc97ff14869b13e3', Date.parse('2026-11-22T17:55:00Z'), undefined],
    ['resolved', '41427831fa75cd25', Date.parse('2026-11-22T17:40:00Z'), Date.parse('2026-11-22T17:58:00Z')],
  ]);
});

it('takes Grafana’s message that all is well, and the test of its contact point', () => {
  const over = {
    ...grafana,
    status: 'resolved',
    state: 'ok',
    alerts: [{ ...grafana.alerts[0], status: 'resolved', endsAt: '2026-11-22T20:00:00+02:00' }],
  };
  expect(parseDelivery(over, now).alerts).toMatchObject([{ status: 'resolved', endsAt: now }]);
  const test = {
    ...grafana,
    alerts: [
      {
        status: 'firing',
        labels: { alertname: 'TestAlert', instance: 'Grafana' },
        annotations: { summary: 'Notification test' },
        startsAt: '2026-11-22T18:00:00.000000001Z',
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: '',
        fingerprint: '57c6d9296de2ad39',
        silenceURL: '',
        dashboardURL: '',
        panelURL: '',
        values: null,
        valueString: '[ metric="foo" value=10 ]',
      },
    ],
  };
  expect(parseDelivery(test, now).alerts).toHaveLength(1);
});

/** Mimir, Loki and vmalert send their alerts to an Alertmanager, theirs or Prometheus'; what differs is in the alert. */
it.each([
  ['Mimir', 'https://mimir.test/graph?g0.expr=up+%3D%3D+0&g0.tab=1', '2026-11-22T17:50:00.000000123Z'],
  ['Loki', '/explore?left={"queries":["sum(rate({app=\\"x\\"}[1m]))"]}', '2026-11-22T17:50:00.5Z'],
  ['vmalert', 'http://vmalert:8880/vmalert/alert?group_id=7&alert_id=9', '2026-11-22T17:50:00Z'],
])('takes what comes from %s by an Alertmanager', (_name, generatorURL, startsAt) => {
  const labels = { alertname: 'APIDown', alertgroup: 'shop', __tenant__: 'anonymous' };
  const body = {
    receiver: 'bot',
    status: 'firing',
    alerts: [
      {
        status: 'firing',
        labels,
        annotations: {},
        startsAt,
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL,
        fingerprint: fingerprintOf(labels),
      },
    ],
    groupLabels: {},
    commonLabels: labels,
    commonAnnotations: {},
    externalURL: 'http://alertmanager:9093',
    version: '4',
    groupKey: '{}:{}',
    truncatedAlerts: 0,
    notificationReason: 'new',
  };
  const { alerts, refused } = parseDelivery(body, now);
  expect(refused.count).toBe(0);
  expect(alerts).toMatchObject([
    { status: 'firing', labels, generatorURL, startsAt: Math.floor(Date.parse(startsAt)) },
  ]);
});
