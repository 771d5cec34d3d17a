import type { ChildProcess } from 'node:child_process';
import { spawnLeashed } from '@stack/db/spawn-leashed';
import type { Bench } from './part.ts';

export interface ServerCommand {
  name: string;
  command: readonly [string, ...string[]];
  env: Record<string, string>;
  cwd?: string;
}

export interface RunningServer {
  url: string;
  pid: number;
}

const listeningLine = /"port":(\d+)|[Ll]istening at:? http:\/\/127\.0\.0\.1:(\d+)/;

/**
 * Starts a server that says on which port it listens, in our own log line or in gunicorn's. What it prints is read through
 * a pipe and dropped, as a container engine would read it. It ends with the part.
 * @throws Error with the end of its output when it ends, or does not listen within 20 s
 */
export async function startServer(bench: Bench, { name, command, env, cwd }: ServerCommand): Promise<RunningServer> {
  const [file, ...args] = command;
  const child = spawnLeashed(file, args, {
    orphanSignal: 'KILL',
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: '0', NODE_ENV: 'production', ...env },
    cwd,
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  bench.onStop(name, () => stopProcess(child, ended));
  let output = '';
  const port = await new Promise<number>((resolve, reject) => {
    const fail = () => reject(new Error(`${name} does not listen:\n${output}`));
    const timer = setTimeout(fail, 20_000);
    void ended.then(fail);
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        output = (output + chunk).slice(-4_000);
        const [, ours, gunicorns] = listeningLine.exec(output) ?? [];
        if (!(ours ?? gunicorns)) return;
        clearTimeout(timer);
        child.stdout?.removeAllListeners('data').resume();
        child.stderr?.removeAllListeners('data').resume();
        resolve(Number(ours ?? gunicorns));
      });
  });
  return { url: `http://127.0.0.1:${port}`, pid: child.pid as number };
}

async function stopProcess(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(kill);
}
