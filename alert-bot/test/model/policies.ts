import { parseRunbooks } from '../../src/runbooks/load-runbooks.ts';
import type { Policy } from '../../src/runbooks/runbook.ts';

/** What a person may make of the runbooks while the bot runs. */
export const policyNames = ['usual', 'observe', 'removed', 'no_budget', 'tight', 'no_scale_back', 'approve'] as const;
export type PolicyName = (typeof policyNames)[number] | 'generous';

export const stableMs = 8_000;

function policy({
  api = 'auto',
  budget = 8,
  attempts = 3,
  withApi = true,
  scaleBack = true,
}: {
  api?: 'auto' | 'observe' | 'approve';
  budget?: number;
  attempts?: number;
  withApi?: boolean;
  scaleBack?: boolean;
}): Policy {
  const apiRunbooks = `
  - { name: api-slow, match: { alertname: APIHighLatency }, mode: ${api}, action: { restart: api } }
  - { name: api-down, match: { alertname: APIDown }, mode: ${api}, action: { restart: api } }`;
  const parsed = parseRunbooks(
    `
version: 1
defaults:
  cooldown: 10s
  backoff: { initial: 10s, max: 40s }
  attempts: { max: ${attempts}, within: 10m }
  budget: { actions: ${budget}, within: 15m }
  verify: { within: 40s, stable: ${stableMs / 1_000}s, healthTimeout: 10s }
  relapse: 1m
runbooks:${withApi ? apiRunbooks : ''}
  - name: worker-backlog
    match: { alertname: WorkerBacklogHigh }
    action: { scale: worker, to: 3, max: 3 }
    ${scaleBack ? 'onResolved: { to: 1, after: 10s }' : ''}
  - { name: worker-stalled, match: { alertname: WorkerStalled }, action: { restart: worker, replica: instance } }
  - { name: web-slow, match: { alertname: WebSlow }, mode: approve, action: { restart: web } }
  - { name: closed-slow, match: { alertname: ClosedSlow }, action: { restart: closed } }
  - { name: guarded-slow, match: { alertname: GuardedSlow }, action: { restart: guarded } }
  - { name: by-hand, match: { alertname: ByHand }, action: { restart: web } }
`,
    'runbooks.yml',
  );
  return { ...parsed, approvalWithinMs: 120_000, stuckAfterMs: 120_000 };
}

export const policies: Record<PolicyName, Policy> = {
  usual: policy({}),
  /** For the end of a run: what was spent before does not matter. */
  generous: policy({ budget: 1_000 }),
  observe: policy({ api: 'observe' }),
  removed: policy({ withApi: false }),
  no_budget: policy({ budget: 0 }),
  tight: policy({ budget: 2, attempts: 1 }),
  no_scale_back: policy({ scaleBack: false }),
  approve: policy({ api: 'approve' }),
};
