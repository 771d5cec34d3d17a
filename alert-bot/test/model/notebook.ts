import type { EventOf } from '../../src/incidents/event.ts';
import type { Truth } from './conditions.ts';
import type { Containers } from './containers.ts';
import type { ModelClock } from './model-clock.ts';
import type { ModelDisk } from './model-disk.ts';
import type { PolicyName } from './policies.ts';
import type { SimulatedEngine } from './simulated-engine.ts';

export interface Watched {
  clock: ModelClock;
  containers: Containers;
  truth: Truth;
  engine: SimulatedEngine;
  disk: ModelDisk;
  policy: { name: PolicyName; changedAt: number };
}

/** What the bot has been told about an alert, and when. */
export interface Word {
  at: number;
  word: 'fires' | 'pending' | 'over' | 'suppressed' | 'unsure';
  endsAt?: number;
  /** Came by itself; the others are answers. */
  delivered?: boolean;
}

export interface Act {
  at: number;
  wallAt: number;
  event: EventOf<'acting'>;
  /** The engine has done something for it. */
  touched: boolean;
}

/** What changes between the last look and the call is nobody's fault; the engine refuses the worst. */
export const graceMs = 5_000;
const keptWords = 200;

export type Notebook = ReturnType<typeof createNotebook>;

/** What the watch remembers of a run, and the promises that were broken in it. */
export function createNotebook(watched: Watched) {
  const { clock, disk } = watched;
  const problems: string[] = [];
  const words = new Map<string, Word[]>();
  const receivedOf = (incident: string) =>
    disk.events.find((event): event is EventOf<'received'> => event.type === 'received' && event.incident === incident);
  const acts: Act[] = [];
  return {
    ...watched,
    problems,
    acts,
    /** Incidents by the time when they came on the disk, events by their number. */
    receivedAt: new Map<string, number>(),
    writtenAt: new Map<number, number>(),
    counts: { actions: 0, healed: 0, escalated: 0, refusals: 0, scaledBack: 0 },
    broken: (rule: string, what: string) =>
      void problems.push(`${(clock.elapsed() / 1_000).toFixed(1)} s: ${rule}: ${what}`),
    say: (fingerprint: string, word: Omit<Word, 'at'>) =>
      void words.set(fingerprint, [
        ...(words.get(fingerprint) ?? []).slice(1 - keptWords),
        { at: clock.elapsed(), ...word },
      ]),
    /** Oldest first. */
    wordsAbout: (incident: string): readonly Word[] => words.get(receivedOf(incident)?.alert.fingerprint ?? '') ?? [],
    receivedOf,
    labelsOf: (incident: string): Readonly<Record<string, string>> =>
      (receivedOf(incident)?.alert.labels as Record<string, string> | undefined) ?? {},
    actionOf: (incident: string) => acts.findLast(({ event }) => event.incident === incident)?.event.action,
  };
}
