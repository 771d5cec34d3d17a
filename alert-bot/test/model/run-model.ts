import { judgeEnd, judgeTold } from './judge-end.ts';
import { createModel, type Model, type Witness } from './model.ts';
import { play } from './play.ts';
import type { Step } from './steps.ts';

export interface Run {
  problems: string[];
  counts: Record<string, number>;
  story: string[];
}

const minute = 60_000;

/** Plays the steps, then lets the world become calm and looks whether the bot comes to rest, and whether it still heals. */
export async function runModel(steps: readonly Step[], witness?: Witness): Promise<Run> {
  const model = await createModel(witness);
  try {
    for (const step of steps) {
      await play(model, step);
      await model.clock.advance(0);
      if (model.watch.problems.length > 0) break;
    }
    if (model.watch.problems.length === 0) await endCalmly(model, steps.length % 2 === 1);
    const { problems, counts } = model.watch;
    return { problems, counts: { ...counts, told: model.inbox.length }, story: storyOf(model) };
  } finally {
    model.killBot();
    model.giveBack();
  }
}

async function endCalmly(model: Model, lasting: boolean): Promise<void> {
  calm(model);
  // What the engine was in the middle of comes to its end first, whatever state that leaves a container in.
  await model.clock.advance(minute / 2);
  calm(model);
  await model.clock.advance(30 * minute);
  judgeEnd(model);
  Object.assign(model.policy, { name: 'generous', changedAt: model.clock.elapsed() });
  await healsOnceMore(model);
  if (!lasting) return;
  await callsAPerson(model);
  judgeTold(model);
}

/** Nothing is wrong any more, everybody answers, and nobody forbids anything. */
function calm(model: Model): void {
  const { clock, containers, prometheus, alertmanager, engine, disk, source } = model;
  model.changeOutside({ databaseDown: false, load: 1 });
  for (const { name, replicas } of containers.services.values()) {
    containers.change(name, { external: false, neverHealthy: false, optedIn: true });
    for (const replica of replicas) {
      replica.sick = undefined;
      containers.unpause(replica);
      if (replica.state === 'exited') containers.launch(replica);
    }
  }
  containers.stopRelapses();
  for (const name of ['APIHighLatency', 'APIDown', 'WorkerBacklogHigh', 'WorkerStalled', 'WebSlow'])
    alertmanager.unsilence(name);
  // Also one that runs: after a clock that was set back its samples are out of order.
  prometheus.start();
  for (const name of containers.services.keys()) prometheus.gap(name, 0);
  if (!alertmanager.isUp()) alertmanager.start();
  Object.assign(engine, { down: false, latencyMs: 20, stopMs: 2_000 });
  engine.faults.length = 0;
  model.mail.down = false;
  source.latencyMs = 20;
  Object.assign(disk, { full: false, latencyMs: 2 });
  Object.assign(model.deliveries, { delayMs: 0, copies: 1 });
  Object.assign(model.policy, { name: 'usual', changedAt: clock.elapsed() });
  model.startBot();
}

/** A bot that does nothing keeps every promise but one. */
async function healsOnceMore(model: Model): Promise<void> {
  const { clock, containers, watch } = model;
  const healer = model.bot()?.healer;
  const released = healer?.release('api', { by: 'ops' });
  const resumed = healer?.resume({ by: 'ops' });
  await clock.advance(70_000);
  await released;
  await resumed;
  const before = watch.counts.healed;
  const replica = containers.nth('api', 0);
  if (replica) containers.sicken(replica, { curable: true });
  await clock.advance(3 * minute);
  if (watch.counts.healed === before) watch.problems.push('a curable fault on a calm day was not healed');
}

/** What no restart cures ends with a person, not with restarts. */
async function callsAPerson(model: Model): Promise<void> {
  const { clock, containers, watch, disk } = model;
  const before = disk.events.length;
  containers.change('api', { external: true });
  await clock.advance(12 * minute);
  const calls = disk.events.slice(before).filter((event) => event.type === 'escalated' && event.service === 'api');
  if (calls.length !== 1) watch.problems.push(`a lasting fault called a person ${calls.length} times`);
}

/** What the bot wrote, one line each, for reading a failure. */
function storyOf({ disk }: Model): string[] {
  return disk.events.map((event) => {
    const { v: _v, seq, at, type, incident, ...rest } = event as typeof event & Record<string, unknown>;
    return `${seq} ${at.slice(11, 23)} ${type} ${incident ?? ''} ${JSON.stringify(rest).slice(0, 200)}`;
  });
}
