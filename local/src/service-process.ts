import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { spawnLeashed } from '@stack/db/spawn-leashed';
import type { Logger } from '@stack/service-kit/logger';
import { eachLine, printLine, readable } from './log-lines.ts';

export interface ServiceProcessOptions {
  name: string;
  /** The bundle to run. */
  script: string;
  env: NodeJS.ProcessEnv;
  logger: Logger;
}

export interface ServiceProcess {
  url: string;
  /** SIGTERM; resolves when the process is gone. */
  stop(): Promise<void>;
}

/** Compose waits as long, `stop_grace_period`, before it kills. */
const graceMs = 15_000;
const restartDelayMs = 1_000;

/**
 * Runs a service and prints its log with its name in front. Like compose's `restart: unless-stopped`: when it ends by
 * itself, it is started again after a second.
 * @throws Error when it ends before it listens
 */
export async function startServiceProcess(options: ServiceProcessOptions): Promise<ServiceProcess> {
  const { name, logger } = options;
  let isStopping = false;
  let timer: NodeJS.Timeout | undefined;
  let child = spawnService(options);
  const keepAlive = () => {
    child.once('exit', (code, signal) => {
      if (isStopping) return;
      logger.warn({ name, code, signal }, 'a service ended; it is started again');
      timer = setTimeout(() => {
        child = spawnService(options);
        keepAlive();
      }, restartDelayMs);
    });
  };
  const url = await untilListening(child, name);
  keepAlive();
  return {
    url,
    stop: async () => {
      isStopping = true;
      clearTimeout(timer);
      await stopChild(child);
    },
  };
}

function spawnService({ name, script, env }: ServiceProcessOptions): ChildProcess {
  const child = spawnLeashed(process.execPath, ['--enable-source-maps', script], { orphanSignal: 'KILL', env });
  const print = (line: string) => printLine(name, readable(line));
  eachLine(child.stdout as Readable, print);
  eachLine(child.stderr as Readable, print);
  return child;
}

function untilListening(child: ChildProcess, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    eachLine(child.stdout as Readable, (line) => {
      if (line.includes('"msg":"listening"')) resolve(JSON.parse(line).url);
    });
    child.once('exit', (code, signal) => reject(new Error(`${name} ended (${signal ?? code}) before it listened`)));
  });
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await gone;
  clearTimeout(timer);
}
