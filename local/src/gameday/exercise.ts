import type { StackAccess } from '../demo/stack-access.ts';
import type { Plot } from '../demo/telling.ts';

/**
 * How an exercise is meant to end:
 * - `healed`: the bot repairs it and proves that it helped
 * - `comes back`: whoever runs the processes starts it again; the bot has nothing to do
 * - `for a person`: an alert says so, and the bot touches nothing
 * - `given up`: the bot tries as often as it may, then stops and calls a person once
 */
export type Ending = 'healed' | 'comes back' | 'for a person' | 'given up';

/** A fault that is on. */
export interface Injected {
  /** Ends what goes on outside the services; faults inside them are ended for it. */
  stop?(): void;
}

export interface ExerciseContext {
  stack: StackAccess;
  /** The `for` of the first alert, in seconds. */
  forSeconds: number;
  /** After this long a fault ends although nobody ended it, so that a game day that was killed leaves none. */
  durationSeconds: number;
}

export interface Exercise extends Plot {
  title: string;
  injecting: string;
  expected: Ending | ((stack: StackAccess) => Ending);
  /** Alerts that may fire next to the intended ones: other faces of the same fault, no false alarms. */
  faces: readonly string[];
  /** Waits for what the fault needs to be noticed; before the clock starts. */
  prepare?(stack: StackAccess, deps: { signal: AbortSignal }): Promise<void>;
  inject(context: ExerciseContext): Promise<Injected>;
}

export interface ExerciseResult {
  name: string;
  title: string;
  expected: Ending;
  /** What happened: one of the endings, or why it is none of them. */
  outcome: string;
  asIntended: boolean;
  /** The alert that told, or that would have been the one. */
  alert: string;
  /** What the bot did. */
  action: string;
  attempts: number;
  /** Seconds from the fault to the bot's receipt of the alert, to the end of the action, to the proof. */
  detect?: number;
  act?: number;
  verify?: number;
  total?: number;
  requests: number;
  /** Not answered, or answered with an error. */
  lost: number;
  falseAlarms: string[];
  startedAt: string;
  steps: { seconds: number; text: string }[];
}
