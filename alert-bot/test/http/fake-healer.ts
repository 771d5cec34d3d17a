import {
  ControlRefused,
  type Healer,
  type HealerStats,
  type IncidentSummary,
  type IntakeResult,
} from '../../src/healer/healer.ts';
import type { IncidentEvent } from '../../src/incidents/event.ts';

export const summary: IncidentSummary = {
  id: 'inc-1',
  fingerprint: '0123456789abcdef',
  alertname: 'APIHighLatency',
  labels: { alertname: 'APIHighLatency', severity: 'critical' },
  status: 'firing',
  phase: 'queued',
  reason: 'matched',
  target: 'api',
  project: 'demo',
  service: 'api',
  runbook: 'api-latency',
  action: { type: 'restart', target: 'api', project: 'demo', service: 'api' },
  attempts: 0,
  outcome: null,
  escalated: false,
  startsAt: '2026-01-01T00:00:00.000Z',
  receivedAt: '2026-01-01T00:01:00.000Z',
  updatedAt: '2026-01-01T00:01:00.000Z',
  until: null,
  resolvedAt: null,
  attempt: null,
  title: null,
};

/** A healer that records what it was asked and answers what a test wants; every method can be replaced. */
export function createFakeHealer(overrides: Partial<Healer> = {}) {
  const calls: unknown[][] = [];
  const listeners = new Set<(event: IncidentEvent) => void>();
  const record = <T>(name: string, answer: (...args: never[]) => T) =>
    ((...args: unknown[]) => {
      calls.push([name, ...args]);
      return answer(...(args as never[]));
    }) as never;
  const result = (alertname: string): IntakeResult => ({
    incident: 'inc-1',
    alertname,
    fingerprint: '0123456789abcdef',
    decision: 'act',
    reason: 'matched',
    runbook: 'api-latency',
    action: { type: 'restart', target: 'api', project: 'demo', service: 'api' },
  });
  const healer: Healer = {
    start: async () => undefined,
    stop: async () => undefined,
    intake: record('intake', async (delivery: { alerts: { labels: Record<string, string> }[] }) =>
      delivery.alerts.map((alert) => result(alert.labels['alertname'] ?? '')),
    ),
    pause: record('pause', async ({ reason, by }: { reason?: string; by: string }) => ({
      until: '2026-01-01T00:30:00.000Z',
      reason: reason ?? null,
      by,
    })),
    resume: record('resume', async () => undefined),
    approve: record('approve', async (id: string) => {
      if (id !== 'inc-1') throw new ControlRefused('incident_not_found', 'There is no such incident.');
      return result('APIHighLatency');
    }),
    reject: record('reject', async () => {
      throw new ControlRefused('not_awaiting_approval', 'It awaits no approval.');
    }),
    release: record('release', async (target: string) => ({ target, service: target, wasQuarantined: true })),
    incidents: record('incidents', () => ({ items: [summary], nextCursor: null })),
    incident: record('incident', async (id: string) => (id === 'inc-1' ? { summary, events: [] } : undefined)),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stats: () => ({ openIncidents: 1 }) as HealerStats,
    views: {
      repairs: () => [],
      services: async () => ({ project: 'demo', projects: [], observedAt: null, services: [] }),
      runbooks: () => [],
      simulate: record('simulate', async (delivery: { alerts: { labels: Record<string, string> }[] }) =>
        delivery.alerts.map((alert) => result(alert.labels['alertname'] ?? '')),
      ),
      since: async () => ({ events: [], complete: true }),
      lastSeq: () => 0,
      progress: () => [],
      onProgress: () => () => undefined,
    },
    ...overrides,
  };
  const emit = (event: IncidentEvent) => {
    for (const listener of listeners) listener(event);
  };
  return { healer, calls, emit, listeners };
}
