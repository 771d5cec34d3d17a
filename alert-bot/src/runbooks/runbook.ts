import { wholeLabelOf } from '../alerts/label-of.ts';
import { isPattern, type LabelMatcher, labelMatcher } from './matcher.ts';
import type { RunbookEntry, RunbookFile } from './runbook-file.ts';

export interface Limits {
  cooldownMs: number;
  backoff: { initialMs: number; maxMs: number };
  attempts: { max: number; withinMs: number };
  /** The same alert on the same target so soon after `healed` is a relapse. */
  relapseMs: number;
}

export interface Runbook {
  name: string;
  mode: 'observe' | 'approve' | 'auto';
  /** What it acts on, as it is written: a target's text, or one with label names in braces. */
  target: string;
  action:
    | { type: 'restart'; replica: 'all' | 'instance' }
    | { type: 'scale'; to?: number; step?: number; min: number; max: number };
  /** What a person stopped or paused is repaired like any other replica. */
  repairsHeld: boolean;
  limits: Limits;
  verifyWithinMs: number;
  /** How long target and alert must look good before the attempt counts as healed. */
  stableMs: number;
  healthTimeoutMs: number;
  onResolved?: { to: number; afterMs: number };
  matches(labels: Readonly<Record<string, string>>): boolean;
  /** Its lines in the file; absent when it was not read from one. */
  source?: string;
}

export interface Policy {
  /** The first one that matches counts. */
  runbooks: readonly Runbook[];
  budget: { actions: number; withinMs: number };
  /** An approval that nobody gave is over after this. */
  approvalWithinMs: number;
  /** An alert that fires so long without the bot being able to help goes to a person. */
  stuckAfterMs: number;
}

/**
 * Verification takes three minutes at most: the shipped rules look back one minute, scrapes, evaluations and
 * notifications add some 30 s, and the rest is room for a slow start. Shorter than the rule's own decay would call every
 * success ineffective.
 */
const defaults = {
  cooldownMs: 60_000,
  backoff: { initialMs: 60_000, maxMs: 600_000 },
  attempts: { max: 3, withinMs: 1_800_000 },
  relapseMs: 600_000,
  budget: { actions: 20, withinMs: 3_600_000 },
  verifyWithinMs: 180_000,
  stableMs: 15_000,
  healthTimeoutMs: 90_000,
  approvalWithinMs: 3_600_000,
  stuckAfterMs: 900_000,
  scaleBackAfterMs: 60_000,
};

/** Turns a validated file into what `decide` works with, defaults filled in. */
export function toPolicy(file: RunbookFile): Policy {
  const { budget } = file.defaults ?? {};
  return {
    runbooks: file.runbooks.map((entry) => toRunbook(entry, file)),
    budget: budget ? { actions: budget.actions, withinMs: budget.within } : defaults.budget,
    approvalWithinMs: defaults.approvalWithinMs,
    stuckAfterMs: defaults.stuckAfterMs,
  };
}

function toRunbook(entry: RunbookEntry, file: RunbookFile): Runbook {
  const verify = { ...file.defaults?.verify, ...entry.verify };
  const texts = Object.entries(entry.match);
  // comparisons first: most alerts are decided by them, and a pattern costs more
  const inOrder = [...texts.filter(([, text]) => !isPattern(text)), ...texts.filter(([, text]) => isPattern(text))];
  const matchers = inOrder.map(([label, text]) => [label, labelMatcher(text)] as const);
  const { onResolved } = entry;
  return {
    name: entry.name,
    mode: entry.mode ?? file.defaults?.mode ?? 'auto',
    ...targetOf(entry.action),
    repairsHeld: entry.heldByPerson === 'repair',
    limits: limitsOf({ ...file.defaults, ...entry.limits }),
    verifyWithinMs: verify.within ?? defaults.verifyWithinMs,
    stableMs: verify.stable ?? defaults.stableMs,
    healthTimeoutMs: verify.healthTimeout ?? defaults.healthTimeoutMs,
    ...(onResolved
      ? { onResolved: { to: onResolved.to, afterMs: onResolved.after ?? defaults.scaleBackAfterMs } }
      : {}),
    matches: (labels) => matchesAll(matchers, labels),
  };
}

function targetOf(action: RunbookEntry['action']): Pick<Runbook, 'target' | 'action'> {
  if ('restart' in action) return { target: action.restart, action: { type: 'restart', replica: action.replica } };
  const { scale, to, step, min, max } = action;
  const wanted = to === undefined ? { step: step as number } : { to };
  return { target: scale, action: { type: 'scale', ...wanted, min, max } };
}

function limitsOf({ cooldown, backoff, attempts, relapse }: NonNullable<RunbookEntry['limits']>): Limits {
  return {
    cooldownMs: cooldown ?? defaults.cooldownMs,
    backoff: backoff ? { initialMs: backoff.initial, maxMs: backoff.max } : defaults.backoff,
    attempts: attempts ? { max: attempts.max, withinMs: attempts.within } : defaults.attempts,
    relapseMs: relapse ?? defaults.relapseMs,
  };
}

function matchesAll(matchers: readonly (readonly [string, LabelMatcher])[], labels: Readonly<Record<string, string>>) {
  return matchers.every(([label, matches]) => {
    const value = wholeLabelOf(labels, label);
    return value !== undefined && matches(value);
  });
}
