import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseOptions } from '../src/options.ts';
import { parts, selectParts } from '../src/parts.ts';
import { type Requirement, refusalFor } from '../src/requirements.ts';

describe('the options', () => {
  it('are five rounds of everything, written down, unless asked otherwise', () => {
    expect(parseOptions([])).toMatchObject({ names: [], rounds: 5, write: true });
    expect(parseOptions(['api', '--rounds', '9', '--no-write'])).toMatchObject({
      names: ['api'],
      rounds: 9,
      write: false,
    });
  });

  it.each([['0'], ['-1'], ['many'], ['1.5'], ['100']])('--rounds %s is refused', (rounds) => {
    expect(() => parseOptions([`--rounds=${rounds}`])).toThrow('--rounds must be a number from 1 to 99');
  });
});

describe('the parts', () => {
  it('are asked for by name, in the order of the table', () => {
    const [first, second] = parts;
    expect(selectParts([second?.name ?? '', first?.name ?? ''])).toEqual([first, second]);
    expect(selectParts([])).toEqual(parts);
  });

  it('that do not exist are answered with those that do', () => {
    expect(() => selectParts(['speed'])).toThrow(`There are: ${parts.map(({ name }) => name).join(', ')}.`);
  });
});

it('what is missing is named with the command that brings it, what is there is not', async () => {
  const need = (name: string, isThere: boolean): Requirement => ({
    name,
    command: `install ${name}`,
    isThere: async () => isThere,
  });
  expect(await refusalFor([need('wrk', true)])).toBeUndefined();
  const refusal = await refusalFor([need('wrk', true), need('psql', false), need('flask', false)]);
  expect(refusal).toContain('install psql\n      for psql\n  install flask');
  expect(refusal).not.toContain('wrk');
});

describe('npm run bench', () => {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const run = (args: string[], env = {}) =>
    new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      const options = { env: { ...process.env, ...env } };
      execFile(process.execPath, ['--import', 'tsx', main, ...args], options, (error, stdout, stderr) =>
        resolve({ code: error ? error.code : 0, stdout, stderr }),
      );
    });

  it('--help says how it is used', async () => {
    expect(await run(['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('npm run bench') });
  });

  it('--list names every part and what it needs', async () => {
    const { stdout } = await run(['--list']);
    for (const { name, needs } of parts)
      for (const text of [name, ...needs.map((need) => need.name)]) expect(stdout).toContain(text);
  });

  it.each([[['speed']], [['--fast']], [['--rounds', 'x']]])('%j is code 2 and no stack', async (args) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toContain('npm run bench -- --help');
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  it('refuses with the command to type when something is missing', async () => {
    const { code, stderr } = await run(['api'], { BENCH_NODE: '/nonexistent/node' });
    expect(code).toBe(2);
    expect(stderr).toContain('Type:');
    expect(stderr).toContain('for Node 24, which the images run');
  });
});
