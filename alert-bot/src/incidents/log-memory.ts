import type { IncidentEvent } from './event.ts';

/** What the log is the memory of. Events arrive in the order of the file, when they are on disk. */
export interface LogMemory {
  apply(event: IncidentEvent): void;
  /** Everything that a new file must begin with so that the files before it can be deleted. */
  snapshot(): Iterable<Omit<Extract<IncidentEvent, { type: 'carried' }>, 'v' | 'seq' | 'at' | 'type'>>;
}
