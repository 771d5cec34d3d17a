import type { Alert } from '../alerts/alert.ts';

/** An alert that the healer was told of. Times in milliseconds since the epoch, by our clock. */
export interface ToldAlert {
  alert: Alert;
  /** The container that it is about; undefined after a restart of the bot, until one is found. */
  containerId?: string | undefined;
  /** It began so soon after the one before it that its end has to last before it is told. */
  isFlapping: boolean;
  /** Since when its condition is over without a break. */
  overSince?: number;
}

/** Which alerts of the engine fire, as the healer knows them. */
export interface ToldAlerts {
  get(fingerprint: string): ToldAlert | undefined;
  begin(alert: Alert, containerId: string | undefined, now: number): void;
  /** Notes whether the condition is over; true when its end is to be told now. */
  isOver(fingerprint: string, isConditionOver: boolean, now: number): boolean;
  end(fingerprint: string, now: number): void;
  all(): Iterable<ToldAlert>;
  /** It was told, and is over by now. */
  hasEnded(fingerprint: string): boolean;
}

/** How many ended alerts are remembered. */
const maxEnded = 5_000;

/** @param holdMs an alert that comes back so soon flaps: its end must last as long before it is told */
export function createToldAlerts(holdMs: number): ToldAlerts {
  const told = new Map<string, ToldAlert>();
  const ended = new Map<string, number>();
  return {
    get: (fingerprint) => told.get(fingerprint),
    begin: (alert, containerId, now) => {
      const endedAt = ended.get(alert.fingerprint);
      const isFlapping = endedAt !== undefined && Math.abs(now - endedAt) < holdMs;
      told.set(alert.fingerprint, { alert, containerId, isFlapping });
    },
    isOver: (fingerprint, isConditionOver, now) => {
      const one = told.get(fingerprint);
      if (!one) return false;
      if (!isConditionOver) delete one.overSince;
      else one.overSince ??= now;
      return one.overSince !== undefined && (!one.isFlapping || Math.abs(now - one.overSince) >= holdMs);
    },
    end: (fingerprint, now) => {
      told.delete(fingerprint);
      ended.delete(fingerprint);
      ended.set(fingerprint, now);
      const [oldest] = ended.keys();
      if (ended.size > maxEnded && oldest !== undefined) ended.delete(oldest);
    },
    all: () => told.values(),
    hasEnded: (fingerprint) => ended.has(fingerprint),
  };
}
