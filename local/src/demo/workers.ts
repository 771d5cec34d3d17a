import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { repository } from '../render-configuration.ts';
import { requestJson } from './http-json.ts';

/** What `/faults` answers. */
export interface FaultReport {
  active: Record<string, unknown>;
  until: string | null;
}

/** One replica of the worker, and the way to its `/faults`. */
export interface WorkerAccess {
  name: string;
  faults(method: 'GET' | 'PUT' | 'DELETE', body?: Record<string, unknown>): Promise<FaultReport>;
  /** Kills its process, where that is known. */
  kill?(): Promise<void>;
}

/** Workers that publish a port; `pidOf` knows the processes of this machine. */
export const workersAt = (
  urls: readonly string[],
  pidOf: (url: string) => number | undefined = () => undefined,
): WorkerAccess[] =>
  urls.map((url) => {
    const pid = pidOf(url);
    return {
      name: `worker at ${url}`,
      faults: (method, body) => requestJson(`${url}/faults`, { method, body }),
      ...(pid !== undefined && { kill: async () => void process.kill(pid, 'SIGKILL') }),
    };
  });

/** Those that Prometheus scrapes, in the order of their addresses. */
export async function scrapedWorkers(prometheus: string): Promise<WorkerAccess[]> {
  const { data } = await requestJson<{ data: { result: { metric: Record<string, string> }[] } }>(
    `${prometheus}/api/v1/query?${new URLSearchParams({ query: 'up{job="worker"}' })}`,
  );
  const instances = data.result.flatMap(({ metric }) => metric['instance'] ?? []).sort();
  return workersAt(instances.map((instance) => `http://${instance}`));
}

const run = promisify(execFile);

/** The replicas of compose publish no port: they are asked from inside their containers. */
export async function composeWorkers(env: NodeJS.ProcessEnv): Promise<WorkerAccess[]> {
  const options = { cwd: repository, env, timeout: 15_000 };
  const format = ['--format', '{{.Name}}'];
  const { stdout } = await docker(['compose', 'ps', ...format, 'worker'], options);
  const names = stdout.split('\n').filter(Boolean).sort();
  return names.map((name) => ({
    name,
    faults: async (method, body) => {
      const answer = await docker(['exec', name, 'node', '-e', askFromInside(method, body)], options);
      return JSON.parse(answer.stdout) as FaultReport;
    },
    kill: async () => void (await docker(['kill', name], options)),
  }));
}

function docker(args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv; timeout: number }) {
  return run('docker', [...args], options).catch((error: Error & { stderr?: string }) => {
    throw new Error(`docker ${args.slice(0, 2).join(' ')} failed: ${(error.stderr || error.message).trim()}`);
  });
}

function askFromInside(method: string, body: Record<string, unknown> | undefined): string {
  const sent = body && `headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(JSON.stringify(body))}`;
  const init = `{ method: '${method}'${sent ? `, ${sent}` : ''} }`;
  return `fetch('http://127.0.0.1:8001/faults', ${init}).then(async (r) => { const text = await r.text(); if (!r.ok) throw new Error(text); process.stdout.write(text); }).catch((e) => { console.error(e.message); process.exitCode = 1; })`;
}
