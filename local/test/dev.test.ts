import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@stack/db/free-port';
import { eventually } from '@stack/test-kit/eventually';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertPortsFree } from '../src/assert-ports-free.ts';
import { readable } from '../src/log-lines.ts';

const script = fileURLToPath(new URL('../src/dev.ts', import.meta.url));
const ports = { BIND_ADDRESS: '127.0.0.1', API_PORT: 0, WORKER_PORT: 0, DB_PORT: 0 };

let directory: string;
let running: { child: ChildProcess; output: string; exited: Promise<unknown[]> };

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stack-test-'));
  await chmod(directory, 0o755);
});
afterEach(async () => {
  running?.child.kill('SIGKILL');
  await running?.exited;
  await rm(directory, { recursive: true, force: true });
});

function startDev(env: Record<string, string>) {
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    env: { PATH: process.env['PATH'] ?? '', LOCAL_DATA_DIR: directory, API_PORT: '0', WORKER_PORT: '0', ...env },
  });
  running = { child, output: '', exited: once(child, 'exit') };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      running.output += chunk;
    });
}

const untilReady = () =>
  eventually(() => expect(running.output).toContain('ready; Ctrl-C stops everything'), { timeoutMs: 30_000 });

describe('npm run dev', () => {
  it('starts PostgreSQL, api and worker; restarts one that dies; stops all of it on Ctrl-C', async () => {
    const port = await freePort();
    const api = `http://127.0.0.1:${port}`;
    startDev({ API_PORT: String(port) });
    await untilReady();
    expect(await (await fetch(`${api}/health`)).json()).toMatchObject({ status: 'ok' });
    await eventually(async () => (await (await fetch(`${api}/transactions?status=settled`)).text()).includes('"id"'));

    const fault = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"crash":true}' };
    await fetch(`${api}/faults`, fault);
    await eventually(() => expect(running.output).toContain('api ended (code 1); it is started again'));
    await eventually(async () => (await fetch(`${api}/health`)).ok);

    running.child.kill('SIGINT');
    expect(await running.exited).toEqual([0, null]);
    expect(existsSync(join(directory, 'postgres', 'postmaster.pid'))).toBe(false);
  });

  it('leaves no process behind when it dies of SIGKILL itself', async () => {
    const port = await freePort();
    startDev({ WORKER_PORT: String(port) });
    await untilReady();
    const pidFile = join(directory, 'postgres', 'postmaster.pid');
    const server = Number.parseInt(await readFile(pidFile, 'utf8'), 10);
    running.child.kill('SIGKILL');
    await eventually(() => expect(() => process.kill(server, 0)).toThrow('ESRCH'));
    await eventually(() => expect(fetch(`http://127.0.0.1:${port}/health/live`)).rejects.toThrow('fetch failed'));
  });

  it('names every taken port and the variable that changes it, and starts nothing', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    startDev({ API_PORT: String(port), WORKER_PORT: String(port) });
    expect(await running.exited).toEqual([2, null]);
    for (const name of ['API_PORT', 'WORKER_PORT'])
      expect(running.output).toContain(
        `${name}: port ${port} is taken. Stop what uses it, or choose another: ${name}=`,
      );
    expect(existsSync(join(directory, 'postgres'))).toBe(false);
    other.close();
  });

  it('says why when an address cannot be used at all', async () => {
    const nowhere = assertPortsFree({ ...ports, BIND_ADDRESS: '192.0.2.1' });
    await expect(nowhere).rejects.toThrow('API_PORT: cannot listen on 192.0.2.1:0 (EADDRNOTAVAIL)');
  });
});

describe('a log line', () => {
  it.each([
    [
      '{"level":"info","time":"t","service":"api","version":"1","msg":"listening","port":1}',
      'info  listening {"port":1}',
    ],
    ['{"level":"error","msg":"stopped"}', 'error stopped'],
    ['plain text', 'plain text'],
  ])('%s is shown as %s', (line, shown) => {
    expect(readable(line)).toBe(shown);
  });
});
