import { requestJson } from '../demo/http-json.ts';
import type { StackAccess } from '../demo/stack-access.ts';
import type { Exercise } from './exercise.ts';

/** What follows from repairing much within an hour, or is plumbing: it says nothing about the fault. */
const expectedAnyway = ['Watchdog', 'AlertBotEscalated', 'AlertBotQuarantined'];

/** The alerts that have fired since then and are neither meant nor another face of the fault. */
export async function findFalseAlarms(
  { prometheus }: StackAccess,
  { alerts, faces }: Pick<Exercise, 'alerts' | 'faces'>,
  since: number,
): Promise<string[]> {
  const seconds = Math.max(1, Math.ceil((Date.now() - since) / 1_000));
  const query = `group by (alertname) (max_over_time(ALERTS{alertstate="firing"}[${seconds}s]))`;
  const { data } = await requestJson<{ data: { result: { metric: Record<string, string> }[] } }>(
    `${prometheus}/api/v1/query?${new URLSearchParams({ query })}`,
  );
  const fired = data.result.flatMap(({ metric }) => metric['alertname'] ?? []);
  return fired.filter((name) => ![...alerts, ...faces, ...expectedAnyway].includes(name)).sort();
}
