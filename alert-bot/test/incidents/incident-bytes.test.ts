import { expect, it } from 'vitest';
import { wholeLabelOf } from '../../src/alerts/label-of.ts';
import type { Incident } from '../../src/incidents/incident.ts';
import { measure } from '../../src/incidents/incident-bytes.ts';

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
