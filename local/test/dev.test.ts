import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { eventually } from '@stack/test-kit/eventually';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertPortsFree } from '../src/assert-ports-free.ts';
import { clearAway, makeDataDirectory, type RunningSupervisor, startSupervisor } from './support/supervisor.ts';

let directory: string;
let running: RunningSupervisor | undefined;

beforeEach(async () => {
  directory = await makeDataDirectory();
});
afterEach(async () => {
  await clearAway(running, directory);
  running = undefined;
});

describe('npm run dev', () => {
  it('starts PostgreSQL, api and worker; restarts one that dies; stops all of it on Ctrl-C', async () => {
    running = startSupervisor('dev.ts', directory);
    const { output } = running;
    const { urls, parts } = await running.untilReady();
    expect(parts.map(({ part, state }) => [part, state])).toEqual([
      ['db', 'healthy'],
      ['api', 'healthy'],
      ['worker', 'healthy'],
    ]);
    await eventually(async () =>
      (await (await fetch(`${urls.api}/transactions?status=settled`)).text()).includes('"id"'),
    );
    const fault = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"crash":true}' };
    await fetch(`${urls.api}/faults`, fault);
    await eventually(() => expect(output()).toContain('api ended (code 1); it is started again in 1.0 s'));
    await eventually(() => expect(output()).toMatch(/api is back, healthy after [\d.]+ s/));

    running.child.kill('SIGINT');
    expect(await running.exited).toEqual([0, null]);
    expect(output()).toContain('stopped; nothing is left running');
    expect(existsSync(join(directory, 'postgres', 'postmaster.pid'))).toBe(false);
  });

  it('names every taken port and the variable that changes it, and starts nothing', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const env = { API_PORT: String(port), WORKER_PORT: String(port) };
    running = startSupervisor('dev.ts', directory, { env });
    expect(await running.exited).toEqual([2, null]);
    for (const name of ['API_PORT', 'WORKER_PORT'])
      expect(running.output()).toContain(
        `${name}: port ${port} is taken. Stop what uses it, or choose another: ${name}=`,
      );
    expect(existsSync(join(directory, 'postgres'))).toBe(false);
    other.close();
  });
});

describe('the ports', () => {
  it('are refused with the reason when an address cannot be used at all', async () => {
    const nowhere = assertPortsFree({ API_PORT: 0, BIND_ADDRESS: '192.0.2.1' });
    await expect(nowhere).rejects.toThrow('API_PORT: cannot listen on 192.0.2.1:0 (EADDRNOTAVAIL)');
  });

  it('must differ from each other', async () => {
    const twice = assertPortsFree({ API_PORT: 54_321, WORKER_PORT: 54_321, BIND_ADDRESS: '127.0.0.1' });
    await expect(twice).rejects.toThrow('WORKER_PORT: port 54321 is also API_PORT');
  });
});
