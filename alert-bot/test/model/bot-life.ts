import type { Clock } from '@stack/service-kit/clock';
import type { Logger } from '@stack/service-kit/logger';
import { type Core, createCore, type HealerOptions } from '../../src/healer/core.ts';
import { createHealer } from '../../src/healer/create-healer.ts';
import type { Healer, HealerMetrics } from '../../src/healer/healer.ts';

export interface BotLife {
  healer: Healer;
  core: Core;
  isAlive(): boolean;
  /** `kill -9`: nothing of it runs any more and no answer reaches it. What others do for it goes on. */
  kill(): void;
}

type Ports = Omit<HealerOptions, 'clock' | 'logger' | 'metrics' | 'version' | 'openLog' | 'runtime'> & {
  clock: Clock;
  openLog: (isAlive: () => boolean) => HealerOptions['openLog'];
  runtime: (isAlive: () => boolean) => HealerOptions['runtime'];
};

const silent = new Proxy({}, { get: () => () => undefined });

/** One process of the real healer, which can be killed at any moment. */
export function createBotLife({ clock, openLog, runtime, alertSource, channels, ...rest }: Ports): BotLife {
  let alive = true;
  const isAlive = () => alive;
  /** A dead process asks nothing, and no answer reaches it. */
  const whileAlive = <T>(ask: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      if (!alive) return;
      ask().then(
        (value) => alive && resolve(value),
        (error) => alive && reject(error),
      );
    });
  const engine = runtime(isAlive);
  const options: HealerOptions = {
    ...rest,
    clock: { now: clock.now, sleep: (ms, signal) => whileAlive(() => clock.sleep(ms, signal)) },
    logger: silent as Logger,
    metrics: silent as HealerMetrics,
    version: 'model',
    openLog: async (memory) => {
      const log = await whileAlive(() => openLog(isAlive)(memory));
      return { ...log, append: (events) => whileAlive(() => log.append(events)) };
    },
    runtime: {
      observe: (signal) => whileAlive(() => engine.observe(signal)),
      restart: (target, how) => whileAlive(() => engine.restart(target, how)),
      scale: (target, change, how) => whileAlive(() => engine.scale(target, change, how)),
      evidence: (service, replica) => whileAlive(() => engine.evidence(service, replica)),
      ping: () => whileAlive(() => engine.ping()),
    },
    alertSource: {
      configured: alertSource.configured,
      look: (alert, since) => whileAlive(() => alertSource.look(alert, since)),
      status: () => alertSource.status(),
      probe: () => whileAlive(() => alertSource.probe()),
    },
    channels: channels.map(({ name, deliver }) => ({
      name,
      deliver: (message, signal) => whileAlive(() => deliver(message, signal)),
    })),
  };
  const core = createCore(options);
  return {
    healer: createHealer(options, core),
    core,
    isAlive,
    kill: () => {
      alive = false;
    },
  };
}
