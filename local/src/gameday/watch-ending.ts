import { setTimeout as sleep } from 'node:timers/promises';
import { requestJson } from '../demo/http-json.ts';
import type { BotIncident } from '../demo/observe-stack.ts';
import type { StackAccess } from '../demo/stack-access.ts';
import type { Telling } from '../demo/telling.ts';
import { tellAlerts, tellIncidents } from '../demo/watch-healing.ts';

/** What was seen at the end of an exercise. */
export interface Seen {
  /** The ending that happened, or why it is none. */
  outcome: string;
  alert?: string;
  attempts?: number;
  action?: string;
  detect?: number;
  act?: number;
  total?: number;
}

const pollMs = 400;

/** So long after the bot heard of it nothing may have been touched. */
const restraintMs = { fast: 8_000, shipped: 45_000 };

/** A fault that is for a person: the bot hears of it, people hear of it, and nothing is restarted or scaled because of it. */
export async function watchForPerson(telling: Telling, deadline: number): Promise<Seen> {
  const { stack, signal, injectedAt } = telling;
  let heard: BotIncident | undefined;
  for (; !heard && Date.now() < deadline && !signal.aborted; await pause(pollMs)) {
    const incidents = await look(telling);
    heard = incidents.find(({ phase }) => phase !== 'resolved');
  }
  if (!heard) return { outcome: signal.aborted ? 'interrupted' : 'no alert fired' };
  const { alertname } = heard;
  const detect = (Date.parse(heard.receivedAt) - injectedAt) / 1_000;
  const seen = { alert: alertname, detect, total: detect };
  const until = Date.now() + restraintMs[stack.fast ? 'fast' : 'shipped'];
  for (; Date.now() < until && !signal.aborted; await pause(pollMs)) {
    await look(telling);
    const touched = await actionsSince(stack, injectedAt);
    if (touched.length > 0) return { ...seen, outcome: `the bot did not leave it to a person: ${touched[0]}` };
  }
  if (signal.aborted) return { ...seen, outcome: 'interrupted' };
  const audible = await isAudible(stack, alertname);
  return { ...seen, action: 'none', attempts: 0, outcome: audible ? 'for a person' : `${alertname} is silenced` };
}

/** The bot tries, and stops trying: the incident is escalated once, and the service is in quarantine. */
export async function watchGivenUp(telling: Telling, deadline: number): Promise<Seen> {
  const { signal, injectedAt } = telling;
  for (; Date.now() < deadline && !signal.aborted; await pause(pollMs)) {
    for (const { alertname, receivedAt, timeline } of await look(telling)) {
      const calls = timeline.filter(({ type }) => type === 'escalated');
      const [call] = calls;
      if (!call) continue;
      const attempts = timeline.filter((event) => event.type === 'acting' && event.purpose === 'repair').length;
      const times = {
        detect: (Date.parse(receivedAt) - injectedAt) / 1_000,
        total: (Date.parse(call.at) - injectedAt) / 1_000,
      };
      const seen = { alert: alertname, attempts, action: `restart ${telling.plot.service}`, ...times };
      return { ...seen, outcome: calls.length === 1 ? 'given up' : `a person was called ${calls.length} times` };
    }
  }
  return { outcome: signal.aborted ? 'interrupted' : 'the bot did not give up' };
}

async function look(telling: Telling): Promise<BotIncident[]> {
  try {
    await tellAlerts(telling);
    return await tellIncidents(telling);
  } catch {
    return []; // a part that is down for a moment comes back
  }
}

interface Listed {
  id: string;
  alertname: string;
  receivedAt: string;
}

/** What the bot did since then, whatever the alert. */
export async function actionsSince({ alertBot, token }: StackAccess, since: number): Promise<string[]> {
  const { items } = await requestJson<{ items: Listed[] }>(`${alertBot}/incidents?limit=20`, { token });
  const incidents = await Promise.all(
    items.map(({ id }) => requestJson<BotIncident>(`${alertBot}/incidents/${id}`, { token })),
  );
  return incidents.flatMap(({ alertname, timeline }) =>
    timeline
      .filter(({ type, at }) => type === 'acting' && Date.parse(at) >= since)
      .map((event) =>
        event.type === 'acting' ? `${event.action.type} ${event.action.service} because of ${alertname}` : '',
      ),
  );
}

/** Whether people would hear of it: Alertmanager has it, neither silenced nor inhibited. */
async function isAudible({ alertmanager }: StackAccess, alertname: string): Promise<boolean> {
  const query = new URLSearchParams({ filter: `alertname="${alertname}"`, silenced: 'false', inhibited: 'false' });
  return (await requestJson<unknown[]>(`${alertmanager}/api/v2/alerts?${query}`)).length > 0;
}

const pause = (ms: number) => sleep(ms);
