import { describeEvent } from './describe-event.ts';
import { timesOf } from './healing-times.ts';
import { type BotIncident, incidentsSince, lookAtAlert, queryValue } from './observe-stack.ts';
import type { End, StoryResult, Telling } from './telling.ts';

const pollMs = 400;

/** Tells what Prometheus and the bot do, until the bot has proved that it helped, or the time is up. */
export async function watchHealing(telling: Telling, deadline: number): Promise<End> {
  const { plot } = telling;
  let trouble = '';
  while (Date.now() < deadline && !telling.signal.aborted) {
    try {
      await tellAlerts(telling);
      const incidents = await tellIncidents(telling);
      if (plot.scalesBack) await tellDrained(telling);
      const end = await endOf(telling, incidents);
      if (end) return end;
    } catch (error) {
      trouble = (error as Error).message; // a part that is down for a moment comes back
    }
    await pause(pollMs);
  }
  if (telling.signal.aborted) return { problem: 'given up' };
  const waited = Math.round((Date.now() - telling.injectedAt) / 1_000);
  const last = telling.steps.at(-1)?.text ?? 'nothing happened';
  return { problem: `not healed within ${waited} s; last: ${last}${trouble ? `; ${trouble}` : ''}` };
}

export async function tellAlerts({ plot, stack, told, tell, injectedAt }: Telling): Promise<void> {
  for (const alertname of plot.alerts) {
    const { state, activeAt = 0, forSeconds } = await lookAtAlert(stack, alertname);
    if (state === 'inactive' || activeAt < injectedAt - 1_000) continue;
    const once = (word: 'pending' | 'firing', text: string, at: number) => {
      if (told.has(`${alertname} ${word}`)) return;
      told.add(`${alertname} ${word}`);
      tell(word, text, at);
    };
    once('pending', `${alertname} is pending: it fires when this lasts ${forSeconds} s`, activeAt);
    if (state === 'firing') once('firing', `${alertname} fires`, Math.max(activeAt + forSeconds * 1_000, injectedAt));
  }
}

/** The bot's log lines become steps, each once and in the order of their times. */
export async function tellIncidents({ plot, stack, told, tell, injectedAt }: Telling): Promise<BotIncident[]> {
  const incidents = await incidentsSince(stack, plot.alerts, injectedAt);
  for (const { id, alertname, timeline } of incidents)
    for (const event of timeline) {
      const key = `${id} ${event.seq}`;
      if (told.has(key)) continue;
      told.add(key);
      const step = describeEvent(event, alertname);
      if (step) tell(step.phase, step.text, Date.parse(event.at));
    }
  return incidents;
}

/** The limit of the rule WorkerBacklogHigh. */
const highBacklog = 500;

async function tellDrained({ stack, told, tell, steps }: Telling): Promise<void> {
  if (told.has('drained') || !steps.some(({ phase }) => phase === 'acted')) return;
  const backlog = await queryValue(stack, 'max(worker_backlog_transactions{job="worker"})');
  if (backlog === undefined || backlog > highBacklog) return;
  told.add('drained');
  tell('acted', `drained: ${backlog} transactions are left`);
}

async function endOf({ plot, stack, told, tell, injectedAt }: Telling, incidents: readonly BotIncident[]) {
  for (const incident of incidents) {
    const times = timesOf(incident.timeline, injectedAt);
    if (incident.timeline.some(({ type }) => type === 'escalated'))
      return { problem: 'the bot gave it to a person', incident: summaryOf(incident) };
    if (!times) continue;
    if (!told.has('healed')) {
      told.add('healed');
      const parts = `detect ${times.detect.toFixed(1)} / act ${times.act.toFixed(1)} / verify ${times.verify.toFixed(1)}`;
      tell('healed', `healed in ${times.total.toFixed(1)} s (${parts})`, injectedAt + times.total * 1_000);
    }
    if (!plot.scalesBack) return { times, incident: summaryOf(incident) };
    const back = incident.timeline.find((event) => event.type === 'verified' && event.purpose === 'on_resolved');
    const workers = await queryValue(stack, 'count(up{job="worker"} == 1)');
    if (!back || workers !== 1) continue;
    tell('back', 'back to one worker');
    return { times, incident: summaryOf(incident) };
  }
  return undefined;
}

export function summaryOf({ id, alertname, timeline }: BotIncident): NonNullable<StoryResult['incident']> {
  const attempts = timeline.filter((event) => event.type === 'acting' && event.purpose === 'repair');
  const first = attempts[0];
  const action = first?.type === 'acting' ? `${first.action.type} ${first.action.service}` : 'none';
  return { id, alertname, action, attempts: attempts.length };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
