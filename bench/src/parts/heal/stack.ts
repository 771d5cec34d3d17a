import { chmod, copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ComposeProject, createComposeProject } from '../../../../e2e/src/compose-project.ts';
import { freePorts } from '../../../../e2e/src/free-ports.ts';
import { waitForHealth } from '../../../../e2e/src/wait-for-health.ts';
import type { Bench } from '../../part.ts';

export interface HealStack {
  project: ComposeProject;
  apiUrl: string;
  botUrl: string;
  /** Of the api's container: a restart keeps it. */
  apiContainer: string;
}

const name = 'stack-bench';

/** The committed compose file with the api, its database and the bot; removed with everything it made when the part ends. */
export async function startStack(bench: Bench): Promise<HealStack> {
  const [api = 0, bot = 0] = await freePorts(2);
  const project = createComposeProject({
    name,
    files: ['docker-compose.yml', 'bench/src/parts/heal/compose.heal.yml'],
    env: { HEAL_DIR: await writeRunbooks(bench.directory), API_PORT: String(api), ALERT_BOT_PORT: String(bot) },
  });
  bench.progress('building the images');
  await project.compose('build', '--quiet', 'api', 'migrate', 'alert-bot');
  bench.onStop('compose project', () => removeStack(project));
  bench.progress('starting the api, its database and the bot');
  await project.compose('up', '-d', 'api', 'alert-bot');
  await waitForHealth(project);
  const [container] = await project.replicas('api');
  if (!container) throw new Error('the api has no container');
  return {
    project,
    apiUrl: `http://127.0.0.1:${api}`,
    botUrl: `http://127.0.0.1:${bot}`,
    apiContainer: container.id,
  };
}

/** The bot first, so that it repairs nothing that is being removed. */
async function removeStack({ compose }: ComposeProject): Promise<void> {
  await compose('stop', 'alert-bot');
  await compose('down', '--volumes', '--rmi', 'local', '--remove-orphans', '--timeout', '5');
}

/** The directory that the bot's container mounts, readable for its user. */
async function writeRunbooks(directory: string): Promise<string> {
  const mounted = join(directory, 'alert-bot');
  await mkdir(mounted);
  await copyFile(fileURLToPath(new URL('runbooks.yml', import.meta.url)), join(mounted, 'runbooks.yml'));
  await chmod(directory, 0o755);
  return mounted;
}
