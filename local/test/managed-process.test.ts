import { freePort } from '@stack/db/free-port';
import { eventually } from '@stack/test-kit/eventually';
import { afterEach, describe, expect, it } from 'vitest';
import { createManagedProcess, type ManagedProcess, type ProcessEvent } from '../src/managed-process.ts';
import { createBackoff } from '../src/restart-times.ts';
import { hastyTimes } from './support/hasty-times.ts';

let running: ManagedProcess | undefined;
const events: ProcessEvent[] = [];

afterEach(async () => {
  await running?.stop();
  events.length = 0;
});

function run(script: string, healthUrl?: string): ManagedProcess {
  const spec = { name: 'probe', command: process.execPath, args: ['-e', script], env: {} };
  running = createManagedProcess(
    { ...spec, ...(healthUrl !== undefined && { healthUrl }) },
    (event) => events.push(event),
    hastyTimes,
  );
  running.start();
  return running;
}

const pauses = () => events.flatMap((event) => (event.type === 'ended' ? [event.againInMs] : []));
const forEver = 'setInterval(() => {}, 1000);';

describe('a managed process', () => {
  it('is started again after it was killed, and says how it ended', async () => {
    const process_ = run(forEver);
    await process_.untilHealthy(5_000);
    const { pid = 0, startedAt } = process_.status();
    process.kill(pid, 'SIGKILL');
    await eventually(() => expect(process_.status()).toMatchObject({ state: 'running', restarts: 1 }));
    expect(process_.status().startedAt).not.toBe(startedAt);
    expect(events).toContainEqual({ type: 'ended', ending: 'SIGKILL', againInMs: 50 });
  });

  it('is started again after longer and longer pauses while it keeps ending', async () => {
    run('process.exit(7)');
    await eventually(() => expect(pauses().length).toBeGreaterThanOrEqual(5), { timeoutMs: 20_000 });
    expect(pauses().slice(0, 5)).toEqual([50, 100, 200, 400, 400]);
  });

  it('waits in vain for one whose program does not exist, and says so', async () => {
    running = createManagedProcess(
      { name: 'nothing', command: '/nowhere/program', args: [], env: {} },
      (event) => events.push(event),
      hastyTimes,
    );
    running.start();
    expect(await running.untilHealthy(5_000)).toBe('exited');
    expect(running.status()).toMatchObject({ state: 'restarting', ending: 'code 127' });
  });

  it('stays stopped, and is killed when it does not listen to SIGTERM', async () => {
    const process_ = run(`process.on('SIGTERM', () => {}); console.log('deaf'); ${forEver}`);
    await eventually(() => expect(process_.lastLines()).toContain('deaf'));
    await process_.stop();
    expect(process_.status()).toMatchObject({ state: 'exited', ending: 'SIGKILL', restarts: 0 });
    expect(pauses()).toEqual([]);
  });

  it('is unhealthy when it answers no more, and healthy when it does again', async () => {
    const port = await freePort();
    const server = `let ok = true; require('http').createServer((q, r) => { r.statusCode = ok ? 200 : 503; r.end(ok ? 'fine' : 'broken'); }).listen(${port}, '127.0.0.1'); process.on('SIGUSR2', () => { ok = !ok; });`;
    const process_ = run(server, `http://127.0.0.1:${port}/`);
    expect(await process_.untilHealthy(5_000)).toBe('healthy');
    const { pid = 0 } = process_.status();
    process.kill(pid, 'SIGUSR2');
    await eventually(() => expect(process_.status().health).toBe('unhealthy'));
    expect(process_.status().probe).toBe('status 503: broken');
    process.kill(pid, 'SIGUSR2');
    await eventually(() => expect(process_.status().health).toBe('healthy'));
    expect(process_.status().probe).toBeUndefined();
  });
});

describe('the pause before the next start', () => {
  it('begins anew after a run of ten seconds', () => {
    const backoff = createBackoff({ ...hastyTimes, goodRunMs: 10_000 });
    const ran = (ms: number) => backoff.next(0, ms);
    expect([ran(10), ran(10), ran(9_999), ran(10_000), ran(10)]).toEqual([50, 100, 200, 50, 100]);
  });
});
