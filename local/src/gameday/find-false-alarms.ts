import { requestJson } from '../demo/http-json.ts';
import type { StackAccess } from '../demo/stack-access.ts';
import type { Exercise } from './exercise.ts';

/** What follows from repairing much within an hour, is plumbing, or speaks of the machine: it says nothing about the fault. */
const expectedAnyway = /^(Watchdog|AlertBotEscalated|AlertBotQuarantined|Host\w+)$/;

/** The alerts that have fired since then and are neither meant nor another face of the fault. */
export async function findFalseAlarms(
  { prometheus }: StackAccess,
  { alerts, faces }: Pick<Exercise, 'alerts' | 'faces'>,
  since: number,
): Promise<string[]> {
  const seconds = Math.max(1, Math.ceil((Date.now() - since) / 1_000));
  const fired = await alertsIn(prometheus, `max_over_time(ALERTS{alertstate="firing"}[${seconds}s])`);
  const before = await alertsIn(prometheus, `ALERTS{alertstate="firing"}`, since / 1_000);
  const meant = [...alerts, ...faces, ...before];
  return fired.filter((name) => !meant.includes(name) && !expectedAnyway.test(name)).sort();
}

async function alertsIn(prometheus: string, selector: string, time?: number): Promise<string[]> {
  const query = `group by (alertname) (${selector})`;
  const { data } = await requestJson<{ data: { result: { metric: Record<string, string> }[] } }>(
    `${prometheus}/api/v1/query?${new URLSearchParams({ query, ...(time !== undefined && { time: String(time) }) })}`,
  );
  return data.result.flatMap(({ metric }) => metric['alertname'] ?? []);
}
