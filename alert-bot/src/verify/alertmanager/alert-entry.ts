import { fieldOf, textOf, textsOf } from '../json.ts';

/** An alert as Alertmanager's API lists it. */
export interface AlertEntry {
  /** When it ends without a further word from its sender, in milliseconds since the epoch. */
  endsAt: number;
  /** When it was last sent. */
  updatedAt: number;
  silencedBy: readonly string[];
  inhibitedBy: readonly string[];
  /** Time intervals of its routes that are muted now (Alertmanager 0.28 and later). */
  mutedBy: readonly string[];
}

/** By fingerprint. Undefined when it is no such list. */
export function readAlerts(body: unknown): Map<string, AlertEntry> | undefined {
  if (!Array.isArray(body)) return undefined;
  const entries = new Map<string, AlertEntry>();
  for (const alert of body as readonly unknown[]) {
    const fingerprint = textOf(fieldOf(alert, 'fingerprint'));
    if (fingerprint === undefined) return undefined;
    const status = fieldOf(alert, 'status');
    entries.set(fingerprint, {
      endsAt: Date.parse(textOf(fieldOf(alert, 'endsAt')) ?? ''),
      updatedAt: Date.parse(textOf(fieldOf(alert, 'updatedAt')) ?? ''),
      silencedBy: textsOf(fieldOf(status, 'silencedBy')),
      inhibitedBy: textsOf(fieldOf(status, 'inhibitedBy')),
      mutedBy: textsOf(fieldOf(status, 'mutedBy')),
    });
  }
  return entries;
}

const slackMs = 5_000;

/**
 * Nobody has sent it for longer than its sender does while it fires: Prometheus sends an alert four times within the time that
 * it gives it. `now`: of Alertmanager's clock.
 */
export const isOverdue = ({ endsAt, updatedAt }: AlertEntry, now: number): boolean =>
  now - updatedAt > ((endsAt - updatedAt) / 4) * 1.25 + slackMs;
