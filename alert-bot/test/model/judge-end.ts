import { inFlight } from '../../src/incidents/incident.ts';
import type { Model } from './model.ts';
import { policies } from './policies.ts';

/** After the world has been calm for long: nothing is stuck, nothing is claimed, nothing is kept, everything was told once. */
export function judgeEnd(model: Model): void {
  const problems = model.watch.problems;
  const core = model.bot()?.core;
  if (!core) {
    problems.push('the bot is not there at the end');
    return;
  }
  for (const { id, phase, reason, status, labels, runbook } of core.history.open()) {
    // Left to a person, who has been called: also what is to be scaled back.
    const service = policies.usual.runbooks.find(({ name }) => name === runbook)?.target;
    if (phase === 'waiting' && core.history.target(service ?? '').quarantinedAt !== undefined) continue;
    const what = `${labels['alertname']} ${id} is ${phase}, ${reason}, ${status}`;
    problems.push(`no state without a timer: ${what} after half an hour of calm`);
  }
  for (const { target, active } of core.history.targets()) {
    const claims = active === undefined ? undefined : core.history.incident(active);
    if (active !== undefined && !(claims && inFlight(claims))) problems.push(`${target} is claimed by ${active}`);
  }
  for (const id of core.lookAgain.keys())
    if (!core.history.isOpen(id)) problems.push(`lookAgain keeps ${id}, which is not open`);
  for (const fingerprint of core.heard.keys())
    if (!core.history.openIncidentOf(fingerprint)) problems.push(`heard keeps ${fingerprint}, which is not open`);
  if (core.acting.size > 0) problems.push(`${core.acting.size} actions under way, and nothing acts`);
  if (core.history.bot().queued !== 0) problems.push(`${core.history.bot().queued} queued, and nobody waits`);
  judgeTold(model);
}

/** Every call for a person reached one, and only a bot that was killed before it could write so tells it a second time. */
export function judgeTold({ disk, inbox, watch }: Model): void {
  const told = new Map<string, number[]>();
  for (const { life, keys } of inbox) for (const key of keys) told.set(key, [...(told.get(key) ?? []), life]);
  for (const event of disk.events) {
    if (!('tell' in event) || event.incident === null) continue;
    const lives = told.get(`${event.incident} ${Date.parse(event.at)}`) ?? [];
    const what = `what a person must hear: ${event.type} ${event.incident}`;
    if (lives.length === 0) watch.problems.push(`${what} was never told`);
    if (new Set(lives).size < lives.length) watch.problems.push(`${what} was told ${lives.length} times`);
  }
}
