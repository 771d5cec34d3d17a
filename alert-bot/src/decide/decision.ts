import type { PlannedAction, Purpose } from '../incidents/event.ts';
import type { ActReason, SkipReason } from './reason.ts';

export interface Act {
  decision: 'act';
  reason: ActReason;
  purpose: Purpose;
  runbook: string;
  action: PlannedAction;
}

export interface Skip {
  decision: 'skip';
  reason: SkipReason;
  runbook?: string;
  /** What would be done, where that is known. */
  action?: PlannedAction;
  /** When the bot looks again by itself, in milliseconds since the epoch. */
  until?: number;
  detail?: string;
}

export type Decision = Act | Skip;

/** How long to wait before looking again at something that has no time of its own, in milliseconds. */
export const lookAgainMs = {
  runtime: 10_000,
  target: 15_000,
  suppressed: 30_000,
  unconfirmed: 60_000,
  flight: 60_000,
  quarantine: 300_000,
};

export const skip = (reason: SkipReason, rest: Omit<Skip, 'decision' | 'reason'> = {}): Skip => ({
  decision: 'skip',
  reason,
  ...rest,
});
