import type { EventOf, IncidentEvent } from './event.ts';
import { type Outcome, outcomes } from './outcome.ts';
import { finite, listOf, oneOf, recordOf, text } from './read-fields.ts';

/** One judged repair. */
interface Repair {
  /** Milliseconds since the epoch. */
  at: number;
  incident: string;
  outcome: Outcome;
  /** From the start of the alert to `healed`; undefined for every other outcome. */
  healSeconds: number | undefined;
}

export interface RepairWindow {
  hours: number;
  repairs: number;
  outcomes: Record<Outcome, number>;
  /** From 0 to 1; null when nothing was repaired. */
  healedShare: number | null;
  timeToHealSeconds: { median: number; p90: number } | null;
}

const hourMs = 3_600_000;
const windowHours = [24, 168, 720];
/** The budget of 20 actions an hour makes 14,400 in 30 days. */
const maxRepairs = 16_384;
const carriedAtOnce = 500;

/** The repairs of the last 30 days, folded from the log's events, and carried over into every new file of the log. Bounded. */
export class RepairStats {
  #repairs: Repair[] = [];

  apply(event: IncidentEvent): void {
    if (event.type === 'verified') this.#verified(event as EventOf<'verified'>);
    if (event.type === 'relapsed') this.#relapsed(event as EventOf<'relapsed'>);
    if (event.type === 'carried' && (event as EventOf<'carried'>).kind === 'repairs')
      this.#carried((event as EventOf<'carried'>).state);
  }

  #verified({ at, incident, outcome, purpose }: EventOf<'verified'>): void {
    if (purpose !== 'repair' || !outcomes.includes(outcome)) return;
    const time = Date.parse(at);
    const healSeconds = outcome === 'healed' ? secondsSince(incident, time) : undefined;
    this.#repairs.push({ at: time, incident, outcome, healSeconds });
    if (this.#repairs.length > maxRepairs * 1.25) this.#repairs = this.#repairs.slice(-maxRepairs);
  }

  /** It had counted as healed. */
  #relapsed({ incident }: EventOf<'relapsed'>): void {
    for (let i = this.#repairs.length - 1; i >= 0; i -= 1) {
      const repair = this.#repairs[i] as Repair;
      if (repair.incident !== incident || repair.outcome !== 'healed') continue;
      this.#repairs[i] = { ...repair, outcome: 'relapsed', healSeconds: undefined };
      return;
    }
  }

  #carried(state: Record<string, unknown>): void {
    const repairs = readRepairs(state['repairs']) ?? [];
    for (const repair of repairs.slice(0, maxRepairs - this.#repairs.length)) this.#repairs.push(repair);
  }

  clear(): void {
    this.#repairs = [];
  }

  /** What a new file of the log has to say, in pieces that are short lines. */
  *snapshot(now: number): Generator<Record<string, unknown>> {
    const recent = this.#repairs.filter(({ at }) => now - at < (windowHours.at(-1) as number) * hourMs);
    for (let from = 0; from < recent.length; from += carriedAtOnce)
      yield { repairs: recent.slice(from, from + carriedAtOnce) };
  }

  windows(now: number): RepairWindow[] {
    return windowHours.map((hours) =>
      summarize(
        hours,
        this.#repairs.filter(({ at }) => now - at < hours * hourMs),
      ),
    );
  }
}

function summarize(hours: number, repairs: readonly Repair[]): RepairWindow {
  const counts = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  for (const { outcome } of repairs) counts[outcome] += 1;
  const times = repairs.flatMap(({ healSeconds }) => (healSeconds === undefined ? [] : [healSeconds]));
  times.sort((a, b) => a - b);
  return {
    hours,
    repairs: repairs.length,
    outcomes: counts,
    healedShare: repairs.length === 0 ? null : counts.healed / repairs.length,
    timeToHealSeconds: times.length === 0 ? null : { median: quantile(times, 0.5), p90: quantile(times, 0.9) },
  };
}

/** The value that so large a share of them is not above. */
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] as number;

/** An incident's id ends with the start of its alert, so the incident itself, which may be forgotten, is not needed. */
function secondsSince(incident: string, now: number): number | undefined {
  const [, start] = /-(-?[0-9a-z]+)$/.exec(incident) ?? [];
  const seconds = start === undefined ? Number.NaN : (now - Number.parseInt(start, 36)) / 1_000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

const outcomeOf = oneOf(outcomes);

const readRepairs = listOf<Repair>((value) => {
  const fields = recordOf(value);
  const [at, incident, outcome] = [finite(fields['at']), text(fields['incident']), outcomeOf(fields['outcome'])];
  if (at === undefined || incident === undefined || outcome === undefined) return undefined;
  return { at, incident, outcome, healSeconds: finite(fields['healSeconds']) };
});
