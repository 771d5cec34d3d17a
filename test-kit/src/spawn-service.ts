import { createInterface } from 'node:readline';
import { spawnLeashed } from '@stack/db/spawn-leashed';
import { inject } from 'vitest';
import type { MemoryLimit } from './memory-limit.ts';
import { askRunServer } from './run-server.ts';

export interface ServiceExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface SpawnedService {
  url: string;
  port: number;
  pid: number;
  kill(signal?: NodeJS.Signals): void;
  exited: Promise<ServiceExit>;
  /** Lines of standard output so far: JSON where they are JSON, else `{ text }`. */
  logs: Record<string, unknown>[];
  /** SIGTERM, and SIGKILL when that does not end it within 30 s. */
  stop(): Promise<ServiceExit>;
}

export interface SpawnOptions {
  /** What follows the program on its command line: `['agent']`. */
  args?: readonly string[];
  /** Starts it inside this group: what a container's `mem_limit` does. */
  memoryLimit?: Pick<MemoryLimit, 'wrap'>;
  /** How long it may take to be `listening`, in milliseconds. */
  timeoutMs?: number;
}

/**
 * Starts a service as its image does, bundled once per run, with only `env` for an environment and a port of its own.
 * It ends with the test file's process at the latest. Resolves when it listens.
 * @throws Error with its output when it ends or takes too long before that
 */
export async function spawnService(
  name: string,
  env: Record<string, string>,
  { args = [], memoryLimit, timeoutMs = 15_000 }: SpawnOptions = {},
): Promise<SpawnedService> {
  const { path } = await askRunServer<{ path: string }>(inject('runServerUrl'), `bundle/${name}`);
  const plain = { command: process.execPath, args: [path, ...args] };
  const started = memoryLimit ? memoryLimit.wrap(plain.command, plain.args) : plain;
  const child = spawnLeashed(started.command, started.args, {
    orphanSignal: 'KILL',
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: '0', ...env },
  });
  const exited = new Promise<ServiceExit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const logs: Record<string, unknown>[] = [];
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  const listening = new Promise<{ port: number; url: string }>((resolve) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (text) => {
      const line = parse(text);
      logs.push(line);
      if (line['msg'] === 'listening') resolve(line as { port: number; url: string });
    });
  });
  const kill = (signal: NodeJS.Signals = 'SIGTERM') => void child.kill(signal);
  const failed = (why: string) =>
    new Error(`${name} ${why}:\n${errors}${logs.map((l) => JSON.stringify(l)).join('\n')}`);
  let timer: NodeJS.Timeout | undefined;
  try {
    const { port } = await Promise.race([
      listening,
      exited.then(({ code, signal }) => Promise.reject(failed(`ended with ${signal ?? code} before it listened`))),
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(failed(`did not listen within ${timeoutMs} ms`)), timeoutMs);
      }),
    ]);
    const stop = async () => {
      kill('SIGTERM');
      const killTimer = setTimeout(() => kill('SIGKILL'), 30_000);
      return exited.finally(() => clearTimeout(killTimer));
    };
    return { url: `http://127.0.0.1:${port}`, port, pid: child.pid as number, kill, exited, logs, stop };
  } catch (error) {
    kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    const line = JSON.parse(text);
    return typeof line === 'object' && line !== null ? line : { text };
  } catch {
    return { text };
  }
}
