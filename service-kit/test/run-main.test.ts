import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'run-main-'));
const program = join(folder, 'program.mjs');

/** A service whose behaviour the environment chooses; it prints what happens to it. */
const source = `
import { runMain } from '${resolve(import.meta.dirname, '../src/run-main.ts')}';
import { loadConfig, integer } from '${resolve(import.meta.dirname, '../src/config.ts')}';
const say = (...words) => process.stdout.write(words.join(' ') + '\\n');
const logger = { info: (o, m) => say(m), error: (o, m) => say(m), fatal: (o, m) => say(m) };
await runMain({
  graceMs: 200,
  create: (env) => {
    const { MODE } = loadConfig({ MODE: integer({ min: 0, max: 9 }) }, env);
    return {
      logger,
      failed: MODE === 6 ? new Promise((_, reject) => setTimeout(() => reject(new Error('lost')))) : undefined,
      start: async () => {
        if (MODE === 1) throw new Error('no database');
        setInterval(() => undefined, 1000);
        if (MODE === 2) setTimeout(() => { throw new Error('bug'); });
        if (MODE === 3) Promise.reject(new Error('bug'));
        say('started');
      },
      stop: () => {
        if (MODE === 4) return new Promise(() => undefined);
        return Promise.resolve(MODE === 5 ? ['pool'] : []);
      },
    };
  },
});
`;

beforeAll(async () => {
  const entry = join(folder, 'program.ts');
  writeFileSync(entry, source);
  await build({ entryPoints: [entry], outfile: program, bundle: true, platform: 'node', format: 'esm' });
});
afterAll(() => rmSync(folder, { recursive: true }));

function start(mode: string) {
  const child: ChildProcess = spawn(process.execPath, [program], { env: { MODE: mode } });
  let output = '';
  let onOutput = () => undefined as unknown;
  const collect = (chunk: Buffer) => {
    output += chunk;
    onOutput();
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const said = (word: string) =>
    new Promise<void>((done) => {
      onOutput = () => output.includes(word) && done();
      onOutput();
    });
  const exit = new Promise<number | null>((done) => child.once('close', done));
  return { child, said, exit, output: () => output };
}

it('a configuration that is not usable is told in full, with exit code 2', async () => {
  const { exit, output } = start('x');
  expect(await exit).toBe(2);
  expect(output()).toContain('MODE: must be a whole number from 0 to 9, not "x".');
});

it.each([
  ['a start that fails', '1', 'could not start'],
  ['an uncaught exception', '2', 'uncaught exception'],
  ['an unhandled rejection', '3', 'unhandled rejection'],
])('%s is logged and ends the process with 1', async (_name, mode, message) => {
  const { exit, output } = start(mode);
  expect(await exit).toBe(1);
  expect(output()).toContain(message);
});

it.each(['SIGTERM', 'SIGINT'] as const)('%s stops the service and exits with 0', async (signal) => {
  const { child, said, exit, output } = start('0');
  await said('started');
  child.kill(signal);
  expect(await exit).toBe(0);
  expect(output()).toMatch(/stopping[\s\S]*stopped/);
});

it('a stop step that failed is exit code 1', async () => {
  const { child, said, exit } = start('5');
  await said('started');
  child.kill('SIGTERM');
  expect(await exit).toBe(1);
});

it('a stop that hangs ends at the grace period with 1', async () => {
  const { child, said, exit, output } = start('4');
  await said('started');
  child.kill('SIGTERM');
  expect(await exit).toBe(1);
  expect(output()).toContain('could not stop in time');
});

it('a second signal does not wait', async () => {
  const { child, said, exit } = start('4');
  await said('started');
  child.kill('SIGTERM');
  await said('stopping');
  child.kill('SIGTERM');
  expect(await exit).toBe(143);
});

it('a service that cannot go on is stopped, and the process ends with 1', async () => {
  const { exit, output } = start('6');
  expect(await exit).toBe(1);
  expect(output()).toMatch(/cannot go on\nstopping\nstopped/);
});
