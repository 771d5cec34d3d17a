import { describe, expect, it } from 'vitest';
import { findPolicyRefusal, type Wish } from '../../src/runtime/agent/check-policy.ts';

describe('the policy of an agent', () => {
  const replica = {
    id: 'a',
    name: 'demo-api-1',
    service: 'api',
    number: 1,
    state: 'running',
    health: 'healthy',
  } as const;
  const running = { ...replica, startedAt: '', restartCount: 0, addresses: [], optedIn: true };
  const api = { project: 'demo', service: 'api', optedIn: true, protected: false, replicas: [running] };
  it.each<[string, Partial<typeof api>, Wish, string | undefined]>([
    ['lets a restart pass', {}, { service: 'api' }, undefined],
    ['lets a restart of one replica pass', {}, { service: 'api', replica: 'a' }, undefined],
    ['lets a scaling within bounds pass', {}, { service: 'api', to: 3 }, undefined],
    ['knows only its own project', {}, { service: 'web' }, 'target_missing'],
    ['knows no service that every object has', {}, { service: 'constructor' }, 'target_missing'],
    ['keeps what is protected', { protected: true }, { service: 'api' }, 'protected_target'],
    ['keeps what has not opted in', { optedIn: false }, { service: 'api' }, 'not_opted_in'],
    [
      'keeps what has half opted in',
      { replicas: [running, { ...running, optedIn: false }] },
      { service: 'api' },
      'not_opted_in',
    ],
    ["keeps other services' replicas", {}, { service: 'api', replica: 'b' }, 'target_missing'],
    ['keeps the last replica', {}, { service: 'api', to: 0 }, 'out_of_bounds'],
    ['keeps its limit', {}, { service: 'api', to: 4 }, 'out_of_bounds'],
  ])('%s, whatever its runtime would do', (_, more, wish, code) => {
    const observed = { project: 'demo', observedAt: 0, services: new Map([['api', { ...api, ...more }]]) };
    expect(findPolicyRefusal(wish, observed, { maxReplicas: 3 })?.code).toBe(code);
  });
});
