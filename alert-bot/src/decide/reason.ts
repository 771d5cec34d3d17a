/**
 * Why an alert was acted on or not. One closed list: the same word is the log's `reason`, the label of
 * `alertbot_decisions_total` and what the tests assert. README.md explains each one.
 */
export const actReasons = ['matched', 'retry_after_ineffective', 'approved', 'on_resolved'] as const;

export const skipReasons = [
  // about the alert
  'resolved',
  'watchdog',
  'duplicate',
  'no_runbook',
  'for_a_person',
  // about the target
  'runtime_unavailable',
  'target_missing',
  'protected_target',
  'not_opted_in',
  'not_scalable',
  // about the policy, in this order
  'paused',
  'suppressed',
  'in_progress',
  'quarantined',
  'cooldown',
  'backoff',
  'budget_spent',
  // about the state of the target
  'changing',
  'held_by_person',
  'already_restarting',
  'last_healthy_replica',
  'at_max_replicas',
  'already_scaled_back',
  'changed_by_others',
  // about what can be known
  'unconfirmed',
  // about the mode
  'observe_only',
  'awaiting_approval',
  'rejected',
] as const;

export type ActReason = (typeof actReasons)[number];
export type SkipReason = (typeof skipReasons)[number];
export type Reason = ActReason | SkipReason;

export const reasons: readonly Reason[] = [...actReasons, ...skipReasons];

/** After these the bot does nothing more by itself; the next delivery is judged anew. */
const terminal: ReadonlySet<Reason> = new Set([
  'resolved',
  'watchdog',
  'no_runbook',
  'for_a_person',
  'protected_target',
  'not_opted_in',
  'not_scalable',
  'observe_only',
  'rejected',
  'already_scaled_back',
  'changed_by_others',
]);

export const isTerminal = (reason: Reason): boolean => terminal.has(reason);
