import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseStack } from '../src/demo/choose-stack.ts';
import { hasPages } from '../src/has-pages.ts';

// A stack as the commands see one: what answers at the addresses that an .env file names.

const directory = mkdtempSync(join(tmpdir(), 'stack-of-env-'));
const envFile = join(directory, 'second.env');
const servers: Server[] = [];
/** By name of the part: what is on. */
const faults = new Map<string, object>();
const seen: string[] = [];
let scrapeConfig = 'static_configs';
let failing = false;

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A service that can be broken. */
const part =
  (name: string): RequestListener =>
  (req, res) => {
    req.resume();
    if (req.method === 'DELETE') faults.delete(name);
    if (req.url === '/transactions') return void res.writeHead(failing ? 500 : 200).end('{}');
    res.end(JSON.stringify({ active: faults.get(name) ?? {}, until: null }));
  };

let env: NodeJS.ProcessEnv;
let workers: string[];
beforeAll(async () => {
  const api = await serve(part('api'));
  workers = [await serve(part('worker 1')), await serve(part('worker 2'))];
  const bot = await serve((req, res) => {
    seen.push(`${req.url} ${req.headers.authorization}`);
    req.resume();
    res.end('{"results":[{"decision":"skip","reason":"paused","incident":null}]}');
  });
  const prometheus = await serve((req, res) => {
    if (req.url === '/') return void res.writeHead(404).end('404 page not found');
    const result = workers.map((url) => ({ metric: { instance: new URL(url).host }, value: [0, '1'] }));
    res.end(JSON.stringify({ data: { yaml: scrapeConfig, result } }));
  });
  const lines = [
    `API_URL=${api}`,
    `ALERT_BOT_URL="${bot}"`,
    `PROMETHEUS_URL=${prometheus}`,
    'ALERT_BOT_TOKEN=of-the-file',
    'API_PORT=',
  ];
  writeFileSync(envFile, lines.join('\n'));
  env = { PATH: process.env['PATH'], LOCAL_DATA_DIR: directory, COMPOSE_ENV_FILES: envFile };
});
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(directory, { recursive: true });
});

async function run(command: string, ...args: string[]) {
  const path = join(import.meta.dirname, '../src/commands', command);
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...args], { env });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  const [code] = await once(child, 'close');
  return { code, output };
}

describe('with a stack whose addresses are in .env', () => {
  it('`fault show` names what is on in the API and in every worker, and `fault off` ends all of it', async () => {
    faults.set('worker 2', { stall: true });
    const { code, output } = await run('fault.ts', 'show');
    expect(output).toMatch(/^no fault: API at/m);
    expect(output).toContain(`no fault: worker at ${workers[0]}`);
    expect(output).toContain(`on: stall=true, worker at ${workers[1]}`);
    expect(code).toBe(0);
    expect((await run('fault.ts', 'off')).output).not.toContain('stall');
    expect(faults.size).toBe(0);
  });

  it('`simulate` sends the token of the file', async () => {
    const { output } = await run('simulate.ts', 'APIDown');
    expect(output).toContain('skip (paused)');
    expect(seen).toContain('/alert Bearer of-the-file');
  });

  it('`load` counts an answer with an error as an error', async () => {
    failing = true;
    const { output } = await run('load.ts', '--rate', '50', '--for', '1s');
    expect(output).toMatch(/ 0 ok, [1-9]\d* errors, 0 without an answer/);
    expect(output).toMatch(/total: \d+ × 500$/m);
  });

  it('a variable of the shell wins over the file', async () => {
    env = { ...env, ALERT_BOT_TOKEN: 'of-the-shell' };
    await run('simulate.ts', 'APIDown');
    expect(seen).toContain('/alert Bearer of-the-shell');
  });

  it('a file that is not there is named', async () => {
    env = { ...env, COMPOSE_ENV_FILES: '/nowhere.env' };
    const { code, output } = await run('fault.ts', 'show');
    expect([code, output]).toEqual([2, 'COMPOSE_ENV_FILES: /nowhere.env cannot be read (ENOENT).\n']);
  });
});

describe('the demo', () => {
  const addresses = () => {
    const [api, alertBot, , , prometheus] = servers.map(
      (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    );
    return { LOCAL_DATA_DIR: directory, API_URL: api, ALERT_BOT_URL: alertBot, PROMETHEUS_URL: prometheus };
  };

  it('takes a compose stack that runs, also when it has other timings, and says so', async () => {
    scrapeConfig = 'dns_sd_configs';
    const told: string[] = [];
    const { stack } = await chooseStack({ timing: 'fast', own: false }, addresses(), (line) => told.push(line));
    expect(stack.kind).toBe('compose');
    expect(told).toEqual([
      expect.stringContaining('using the compose stack that runs at'),
      expect.stringContaining('it has the shipped timings, so each fault takes two to three minutes; --own starts'),
    ]);
  });
});

describe('pages for a browser', () => {
  it('are missing where `/` is not found, or says that there is no web application', async () => {
    const debian = await serve((_req, res) => res.end('The Debian package … does not include a web\n  application.'));
    const usual = await serve((_req, res) => res.end('<!doctype html><div id=root></div>'));
    const none = await serve((_req, res) => res.writeHead(404).end('404 page not found'));
    expect(await Promise.all([debian, usual, none].map(hasPages))).toEqual([false, true, false]);
  });
});
