import type { IncidentEvent } from './event.ts';
import type { Incident } from './incident.ts';

/** What the log is the memory of. Events arrive in the order of the file, when they are on disk. */
export interface LogMemory {
  apply(event: IncidentEvent): void;
  /** Everything that a new file must begin with so that the files before it can be deleted. */
  snapshot(): Iterable<Omit<Extract<IncidentEvent, { type: 'carried' }>, 'v' | 'seq' | 'at' | 'type'>>;
  /** Lets a long log be read without parsing all of it; without this every line is parsed. */
  replay?: ReplayMemory;
}

/** The memory while a log is read back and nobody else looks at it. */
export interface ReplayMemory {
  /**
   * As `LogMemory.apply`, but for the event's own `at` and `startsAt` count the arguments, in milliseconds. The event is
   * used again for another line, and incidents may be changed in place.
   */
  fold(event: IncidentEvent, at: number, startsAt: number): void;
  /** All incidents that are known now. */
  incidents(): Iterable<Incident>;
  incident(id: string): Incident | undefined;
  /** Gives an incident its alert, which was left unread at first. */
  setAlert(incident: Incident, alert: Pick<Incident, 'labels' | 'annotations' | 'startsAt' | 'fingerprint'>): void;
  /** Forgets everything. */
  clear(): void;
  /** The log is read: what cannot be true, because lines are lost, is put right. */
  settle(): void;
}
