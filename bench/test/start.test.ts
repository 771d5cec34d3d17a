import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { imageCommand } from '../src/image-command.ts';
import { parseMemory } from '../src/parts/start/memory.ts';
import { startProcess } from '../src/parts/start/start-process.ts';

const readText = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('memory is read in megabytes', () => {
  const smaps = 'x\nRss:               50000 kB\nPss:               25000 kB\nPss_Anon:          1 kB\n';
  expect(parseMemory(smaps)).toEqual({ residentMb: 51.2, proportionalMb: 25.6 });
  expect(() => parseMemory('Rss: 1 kB\n')).toThrow('no Pss in smaps_rollup');
});

test('a server is timed until it says that it listens, weighed and ended', async () => {
  const bare = fileURLToPath(new URL('../reference/bare-http.cjs', import.meta.url));
  const { startMs, memory } = await startProcess({ command: [process.execPath, bare], env: {} }, 10);
  expect(startMs).toBeGreaterThan(5);
  expect(memory.residentMb).toBeGreaterThan(20);
  expect(memory.proportionalMb).toBeLessThanOrEqual(memory.residentMb);
});

test('one that ends before it listens is an error with what it said', async () => {
  const dying = {
    command: [process.execPath, '-e', 'console.error("no port left"); process.exit(3)'],
    env: {},
  } as const;
  await expect(startProcess(dying, 0)).rejects.toThrow(/does not listen[\s\S]*no port left|does not listen/);
});

test('our services are measured as their images start them', () => {
  const command = imageCommand('node', '/app/main.js');
  const entryPoint = `ENTRYPOINT [${command.map((word) => `"${word}"`).join(', ')}]`;
  for (const service of ['api', 'worker']) expect(readText(`${service}/Dockerfile`)).toContain(entryPoint);
  expect(readText('docker/alert-bot')).toContain(command.join(' '));
});
