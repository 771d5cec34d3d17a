import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Sample } from '../../interleave.ts';
import type { BotEvents } from './bot-events.ts';
import { isHealthyAnew, stateOf } from './engine.ts';
import type { HealStack } from './stack.ts';
import { answersAnew, until } from './until.ts';

export interface HealSample extends Sample {
  /** Until `/health` answers 200 from the new process. */
  servesMs: number;
  /** Until whoever restarted it knows that the engine calls it healthy. */
  knownHealthyMs: number;
}

const run = promisify(execFile);

/** A person's way: `docker restart`, then asking the engine until it is healthy. */
export async function byHand({ apiUrl, apiContainer }: HealStack): Promise<HealSample> {
  const { StartedAt } = await rested(apiContainer);
  const since = performance.now();
  const elapsed = () => performance.now() - since;
  const known = run('docker', ['restart', apiContainer])
    .then(() => until('healthy after docker restart', () => isHealthyAnew(apiContainer, StartedAt)))
    .then(elapsed);
  const serves = until('served after docker restart', () => answersAnew(apiUrl, since)).then(elapsed);
  const [servesMs, knownHealthyMs] = await Promise.all([serves, known]);
  return { servesMs, knownHealthyMs };
}

/** The bot's way: a webhook, until its log says that the action is done and left the target healthy with a new start time. */
export async function byBot({ apiUrl, botUrl, apiContainer }: HealStack, events: BotEvents): Promise<HealSample> {
  await rested(apiContainer);
  const alert = { labels: { alertname: 'Measured', service: 'api' }, startsAt: new Date().toISOString() };
  const acted = events.next('acted', ({ type }) => type === 'acted');
  const since = performance.now();
  const elapsed = () => performance.now() - since;
  const serves = postAlert(botUrl, 'firing', alert)
    .then(() => until('served after the webhook', () => answersAnew(apiUrl, since)))
    .then(elapsed);
  const known = acted.then(({ ok }) => {
    if (!ok) throw new Error('the bot could not restart the api');
    return elapsed();
  });
  const [servesMs, knownHealthyMs] = await Promise.all([serves, known]);
  const verified = events.next('verified', ({ type }) => type === 'verified');
  await postAlert(botUrl, 'resolved', { ...alert, endsAt: new Date().toISOString() });
  const { outcome } = await verified;
  if (outcome !== 'healed') throw new Error(`the bot did not heal the api: ${outcome}`);
  return { servesMs, knownHealthyMs };
}

async function postAlert(botUrl: string, status: 'firing' | 'resolved', alert: object): Promise<void> {
  const response = await fetch(`${botUrl}/alert`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ version: '4', status, receiver: 'bench', alerts: [{ status, annotations: {}, ...alert }] }),
  });
  if (!response.ok) throw new Error(`the bot refused the alert: ${response.status} ${await response.text()}`);
}

/** The container healthy and at rest, and the bot's cooldown of a second over: every sample begins alike. */
async function rested(container: string): Promise<{ StartedAt: string }> {
  await until('healthy before a sample', async () => (await stateOf(container)).Health?.Status === 'healthy');
  await sleep(1_500);
  return stateOf(container);
}
