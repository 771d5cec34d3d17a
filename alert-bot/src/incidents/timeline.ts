import type { IncidentEvent } from './event.ts';
import { parseEvent } from './log-line.ts';

/** What happened to one incident, oldest first. */
export interface Timeline {
  events: IncidentEvent[];
  /** Events that are left out in the middle, because there are too many for one answer. The log has them. */
  omitted: number;
}

// How it began says most, then how it goes on now.
const maxFirst = 100;
const maxLast = 400;
const maxFirstBytes = 256 * 1_024;
const maxLastBytes = 768 * 1_024;

/** Collects the lines of an incident in their order, in bounded memory. */
export class TimelineCollector {
  readonly #first: string[] = [];
  readonly #last: string[] = [];
  #firstBytes = 0;
  #lastBytes = 0;
  #omitted = 0;

  add(line: string): void {
    const isFirst = this.#last.length === 0 && this.#omitted === 0;
    if (isFirst && this.#first.length < maxFirst && this.#firstBytes + line.length <= maxFirstBytes) {
      this.#first.push(line);
      this.#firstBytes += line.length;
      return;
    }
    this.#last.push(line);
    this.#lastBytes += line.length;
    while (this.#last.length > maxLast || this.#lastBytes > maxLastBytes) {
      this.#lastBytes -= (this.#last.shift() as string).length;
      this.#omitted += 1;
    }
  }

  result(): Timeline {
    const events = [...this.#first, ...this.#last].map(parseEvent).filter((event) => event !== undefined);
    return { events, omitted: this.#omitted };
  }
}
