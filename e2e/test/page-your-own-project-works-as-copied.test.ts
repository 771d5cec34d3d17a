import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { IncidentSummary } from '../../alert-bot/src/healer/healer.ts';
import { repository } from '../src/compose-project.ts';
import { eventually } from '../src/eventually.ts';
import { freePorts } from '../src/free-ports.ts';
import { requestJson } from '../src/http-json.ts';
import { runCommand } from '../src/run-command.ts';

/** The yaml blocks below a heading of the page, as a reader copies them. */
async function blocksUnder(heading: string): Promise<string[]> {
  const page = await readFile(join(repository, 'docs/your-own-project.md'), 'utf8');
  const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  const blocks = [...section.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
  expect(blocks.length).toBeGreaterThan(0);
  return blocks;
}

/** A new user's project in a folder of its own, of the pasted blocks; only the port and the pace of the healthcheck are others. */
async function paste(blocks: readonly string[], settings: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'own-project-'));
  const [port = 0] = await freePorts(1);
  const files = blocks.map((_, index) => join(folder, `${index}.yml`));
  for (const [index, block] of blocks.entries())
    await writeFile(
      files[index] as string,
      block.replace('127.0.0.1:5001:5001', `127.0.0.1:${port}:5001`).replace('interval: 10s', 'interval: 2s'),
    );
  const run = (...args: string[]) =>
    runCommand('docker', ['compose', ...files.flatMap((file) => ['-f', file]), ...args], {
      cwd: folder,
      env: { ALERT_BOT_PORT: String(port), ...settings },
      timeoutMs: 300_000,
    });
  await runCommand(
    'docker',
    ['build', '-q', '-t', 'observability-stack/alert-bot:0.1.0', '-f', 'alert-bot/Dockerfile', '.'],
    {
      cwd: repository,
      timeoutMs: 300_000,
    },
  );
  onTestFinished(async () => {
    await run('down', '-v', '--timeout', '2');
    await rm(folder, { recursive: true });
  });
  return { run, port };
}

async function breakAndWatch({ run, port }: Awaited<ReturnType<typeof paste>>): Promise<IncidentSummary> {
  await run('up', '-d', '--wait');
  // ends with 1, which is an error here, when it finds a problem
  await run('exec', '-T', 'alert-bot', 'alert-bot', 'doctor');
  await run('exec', '-T', 'web', 'rm', '/www/index.html');
  return eventually(
    async () => {
      const { body } = await requestJson<{ items: IncidentSummary[] }>(`http://127.0.0.1:${port}/incidents`);
      const [incident] = body.items;
      if (incident?.outcome !== 'healed') throw new Error(`not healed yet: ${JSON.stringify(incident)}`);
      return incident;
    },
    { timeoutMs: 90_000 },
  );
}

test('path (a): the service block and the label heal an unhealthy container, with nothing else', async () => {
  const incident = await breakAndWatch(await paste(await blocksUnder('(a)')));
  expect(incident).toMatchObject({ alertname: 'ContainerUnhealthy', target: 'web' });
});

test('path (c): the containers of docker-autoheal are healed by their own label', async () => {
  const [, web = ''] = await blocksUnder('(a)');
  const [bot = ''] = await blocksUnder('(c)');
  // its own project only: the stack of the other scenarios runs beside it, with a bot of its own
  const alone = bot.replace("PROJECTS: '*'", "PROJECTS: ''");
  const project = await paste([alone, web.replace("self-healing.enable: 'true'", "autoheal: 'true'")]);
  expect(await breakAndWatch(project)).toMatchObject({ alertname: 'ContainerUnhealthy', outcome: 'healed' });
});

test('install/compose.yml is included into a project and heals there', async () => {
  const [, web = ''] = await blocksUnder('(a)');
  const include = `include: [${join(repository, 'install/compose.yml')}]\n`;
  // its own project only, for the same reason
  const project = await paste([`${include}${web}`], { COMPOSE_PROJECT_NAME: 'included', PROJECTS: 'included' });
  expect(await breakAndWatch(project)).toMatchObject({
    alertname: 'ContainerUnhealthy',
    target: 'web',
    outcome: 'healed',
  });
});
