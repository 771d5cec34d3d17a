import type { IncidentSummary } from '../../alert-bot/src/healer/healer.ts';
import type { IncidentEvent } from '../../alert-bot/src/incidents/event.ts';
import { eventually } from './eventually.ts';
import { requestJson } from './http-json.ts';
import { runCommand } from './run-command.ts';
import type { Stack } from './stack.ts';
import { waitForHealth } from './wait-for-health.ts';

/** A request to the bot, with the token when this stack has one. */
export function askBot<Body = unknown>(
  stack: Stack,
  path: string,
  { method = 'GET', body }: { method?: string; body?: unknown } = {},
) {
  return requestJson<Body>(stack.alertBot + path, { method, body, token: stack.description.env['ALERT_BOT_TOKEN'] });
}

/** The bot's incidents of one alert, newest first. */
export async function incidentsOf(stack: Stack, alertname: string): Promise<IncidentSummary[]> {
  const { body } = await askBot<{ items: IncidentSummary[] }>(stack, `/incidents?limit=500&alertname=${alertname}`);
  return body.items;
}

/** Every line of the incident log, oldest first, read from the volume: also while the bot is down. */
export async function readIncidentLog(stack: Stack): Promise<IncidentEvent[]> {
  const log = await withIncidentVolume(stack, 'cat /log/incident_log.jsonl 2>/dev/null || true');
  return log
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as IncidentEvent);
}

/**
 * A bot without a past: no cooldown, attempt or quarantine of an earlier scenario decides this one. Waits until no alert fires any more,
 * because a fresh bot would take an old alert for a new one.
 */
export async function startFreshBot(stack: Stack): Promise<void> {
  await stack.compose('stop', 'alert-bot');
  await withIncidentVolume(stack, 'rm -rf /log/*');
  await stack.compose('start', 'alert-bot');
  await waitForHealth(stack, 'alert-bot', 30_000);
}

/** Runs a shell line on the incident log's volume, in the user and group of the bot. */
function withIncidentVolume(stack: Stack, line: string): Promise<string> {
  const volume = `${stack.name}_incident-log:/log`;
  return runCommand('docker', [
    'run',
    '--rm',
    '-v',
    volume,
    '--entrypoint',
    'sh',
    `${stack.name}-alert-bot`,
    '-c',
    line,
  ]);
}

/** Waits for the newest incident of an alert, or of one of several, to satisfy `check`. */
export function eventuallyIncident(
  stack: Stack,
  alertname: string | readonly string[],
  check: (incident: IncidentSummary) => boolean,
  timeoutMs: number,
  intervalMs?: number,
): Promise<IncidentSummary> {
  return eventually(
    async () => {
      const lists = await Promise.all([alertname].flat().map((name) => incidentsOf(stack, name)));
      const newest = lists.flatMap(([incident]) => incident ?? []);
      if (newest.length === 0) throw new Error(`the bot knows no incident of ${alertname}`);
      const wanted = newest.find(check);
      if (!wanted) throw new Error(`the incident is ${JSON.stringify(newest)}`);
      return wanted;
    },
    { timeoutMs, ...(intervalMs && { intervalMs }) },
  );
}
