import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '@stack/test-kit/eventually';
import { expect } from 'vitest';
import { portNames } from '../../src/config.ts';
import { askStatus, type StackStatus, socketIn } from '../../src/control-socket.ts';

const source = (name: string) => fileURLToPath(new URL(`../../src/${name}`, import.meta.url));

export interface RunningSupervisor {
  child: ChildProcess;
  directory: string;
  /** Exit code and signal, once everything that it wrote was read. */
  exited: Promise<unknown[]>;
  output(): string;
  status(): Promise<StackStatus>;
  untilReady(): Promise<StackStatus>;
}

/** A directory that PostgreSQL's user may enter. */
export async function makeDataDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'stack-test-'));
  await chmod(directory, 0o755);
  return directory;
}

/** Starts `main.ts` or `dev.ts` as a person would, on ports that are free. */
export function startSupervisor(
  script: 'main.ts' | 'dev.ts',
  directory: string,
  { args = [], env = {} }: { args?: string[]; env?: Record<string, string> } = {},
): RunningSupervisor {
  const ports = Object.fromEntries(portNames.map((name) => [name, '0']));
  const child = spawn(process.execPath, ['--import', 'tsx', source(script), ...args], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: tmpdir(),
      LOCAL_DATA_DIR: directory,
      COMPOSE_DISABLE_ENV_FILE: 'true',
      ...ports,
      ...env,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  const status = async () => {
    const seen = await askStatus(socketIn(directory, 'control.sock'));
    if (!seen) throw new Error(`no supervisor answers; it said:\n${output}`);
    return seen;
  };
  return {
    child,
    directory,
    exited: once(child, 'close'),
    output: () => output,
    status,
    untilReady: async () => {
      await eventually(() => expect(output).toContain('ready; Ctrl-C stops everything'), { timeoutMs: 60_000 });
      return status();
    },
  };
}

/** Ends it the hard way if it still runs, and removes what it kept. */
export async function clearAway(supervisor: RunningSupervisor | undefined, directory: string): Promise<void> {
  supervisor?.child.kill('SIGKILL');
  await supervisor?.exited;
  // its children go a moment after it, and may still write
  await eventually(() => rm(directory, { recursive: true, force: true }).then(() => true));
}
