import type { StoryPhase } from './describe-event.ts';
import type { HealingTimes } from './healing-times.ts';
import type { Scenario, ScenarioName } from './scenarios.ts';
import type { StackAccess } from './stack-access.ts';

export interface StoryStep {
  /** Milliseconds since the epoch. */
  at: number;
  phase: StoryPhase;
  text: string;
}

export interface StoryResult {
  scenario: ScenarioName;
  title: string;
  injectedAt: number;
  endedAt: number;
  healed: boolean;
  times?: HealingTimes;
  steps: StoryStep[];
  /** What the bot did, as it is in its log. */
  incident?: { id: string; alertname: string; action: string; attempts: number };
  /** Why it counts as not healed. */
  problem?: string;
}

export interface StoryOptions {
  stack: StackAccess;
  scenario: ScenarioName;
  onStep: (step: StoryStep) => void;
  signal: AbortSignal;
}

/** What a story is watched by. */
export type Plot = Pick<Scenario, 'alerts' | 'service' | 'scalesBack'>;

/** A story while it is told. */
export interface Telling extends Omit<StoryOptions, 'scenario'> {
  plot: Plot;
  injectedAt: number;
  steps: StoryStep[];
  told: Set<string>;
  tell(phase: StoryPhase, text: string, at?: number): void;
}

/** How it ended. */
export type End =
  | Pick<StoryResult, 'times' | 'incident'>
  | { problem: string; incident?: NonNullable<StoryResult['incident']> };
