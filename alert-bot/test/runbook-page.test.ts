import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createLogger } from '@stack/service-kit/logger';
import { spawnService } from '@stack/test-kit/spawn-service';
import { expect, it, onTestFinished } from 'vitest';

const page = readFileSync(join(import.meta.dirname, '../RUNBOOK.md'), 'utf8');
const commands = [...page.matchAll(/`([^`\n]+)`/g)].map(([, command]) => command as string);
const run = promisify(execFile);

it('every command that asks or tells the bot something is one that the bot takes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'alert-bot-page-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const bot = await spawnService('alert-bot', {
    DOCKER_HOST: `unix://${folder}/no-engine.sock`,
    INCIDENT_LOG_PATH: join(folder, 'incident_log.jsonl'),
    RUNBOOKS_PATH: join(import.meta.dirname, '../runbooks.yml'),
  });
  onTestFinished(async () => void (await bot.stop()));
  const forBot = commands.filter((command) => /^curl .*localhost:5001/.test(command));
  expect(forBot.length).toBeGreaterThanOrEqual(4);
  for (const command of forBot) {
    const here = command.replace('localhost:5001', new URL(bot.url).host).replace('SERVICE', 'api');
    await expect(run('sh', ['-c', `${here} -sS --fail-with-body`]), command).resolves.toBeDefined();
  }
});

it('every search in the logs finds what it is about', () => {
  const lines: string[] = [];
  const logger = createLogger({
    service: 'api',
    level: 'info',
    destination: { write: (line) => void lines.push(line) },
  });
  logger.error({ status: 500 }, 'request');
  const source = readdirSync(join(import.meta.dirname, '../src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readFileSync(join(import.meta.dirname, '../src', path), 'utf8'));
  lines.push(
    ...source
      .join('\n')
      .split('\n')
      .filter((line) => /logger\.\w+\(/.test(line)),
  );
  const searches = commands.flatMap((command) =>
    [...command.matchAll(/grep '([^']+)'/g)].map(([, text]) => text as string),
  );
  expect(searches.length).toBeGreaterThanOrEqual(2);
  for (const text of searches) expect(lines.join('\n')).toContain(text);
});

it('what is looked for with `compose ps` may have stopped: it is listed too', () => {
  expect(commands.filter((command) => /^docker compose ps/.test(command) && !command.includes(' -a'))).toEqual([]);
});
