import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { spawnLeashed } from '@stack/db/spawn-leashed';
import { assertPortsFree } from '../assert-ports-free.ts';
import { loadLocalConfig, type Ports, portNames } from '../config.ts';
import { askStatus, socketIn } from '../control-socket.ts';
import { localDirectory } from '../local-directory.ts';
import { eachLine } from '../log-lines.ts';
import { connectLocal, type StackAccess } from './stack-access.ts';

const supervisor = fileURLToPath(new URL('../main.ts', import.meta.url));

export interface OwnStack extends StackAccess {
  stop(): Promise<void>;
}

/**
 * Starts a stack for the time of the demo: with a fresh memory, on the usual ports when they are free and on any others when
 * not. It does not outlive us.
 * @throws Error with what the supervisor said when it does not start
 */
export async function startOwnStack(
  { fast, env }: { fast: boolean; env: NodeJS.ProcessEnv },
  tell: (line: string) => void,
): Promise<OwnStack> {
  const directory = join(await localDirectory(env['LOCAL_DATA_DIR'] || undefined), 'demo');
  const other = await askStatus(socketIn(directory, 'control.sock'));
  if (other) throw new Error(`Another demo of this clone runs already (its stack is process ${other.pid}).`);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const args = ['--import', 'tsx', supervisor, '--quiet', ...(fast ? ['--fast'] : [])];
  const ports = await usablePorts(env);
  const child = spawnLeashed(process.execPath, args, {
    orphanSignal: 'TERM',
    env: { ...env, ...ports, LOCAL_DATA_DIR: directory },
  });
  const said: string[] = [];
  let isReady = false; // from then on the story tells what happens
  for (const stream of [child.stdout, child.stderr])
    eachLine(stream as Readable, (line) => {
      said.push(line);
      if (line.trim() !== '' && !isReady) tell(line);
    });
  const stop = () => stopChild(child);
  try {
    const stack = await untilReady(child, directory, said, env);
    isReady = true;
    return { ...stack, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Those of the environment and the usual ones, or any free ones when one of them is taken. */
async function usablePorts(env: NodeJS.ProcessEnv): Promise<Record<string, string>> {
  const config = loadLocalConfig(env);
  const wanted = portNames.filter((name) => config[name] !== 0).map((name) => [name, config[name]]);
  const ports = Object.fromEntries(wanted) as Partial<Ports>;
  const areFree = await assertPortsFree({ BIND_ADDRESS: config.BIND_ADDRESS, ...ports }).then(
    () => true,
    () => false,
  );
  return areFree ? {} : Object.fromEntries(portNames.map((name) => [name, '0']));
}

async function untilReady(
  child: ChildProcess,
  directory: string,
  said: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<StackAccess> {
  for (;;) {
    const stack = await connectLocal(directory, env);
    if (stack) return stack;
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the stack did not start:\n${said.slice(-20).join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const tooLong = setTimeout(() => child.kill('SIGKILL'), 60_000);
  await gone;
  clearTimeout(tooLong);
}
