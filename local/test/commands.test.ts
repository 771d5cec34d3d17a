import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@stack/service-kit/config';
import { afterAll, describe, expect, it } from 'vitest';
import { parseFault } from '../src/commands/run-fault.ts';
import { parseLoadOptions } from '../src/commands/run-load.ts';
import { parseSimulateOptions } from '../src/commands/run-simulate.ts';
import { parseDemoOptions } from '../src/demo/demo-options.ts';
import { parseTime } from '../src/demo/parse-time.ts';
import { parseStartOptions } from '../src/start-options.ts';

const words = (line: string) => line.split(' ').filter(Boolean);

describe('npm run fault', () => {
  it.each<[string, string, object]>([
    ['latency 400ms 2m', 'latency', { latencyMs: 400, durationSeconds: 120 }],
    ['latency 1.5s', 'latency', { latencyMs: 1_500 }],
    ['errors 30%', 'errors', { errorRate: 0.3 }],
    ['errors 0.3 10s', 'errors', { errorRate: 0.3, durationSeconds: 10 }],
    ['hang 30s', 'hang', { hang: true, durationSeconds: 30 }],
    ['burst 5000', 'burst', { burst: 5_000 }],
    ['stall', 'stall', { stall: true }],
  ])('understands %s', (line, kind, body) => {
    expect(parseFault(words(line))).toEqual({ kind, body });
  });

  it.each([
    ['nonsense', 'There is no fault "nonsense". There are: latency, errors,'],
    ['latency', 'latency needs TIME, for example: npm run fault -- latency 400ms'],
    ['latency fast', '"fast" is not what latency takes. Say it like 400ms.'],
    ['errors 101%', '"101%" is not what errors takes. Say it like 30%.'],
    ['latency 400ms soon', '"soon" is not a duration. Say it like 30s, 2m or 1h.'],
    ['hang 10s more words', 'Too many words: more words.'],
  ])('says what is wrong with %s', (line, message) => {
    expect(() => parseFault(words(line))).toThrow(message);
  });
});

describe('npm run load', () => {
  it('understands rate, duration and address', () => {
    expect(parseLoadOptions(words('--rate 100 --for 2m --api http://x:1/'))).toEqual({
      rate: 100,
      forMs: 120_000,
      api: 'http://x:1',
    });
    expect(parseLoadOptions([])).toEqual({ rate: 20 });
  });

  it.each([
    ['--rate fast', '--rate: must be a number from 1 to 2000, not "fast".'],
    ['--rate 0', '--rate: must be a number from 1 to 2000, not "0".'],
    ['--for ever', '--for: "ever" is not a duration.'],
    ['--api localhost', '--api: must be an address like http://localhost:8000'],
    ['--speed 3', "Unknown option '--speed'"],
  ])('says what is wrong with %s', (line, message) => {
    expect(() => parseLoadOptions(words(line))).toThrow(message);
  });
});

describe('npm run simulate', () => {
  it('takes the labels of the rule, and those that are given', async () => {
    expect(await parseSimulateOptions(words('WorkerStalled instance=127.0.0.1:8002 --dry-run'))).toEqual({
      labels: { alertname: 'WorkerStalled', severity: 'critical', service: 'worker', instance: '127.0.0.1:8002' },
      dryRun: true,
      resolved: false,
    });
  });

  it.each([
    ['Nope', 'There is no alert "Nope". There are: APIHighLatency,'],
    ['APIDown severity', '"severity" is not a label. Say it like instance='],
    ['APIDown --now', "Unknown option '--now'"],
  ])('says what is wrong with %s', async (line, message) => {
    await expect(parseSimulateOptions(words(line))).rejects.toThrow(message);
  });
});

describe('npm run demo', () => {
  it('tells the slow API and the backlog unless told otherwise', () => {
    expect(parseDemoOptions([])).toEqual({
      stories: ['latency', 'backlog'],
      timing: 'any',
      own: false,
      json: false,
      perSecond: 20,
      help: false,
    });
    expect(parseDemoOptions(words('--fault hang --fault stall --fast --report x.html'))).toMatchObject({
      stories: ['hang', 'stall'],
      timing: 'fast',
      report: 'x.html',
    });
  });

  it.each([
    ['--fault cpu', '--fault: must be one of latency, errors,'],
    ['--fast --real', '--fast and --real exclude each other.'],
    ['--rate 0', '--rate: must be a number from 1 to 500, not "0".'],
    ['--faults x', "Unknown option '--faults'"],
  ])('says what is wrong with %s', (line, message) => {
    expect(() => parseDemoOptions(words(line))).toThrow(message);
  });
});

describe('npm start', () => {
  it.each([
    ['--ports-from 80', '--ports-from: must be a port from 1024 to 65500, not "80".'],
    ['--ports-from many', '--ports-from: must be a port from 1024 to 65500, not "many".'],
    ['--loud', "Unknown option '--loud'"],
  ])('says what is wrong with %s', (line, message) => {
    expect(() => parseStartOptions(words(line))).toThrow(ConfigError);
    expect(() => parseStartOptions(words(line))).toThrow(message);
  });
});

describe('a duration', () => {
  it.each([
    ['400ms', 400],
    ['1.5s', 1_500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['2', undefined],
    ['m', undefined],
    ['-3s', undefined],
  ])('%s is %s ms', (text, ms) => {
    expect(parseTime(text)).toBe(ms);
  });
});

describe('a command', () => {
  const directory = mkdtempSync(join(tmpdir(), 'no-stack-here-'));
  const nowhere = { LOCAL_DATA_DIR: directory, API_URL: 'http://127.0.0.1:1', COMPOSE_DISABLE_ENV_FILE: 'true' };
  afterAll(() => rmSync(directory, { recursive: true }));

  async function run(script: string, args: string[]) {
    const path = join(import.meta.dirname, '../src', script);
    const env = { PATH: process.env['PATH'], ...nowhere };
    const child = spawn(process.execPath, ['--import', 'tsx', path, ...args], { env });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk;
      });
    const [code] = await once(child, 'close');
    return { code, output };
  }

  it.each([
    ['commands/fault.ts', 'hang', 1, 'No stack runs. Start one first: `npm start`'],
    ['commands/load.ts', '--rate x', 2, '--rate: must be a number'],
    ['commands/load.ts', '', 1, 'No stack runs. Start one first: `npm start`'],
    ['commands/simulate.ts', 'APIDown', 1, 'No stack runs. Start one first: `npm start`'],
    ['commands/fault.ts', 'show me', 2, 'Too many words: me.'],
    ['demo/main.ts', '--help', 0, 'npm run demo: breaks the stack on purpose'],
    ['main.ts', '--status', 1, 'Nothing runs.'],
    ['dev.ts', '--status', 1, 'Nothing runs.'],
    ['main.ts', '--help', 0, 'npm start: the whole stack without Docker'],
    ['dev.ts', '--help', 0, 'npm run dev: PostgreSQL, the API and the worker'],
    ['dev.ts', '--loud', 2, "Unknown option '--loud'"],
    ['main.ts', '--status --loud', 2, "Unknown option '--loud'"],
    ['commands/fault.ts', '--help', 0, 'npm run fault: breaks the running stack'],
    ['commands/load.ts', '--help', 0, 'npm run load: steady requests'],
    ['commands/simulate.ts', '--help', 0, 'npm run simulate: sends an alert by hand'],
  ])('%s %s ends with %i and says: %s', async (script, line, code, said) => {
    const { code: ended, output } = await run(script, words(line));
    expect(output).toContain(said);
    expect(output).not.toContain('    at ');
    expect(ended).toBe(code);
  });
});
