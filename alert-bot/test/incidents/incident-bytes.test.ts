import { expect, it } from 'vitest';
import { wholeLabelOf } from '../../src/alerts/label-of.ts';
import { applyEvent } from '../../src/incidents/apply-event.ts';
import { MemoryHistory } from '../../src/incidents/history.ts';
import type { Incident } from '../../src/incidents/incident.ts';
import { incidentBytes, measure } from '../../src/incidents/incident-bytes.ts';

it('labels that an old incident loses are not taken for absent ones, and a cut name for no other name', () => {
  const labels = { alertname: 'A'.repeat(1_000), team: 'x', query: 'q'.repeat(100_000) };
  const incident = { labels, annotations: {} } as unknown as Incident;
  measure(incident, 0);
  expect(['alertname', 'query', 'env'].map((name) => wholeLabelOf(incident.labels, name))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(wholeLabelOf(incident.labels, 'team')).toBe('x');
});

it('twenty thousand usual alerts have room, and ten thousand that nothing is done about are remembered, or each repeat were new', () => {
  const history = new MemoryHistory();
  const at = '2026-01-01T00:00:00.000Z';
  const deliver = (n: number, reason: 'no_runbook' | 'backoff') => {
    const instance = `10.0.${n >> 8}.${n & 255}:8000`;
    const labels = { alertname: 'APIHighLatency', severity: 'critical', service: 'api', job: 'api', instance };
    const annotations = {
      summary: `p95 latency is ${n} ms`,
      description: `The 95th percentile of request latency of ${instance} has been over 200 ms for more than a minute.`,
    };
    const alert = { status: 'firing' as const, labels, annotations, startsAt: at, fingerprint: `${n}` };
    const head = { at, incident: `${reason}-${n}` };
    applyEvent(history, { ...head, type: 'received', alert });
    applyEvent(history, { ...head, type: 'decided', decision: 'skip', reason, trigger: 'delivery' });
  };
  for (let n = 0; n < 20_000; n += 1) deliver(n, 'backoff');
  for (let n = 0; n < 10_000; n += 1) deliver(n, 'no_runbook');
  expect(history.hasRoomFor(0)).toBe(true);
  expect([history.openCount, [...history.closed()].length]).toEqual([20_000, 10_000]);
});

it('what an alert without a name in common with others takes is not counted as less than it is', () => {
  const labels = (n: number) =>
    Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`l${n}_${i}`, `${n} `.repeat(20)]));
  const made = Array.from({ length: 500 }, (_, n) => incidentBytes({ labels: labels(n), annotations: {} }));
  expect(Math.min(...made)).toBeGreaterThan(12_000); // 13,000 were measured
  expect(Math.max(...made)).toBeLessThan(26_000);
});
