import { ConfigError, type Env } from './config.ts';
import type { Logger } from './logger.ts';
import { costOneRequest } from './request-scope.ts';

/** Something with a life: what `createService` returns and `runMain` runs. */
export interface Service {
  logger: Logger;
  start(): Promise<void>;
  /** Resolves to the names of the steps that failed; an empty list is a clean stop. */
  stop(): Promise<readonly string[]>;
  /** Rejects when it cannot go on, for which it is stopped and the process ends with 1, so that who runs it starts it again. */
  failed?: Promise<never>;
}

export interface RunMainOptions {
  /** Loads the configuration and builds the service. @throws ConfigError */
  create(env: Env): Service | Promise<Service>;
  /** The whole stop may take this long, in milliseconds. Below compose's `stop_grace_period`, or it is killed mid-way. */
  graceMs?: number;
}

/**
 * The only place that knows signals, `process.env` and `process.exit`.
 * Exit codes: 0 stopped as asked, 1 failed, 2 configuration not usable, 128+n on a second signal.
 */
export async function runMain({ create, graceMs = 20_000 }: RunMainOptions): Promise<void> {
  let service: Service;
  try {
    service = await create(process.env);
  } catch (error) {
    return exitBeforeStart(error);
  }
  const { logger } = service;
  const stopAndExit = createStopper(service, graceMs);
  process.on('uncaughtException', (err) => endUnlessOfRequest(err, 'uncaught exception', logger));
  process.on('unhandledRejection', (err) => endUnlessOfRequest(err, 'unhandled rejection', logger));
  process.on('SIGTERM', () => stopAndExit('SIGTERM', 143));
  process.on('SIGINT', () => stopAndExit('SIGINT', 130));
  service.failed?.catch((err) => {
    logger.fatal({ err }, 'cannot go on');
    stopAndExit('failure', 1, 1);
  });
  try {
    await service.start();
  } catch (err) {
    logger.fatal({ err }, 'could not start');
    await service.stop();
    process.exit(1);
  }
}

/** An error of one request that is not answered yet costs that request. After any other the state of the process is unknown: it ends. */
function endUnlessOfRequest(err: unknown, what: string, logger: Logger): void {
  if (costOneRequest(err)) return;
  logger.fatal({ err }, what);
  process.exit(1);
}

function exitBeforeStart(error: unknown): never {
  const text = error instanceof ConfigError ? error.message : String((error as Error)?.stack ?? error);
  process.stderr.write(`${text}\n`);
  process.exit(error instanceof ConfigError ? 2 : 1);
}

function createStopper(service: Service, graceMs: number) {
  let asked = false;
  return (signal: string, forcedCode: number, goodCode = 0): void => {
    if (asked) process.exit(forcedCode);
    asked = true;
    service.logger.info({ signal }, 'stopping');
    setTimeout(() => {
      service.logger.error({ graceMs }, 'could not stop in time');
      process.exit(1);
    }, graceMs).unref();
    service.stop().then((failed) => {
      service.logger.info({ failed }, 'stopped');
      process.exit(failed.length === 0 ? goodCode : 1);
    });
  };
}
