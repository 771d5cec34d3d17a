import type { IncidentEvent } from '@stack/alert-bot/src/incidents/event.ts';
import { describeEvent, type StoryPhase } from './describe-event.ts';
import { requestJson } from './http-json.ts';
import { type BotIncident, incidentsSince, lookAtAlert, queryValue } from './observe-stack.ts';
import { type Scenario, type ScenarioName, scenarios } from './scenarios.ts';
import type { StackAccess } from './stack-access.ts';

export interface StoryStep {
  /** Milliseconds since the epoch. */
  at: number;
  phase: StoryPhase;
  text: string;
}

export interface HealingTimes {
  /** From the fault to the bot's receipt of the alert, in seconds. */
  detect: number;
  /** From there to the end of the action. */
  act: number;
  /** From there to the proof that it helped. */
  verify: number;
  total: number;
}

export interface StoryResult {
  scenario: ScenarioName;
  title: string;
  injectedAt: number;
  endedAt: number;
  healed: boolean;
  times?: HealingTimes;
  steps: StoryStep[];
  /** What the bot did, as it is in its log. */
  incident?: { id: string; alertname: string; action: string; attempts: number };
  /** Why it counts as not healed. */
  problem?: string;
}

export interface StoryOptions {
  stack: StackAccess;
  scenario: ScenarioName;
  onStep: (step: StoryStep) => void;
  signal: AbortSignal;
}

/** What a whole story may take, beyond the rule's own `for`, in milliseconds. */
const patience = { fast: 120_000, real: 600_000 };
const pollMs = 400;

interface Telling extends StoryOptions {
  plot: Scenario;
  injectedAt: number;
  steps: StoryStep[];
  told: Set<string>;
  tell(phase: StoryPhase, text: string, at?: number): void;
}

/** Breaks something and watches until the bot has healed it, or its time is up. */
export async function tellStory(options: StoryOptions): Promise<StoryResult> {
  const { stack, scenario } = options;
  const plot: Scenario = scenarios[scenario];
  const { forSeconds } = plot.alerts[0] ? await lookAtAlert(stack, plot.alerts[0]) : { forSeconds: 0 };
  const telling = begin(options, plot);
  await inject(telling, forSeconds);
  const deadline = Date.now() + forSeconds * 1_500 + patience[stack.fast ? 'fast' : 'real'];
  const end = plot.comesBackByItself ? await watchComeback(telling, deadline) : await watchHealing(telling, deadline);
  if ('problem' in end) telling.tell('failed', end.problem);
  return {
    scenario,
    title: plot.title,
    injectedAt: telling.injectedAt,
    endedAt: Date.now(),
    healed: !('problem' in end),
    steps: telling.steps,
    ...end,
  };
}

type End =
  | Pick<StoryResult, 'times' | 'incident'>
  | { problem: string; incident?: NonNullable<StoryResult['incident']> };

function begin(options: StoryOptions, plot: Scenario): Telling {
  const steps: StoryStep[] = [];
  const tell = (phase: StoryPhase, text: string, at = Date.now()) => {
    const step = { at, phase, text };
    steps.push(step);
    options.onStep(step);
  };
  return { ...options, plot, injectedAt: Date.now(), steps, told: new Set(), tell };
}

async function inject(telling: Telling, forSeconds: number): Promise<void> {
  const { plot, stack } = telling;
  const body = plot.body({ forSeconds, fast: stack.fast });
  const count = 'burst' in body ? ` (${body['burst']})` : '';
  telling.injectedAt = Date.now();
  telling.tell('injected', `${plot.injecting}${count}`, telling.injectedAt);
  if (plot.service === 'worker' && !plot.scalesBack) return stack.breakWorker(body);
  await requestJson(`${stack.api}/faults`, { method: 'PUT', body, timeoutMs: 15_000 });
}

/** A crash: the supervisor (or Docker) starts the process again, no alert is needed. */
async function watchComeback(telling: Telling, deadline: number): Promise<End> {
  const isUp = () =>
    fetch(`${telling.stack.api}/health`, { signal: AbortSignal.timeout(1_000) }).then(
      ({ ok }) => ok,
      () => false,
    );
  let downAt: number | undefined;
  while (Date.now() < deadline && !telling.signal.aborted) {
    const up = await isUp();
    if (!up && downAt === undefined) {
      downAt = Date.now();
      telling.tell('firing', 'the API does not answer any more');
    }
    if (up && downAt !== undefined) {
      const total = (Date.now() - telling.injectedAt) / 1_000;
      const who = telling.stack.kind === 'local' ? 'the supervisor' : 'Docker';
      telling.tell('healed', `${who} started it again: back after ${total.toFixed(1)} s, without any alert`);
      const detect = (downAt - telling.injectedAt) / 1_000;
      return { times: { detect, act: total - detect, verify: 0, total } };
    }
    await pause(50);
  }
  return { problem: downAt === undefined ? 'the API did not die' : 'the API did not come back' };
}

async function watchHealing(telling: Telling, deadline: number): Promise<End> {
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

async function tellAlerts({ plot, stack, told, tell, injectedAt }: Telling): Promise<void> {
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
async function tellIncidents({ plot, stack, told, tell, injectedAt }: Telling): Promise<BotIncident[]> {
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

/** From the log of one incident; undefined until it is healed. */
export function timesOf(timeline: readonly IncidentEvent[], injectedAt: number): HealingTimes | undefined {
  const at = (event: IncidentEvent | undefined) => (event ? Date.parse(event.at) : Number.NaN);
  const received = at(timeline.find(({ type }) => type === 'received'));
  const healed = timeline.find(
    (event) => event.type === 'verified' && event.outcome === 'healed' && event.purpose === 'repair',
  );
  const acted = at(
    timeline.findLast((event) => event.type === 'acted' && event.ok && Date.parse(event.at) <= at(healed)),
  );
  const seconds = { detect: received - injectedAt, act: acted - received, verify: at(healed) - acted };
  if (Object.values(seconds).some(Number.isNaN)) return undefined;
  return {
    detect: seconds.detect / 1_000,
    act: seconds.act / 1_000,
    verify: seconds.verify / 1_000,
    total: (at(healed) - injectedAt) / 1_000,
  };
}

function summaryOf({ id, alertname, timeline }: BotIncident): NonNullable<StoryResult['incident']> {
  const attempts = timeline.filter((event) => event.type === 'acting' && event.purpose === 'repair');
  const first = attempts[0];
  const action = first?.type === 'acting' ? `${first.action.type} ${first.action.service}` : 'none';
  return { id, alertname, action, attempts: attempts.length };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
