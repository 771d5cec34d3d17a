import type { SourcedAlert, Suppression } from './alert-source.ts';
import { type AlertEntry, isOverdue, readAlerts } from './alertmanager/alert-entry.ts';
import { createKnownAlerts } from './alertmanager/known-alerts.ts';
import { readSilences, type Silence, silenceOf } from './alertmanager/silences.ts';
import { fieldOf, labelsOf, textOf } from './json.ts';
import type { Neighbour } from './neighbour.ts';
import { remembered } from './remembered.ts';
import type { AlertmanagerTestimony } from './testimony.ts';

export interface AlertmanagerSource {
  look(alert: SourcedAlert): Promise<AlertmanagerTestimony>;
}

export interface AlertmanagerSourceOptions {
  neighbour: Neighbour;
  rememberMs?: number;
  now?: () => number;
}

interface Alerts {
  entries: ReadonlyMap<string, AlertEntry>;
  /** Alertmanager's clock when it answered, in milliseconds since the epoch. */
  date: number;
  /** Of `performance.now()`. */
  answeredAt: number;
}

/**
 * Asks Alertmanager for its alerts of that name, silenced and inhibited ones too, and looks for the fingerprint. An alert that
 * is not there counts as ended only if this same process had it and it did not merely run out of time: Alertmanager forgets
 * everything at a restart, and ends alerts itself when nobody sends them any more.
 */
export function createAlertmanagerSource(options: AlertmanagerSourceOptions): AlertmanagerSource {
  const { neighbour, rememberMs = 1_000, now = () => Date.now() } = options;
  const alertsOf = remembered((name: string) => askAlerts(neighbour, name, now), rememberMs);
  const silences = remembered(() => askSilences(neighbour), rememberMs, 1);
  const startOf = remembered(() => askStart(neighbour), 5_000, 1);
  const known = createKnownAlerts();
  return {
    look: async ({ fingerprint, labels }) => {
      const asked = await alertsOf(labelsOf(labels).get('alertname') ?? '');
      if (typeof asked === 'string')
        return { state: 'unknown', suppressed: 'unknown', detail: `Alertmanager: ${asked}` };
      const ahead = asked.date - now();
      const entry = asked.entries.get(fingerprint);
      if (entry) {
        known.seen(fingerprint, { endsAt: entry.endsAt, process: await startOf('') });
        const suppressed = await suppressionOf(entry, () => silences(''), ahead);
        return { state: 'firing', overdue: isOverdue(entry, asked.date), ...(suppressed && { suppressed }) };
      }
      const [list, process] = await Promise.all([silences(''), startOf('', asked.answeredAt)]);
      const silenced = list === undefined ? 'unknown' : silenceOf(labelsOf(labels), list, ahead);
      const absence = known.absent(fingerprint, { at: asked.date, process });
      return { ...absence, ...(silenced !== undefined && { suppressed: silenced }) };
    },
  };
}

async function suppressionOf(
  { silencedBy, inhibitedBy, mutedBy }: AlertEntry,
  silences: () => Promise<readonly Silence[] | undefined>,
  ahead: number,
): Promise<Suppression | undefined> {
  if (silencedBy.length > 0) {
    const all = (await silences()) ?? [];
    const mine = all.filter(({ id }) => silencedBy.includes(id));
    const until = mine.length === silencedBy.length ? Math.max(...mine.map(({ endsAt }) => endsAt)) - ahead : undefined;
    const detail = mine.map(({ words }) => words).join('; ') || `silence ${silencedBy.join(', ')}`;
    return { by: 'silence', detail, ...(until !== undefined && Number.isFinite(until) && { until }) };
  }
  if (mutedBy.length > 0) return { by: 'silence', detail: `time interval ${mutedBy.join(', ')}` };
  return inhibitedBy.length > 0 ? { by: 'inhibition', detail: `by ${inhibitedBy.join(', ')}` } : undefined;
}

/** The reason, as text, when it did not answer. */
async function askAlerts(neighbour: Neighbour, name: string, now: () => number): Promise<Alerts | string> {
  const everything = ['active', 'silenced', 'inhibited', 'unprocessed'].map((kind) => [kind, 'true'] as const);
  const filter = ['filter', `alertname=${JSON.stringify(name)}`] as const;
  const answer = await neighbour.ask('api/v2/alerts', [filter, ...everything]);
  if (!answer.ok) return answer.error;
  const entries = readAlerts(answer.body);
  if (!entries) return 'its list of alerts is not understood';
  return { entries, date: Number.isNaN(answer.date) ? now() : answer.date, answeredAt: performance.now() };
}

async function askSilences(neighbour: Neighbour): Promise<readonly Silence[] | undefined> {
  const answer = await neighbour.ask('api/v2/silences', []);
  return answer.ok ? readSilences(answer.body) : undefined;
}

/** The start time is what tells one process of Alertmanager from the next. */
async function askStart(neighbour: Neighbour): Promise<string | undefined> {
  const answer = await neighbour.ask('api/v2/status', []);
  return answer.ok ? textOf(fieldOf(answer.body, 'uptime')) : undefined;
}
