import type { ChildProcess } from 'node:child_process';
import { childPids } from './child-pids.ts';
import type { ClusterFiles } from './cluster-files.ts';
import { spawnLeashed } from './spawn-leashed.ts';

export interface ServerProcess {
  /** Resolves when the process is gone. */
  ended: Promise<void>;
  hasEnded(): boolean;
  /** To the server itself; a process that is gone is left alone. */
  signal(signal: NodeJS.Signals): void;
  /** To the server and all its children, the server first. */
  signalAll(signal: NodeJS.Signals): Promise<void>;
}

export interface ServerOptions {
  files: ClusterFiles;
  settings: Record<string, string>;
  onLog?: ((line: string) => void) | undefined;
}

/**
 * Starts the server; resolves when it accepts connections.
 * @throws Error with the last lines of its log when it ends instead
 */
export async function startServerProcess({ files, settings, onLog }: ServerOptions): Promise<ServerProcess> {
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawnLeashed(files.binaries.postgres, ['-D', files.dataDirectory, ...flags], {
    orphanSignal: 'QUIT',
    removeDirectory: files.workDirectory, // a data directory that was given is elsewhere
    cwd: files.workDirectory,
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    uid: files.user?.uid,
    gid: files.user?.gid,
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await untilReady(child, onLog);
  return controls(child, ended);
}

function controls(child: ChildProcess, ended: Promise<void>): ServerProcess {
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const signal = (name: NodeJS.Signals) => void child.kill(name);
  return {
    ended,
    hasEnded,
    signal,
    signalAll: async (name) => {
      if (hasEnded() || child.pid === undefined) return;
      const children = await childPids(child.pid);
      signal(name);
      for (const pid of children) tryKill(pid, name);
    },
  };
}

function tryKill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // gone already
  }
}

/** Reads the server's log for as long as it runs; resolves at the line that says that it is ready. */
function untilReady(child: ChildProcess, onLog: ((line: string) => void) | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const lastLines: string[] = [];
    let rest = '';
    child.stdout?.resume();
    child.stderr?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        onLog?.(line);
        lastLines.push(line);
        if (lastLines.length > 20) lastLines.shift();
        if (line.includes('database system is ready to accept connections')) resolve();
      }
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      reject(new Error(`PostgreSQL ended (${signal ?? code}):\n${[...lastLines, rest].join('\n')}`));
    });
  });
}
