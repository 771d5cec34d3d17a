import type { Alert } from '../../src/alerts/alert.ts';
import { fingerprintOf } from '../../src/alerts/fingerprint.ts';
import { parseRunbooks } from '../../src/runbooks/load-runbooks.ts';
import type { Observation, ObservedService, Replica } from '../../src/runtime/runtime.ts';

export const start = Date.parse('2026-01-01T00:00:00Z');

/** A firing alert as the webhook's parser hands it on. */
export function alertOf(labels: Record<string, string>, extra: Partial<Alert> = {}): Alert {
  return {
    status: 'firing',
    labels,
    annotations: {},
    startsAt: start - 60_000,
    startsAtMissing: false,
    fingerprint: fingerprintOf(labels),
    ...extra,
  };
}

export const slow = (extra?: Partial<Alert>) => alertOf({ alertname: 'APIHighLatency', service: 'api' }, extra);
export const down = (extra?: Partial<Alert>) => alertOf({ alertname: 'APIDown', service: 'api' }, extra);
export const backlog = (extra?: Partial<Alert>) =>
  alertOf({ alertname: 'WorkerBacklogHigh', service: 'worker' }, extra);
export const stalled = (instance: string, extra?: Partial<Alert>) =>
  alertOf({ alertname: 'WorkerStalled', service: 'worker', instance }, extra);

export function replica(service: string, number: number, extra: Partial<Replica> = {}): Replica {
  return {
    id: `${service}-${number}-id`,
    name: `demo-${service}-${number}`,
    service,
    number,
    state: 'running',
    health: 'healthy',
    startedAt: new Date(start - 3_600_000).toISOString(),
    restartCount: 0,
    addresses: [`10.0.${service.length}.${number}`],
    optedIn: true,
    ...extra,
  };
}

export const serviceOf = (replicas: Replica[], extra: Partial<ObservedService> = {}): ObservedService => ({
  project: 'demo',
  service: replicas[0]?.service ?? 'none',
  optedIn: true,
  protected: false,
  replicas,
  ...extra,
});

export function observation(
  services: Record<string, ObservedService> = {},
): Observation & { services: Map<string, ObservedService> } {
  return {
    project: 'demo',
    observedAt: start,
    services: new Map([
      ['api', serviceOf([replica('api', 1)])],
      ['worker', serviceOf([replica('worker', 1)])],
      ...Object.entries(services),
    ]),
  };
}

export const runbooksText = `
version: 1
runbooks:
  - { name: api-slow, match: { alertname: APIHighLatency }, action: { restart: api } }
  - { name: api-down, match: { alertname: APIDown }, action: { restart: api } }
  - name: worker-backlog
    match: { alertname: WorkerBacklogHigh }
    action: { scale: worker, to: 3, max: 3 }
    onResolved: { to: 1, after: 1m }
  - { name: worker-stalled, match: { alertname: WorkerStalled }, action: { restart: worker, replica: instance } }
  - { name: watched, match: { alertname: Watched }, mode: observe, action: { restart: api } }
  - { name: asked, match: { alertname: Asked }, mode: approve, action: { restart: api } }
`;

export const policy = parseRunbooks(runbooksText, 'runbooks.yml');
