import type { IncidentEvent } from '@stack/alert-bot/src/incidents/event.ts';
import { requestJson } from './http-json.ts';
import type { StackAccess } from './stack-access.ts';

export interface AlertView {
  state: 'inactive' | 'pending' | 'firing';
  /** When the condition became true, milliseconds since the epoch. */
  activeAt?: number;
  /** The rule's `for`, in seconds. */
  forSeconds: number;
}

interface RulesAnswer {
  data: {
    groups: {
      rules: { name: string; duration?: number; alerts?: { state: string; activeAt: string }[] }[];
    }[];
  };
}

/** What Prometheus says about an alert now: the worst of its instances. */
export async function lookAtAlert({ prometheus }: StackAccess, alertname: string): Promise<AlertView> {
  const query = new URLSearchParams({ type: 'alert', 'rule_name[]': alertname });
  const { data } = await requestJson<RulesAnswer>(`${prometheus}/api/v1/rules?${query}`);
  const rules = data.groups.flatMap((group) => group.rules).filter(({ name }) => name === alertname);
  const alerts = rules.flatMap((rule) => rule.alerts ?? []);
  const worst = alerts.find(({ state }) => state === 'firing') ?? alerts[0];
  return {
    state: (worst?.state as AlertView['state']) ?? 'inactive',
    ...(worst && { activeAt: Date.parse(worst.activeAt) }),
    forSeconds: rules[0]?.duration ?? 0,
  };
}

/** The value of an instant query, or undefined when there is none. */
export async function queryValue({ prometheus }: StackAccess, query: string): Promise<number | undefined> {
  const { data } = await requestJson<{ data: { result: { value: [number, string] }[] } }>(
    `${prometheus}/api/v1/query?${new URLSearchParams({ query })}`,
  );
  const value = Number(data.result[0]?.value[1] ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}

export interface BotIncident {
  id: string;
  alertname: string;
  outcome: string | null;
  phase: string;
  reason: string;
  startsAt: string;
  receivedAt: string;
  timeline: IncidentEvent[];
}

/** The newest incidents of these alerts that the bot received after `since`, with their timelines. */
export async function incidentsSince(
  stack: StackAccess,
  alertnames: readonly string[],
  since: number,
): Promise<BotIncident[]> {
  const { alertBot, token } = stack;
  const { items } = await requestJson<{ items: BotIncident[] }>(`${alertBot}/incidents?limit=50`, { token });
  const fresh = items.filter(
    ({ alertname, receivedAt }) => alertnames.includes(alertname) && Date.parse(receivedAt) >= since,
  );
  return Promise.all(fresh.map(({ id }) => requestJson<BotIncident>(`${alertBot}/incidents/${id}`, { token })));
}
