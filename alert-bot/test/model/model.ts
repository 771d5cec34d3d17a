import type { Delivery } from '../../src/alerts/alert.ts';
import type { IncidentEvent } from '../../src/incidents/event.ts';
import type { AlertSource } from '../../src/verify/alert-source.ts';
import { readExpression } from '../../src/verify/prometheus/expression.ts';
import { type BotLife, createBotLife } from './bot-life.ts';
import { createTruth, type Outside } from './conditions.ts';
import { createContainers } from './containers.ts';
import { createInbox } from './inbox.ts';
import { createModelClock } from './model-clock.ts';
import { createModelDisk } from './model-disk.ts';
import { type PolicyName, policies } from './policies.ts';
import { createSimulatedAlertmanager } from './simulated-alertmanager.ts';
import { createSimulatedEngine } from './simulated-engine.ts';
import { createAskedSource } from './simulated-neighbours.ts';
import { createSimulatedPrometheus } from './simulated-prometheus.ts';
import { createSimulatedSource } from './simulated-source.ts';
import { createWatch } from './watch.ts';

/** Who tells the bot about alerts: a source without faults, or the bot's own ones over the APIs of the simulated neighbours. */
export type Witness = 'ideal' | 'asked';

export const startOfRun = Date.parse('2026-01-01T00:00:00Z');

export type Model = Awaited<ReturnType<typeof createModel>>;

/** The simulated world with the real healer in it, and a watch that notes every promise that is broken. */
export async function createModel(witness: Witness = 'ideal') {
  await readExpression('up'); // loads the parser, which takes real time
  const clock = createModelClock(startOfRun);
  const outside: Outside = { databaseDown: false, load: 1 };
  const containers = createContainers(clock, () => truth.update());
  const truth = createTruth(clock, containers, outside);
  for (const [name, count, isProtected] of services) containers.add(name, count, isProtected);
  const inbox = createInbox(clock);
  const policy = { name: 'usual' as PolicyName, changedAt: Number.NEGATIVE_INFINITY };
  const deliveries = { delayMs: 0, copies: 1 };
  const disk = createModelDisk(clock, (event: IncidentEvent) => watch.written(event));
  await clock.advance(10_000);
  const prometheus = createSimulatedPrometheus(clock, truth, containers, (...alert) => alertmanager.receive(...alert));
  const alertmanager = createSimulatedAlertmanager(clock, async (delivery) => {
    if (deliveries.delayMs > 0) await clock.sleep(deliveries.delayMs);
    const taken = await Promise.all(Array.from({ length: deliveries.copies }, () => deliver(delivery)));
    return taken.every(Boolean);
  });
  const source = createSimulatedSource(clock, prometheus, alertmanager);
  const engine = createSimulatedEngine(clock, containers);
  const watch = createWatch({ clock, containers, truth, engine, disk, policy });
  const giveBack = clock.takeOver();
  let life: BotLife | undefined;
  let lives = 0;

  async function deliver(delivery: Delivery): Promise<boolean> {
    const bot = life;
    if (!bot?.isAlive()) return false;
    watch.delivered(delivery);
    try {
      watch.acknowledged(await bot.healer.intake(delivery));
      return true;
    } catch {
      return false;
    }
  }

  function startBot(): void {
    if (life) return;
    life = createBotLife({
      clock,
      openLog: (isAlive) => (memory) => disk.open(memory, isAlive),
      runtime: (isAlive) => engine.runtimeOf(isAlive, watch.engine),
      alertSource: watched(witness === 'ideal' ? source : createAskedSource(neighbours)),
      runbooks: {
        current: () => policies[policy.name],
        status: () => ({ loadedAt: startOfRun, lastError: null, count: 0 }),
        stop: () => undefined,
      },
      notifier: { notify: () => undefined },
      channels: [inbox.channelOf(++lives)],
      timing: { tickMs: 2_000, verifyPollMs: 2_000, settleMs: 10_000, expireMs: 900_000 },
    });
    void life.healer.start();
  }

  const neighbours = { clock, prometheus, alertmanager, latencyMs: () => source.latencyMs };
  const watched = (asked: AlertSource): AlertSource => ({
    ...asked,
    look: async (alert, since) => {
      const report = await asked.look(alert, since);
      watch.looked(alert, report);
      return report;
    },
  });

  startBot();
  await clock.advance(15_000);
  return {
    clock,
    changeOutside: (change: Partial<Outside>) => {
      Object.assign(outside, change);
      truth.update();
    },
    containers,
    truth,
    engine,
    prometheus,
    alertmanager,
    source,
    disk,
    inbox: inbox.messages,
    mail: inbox,
    policy,
    deliveries,
    watch,
    deliver,
    startBot,
    bot: () => life,
    killBot: (keepsUnacknowledged = false) => {
      life?.kill();
      disk.crash(keepsUnacknowledged && !disk.full);
      life = undefined;
    },
    /** As `docker stop`: ten seconds, then it is killed. */
    stopBot: () => {
      const stopping = life;
      life = undefined;
      if (!stopping) return;
      void stopping.healer.stop().then(() => stopping.kill());
      clock.after(10_000, () => {
        if (stopping.isAlive()) watch.problems.push('the bot did not stop in ten seconds');
        stopping.kill();
        disk.crash(false);
      });
    },
    giveBack,
  };
}

const services: readonly (readonly [name: string, count: number, isProtected?: boolean])[] = [
  ['api', 2],
  ['worker', 1],
  ['web', 1],
  ['closed', 1],
  ['guarded', 1, true],
  ['db', 1, true],
];
