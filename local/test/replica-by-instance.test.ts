import type { Alert } from '@stack/alert-bot/src/alerts/alert.ts';
import { planRepair } from '@stack/alert-bot/src/decide/plan-repair.ts';
import { emptyTarget } from '@stack/alert-bot/src/incidents/history.ts';
import type { Runbook } from '@stack/alert-bot/src/runbooks/runbook.ts';
import type { Replica } from '@stack/alert-bot/src/runtime/runtime.ts';
import { expect, it } from 'vitest';

const replica = (number: number): Replica => ({
  id: `id-${number}`,
  name: `observability-stack-worker-${number}`,
  service: 'worker',
  number,
  state: 'running',
  health: 'healthy',
  startedAt: '2026-01-01T00:00:00Z',
  restartCount: 0,
  addresses: [`127.0.0.1:${8_000 + number}`],
  optedIn: true,
});
const service = {
  project: 'local',
  service: 'worker',
  optedIn: true,
  protected: false,
  replicas: [1, 2, 3].map(replica),
};
const runbook = { target: 'worker', action: { type: 'restart', replica: 'instance' } } as Runbook;

it.each([
  ['127.0.0.1:8001', 'id-1'],
  ['127.0.0.1:8003', 'id-3'],
  ['127.0.0.1:8004', undefined],
  ['127.0.0.1', undefined],
])('an alert about %s means the replica %s, although all of them share one address', (instance, id) => {
  const alert = { labels: { instance }, startsAt: Date.parse('2026-06-01T00:00:00Z') } as unknown as Alert;
  const { action, obstacle } = planRepair({
    runbook,
    alert,
    incident: undefined,
    target: emptyTarget('worker'),
    service,
    now: alert.startsAt,
  });
  expect(action).toEqual(id && { type: 'restart', target: 'worker', project: 'local', service: 'worker', replica: id });
  expect(obstacle).toBe(id ? undefined : 'target_missing');
});
