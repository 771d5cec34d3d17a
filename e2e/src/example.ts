import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { IncidentSummary } from '../../alert-bot/src/healer/healer.ts';
import { projectLabel, repository } from './compose-project.ts';
import { eventually } from './eventually.ts';
import { freePorts } from './free-ports.ts';
import { requestJson } from './http-json.ts';
import { runCommand } from './run-command.ts';

/** A container of an example as the engine sees it. */
export interface ExampleContainer {
  service: string;
  status: string;
  health: string;
  startedAt: string;
}

export interface Example {
  /** Types what stands under this heading of the README, in its folder. Returns what was printed. */
  type(heading: string): Promise<string>;
  /** Types a line of your own there. */
  run(line: string): Promise<string>;
  containers(): Promise<ExampleContainer[]>;
  container(service: string): Promise<ExampleContainer>;
  incidents(): Promise<IncidentSummary[]>;
  /** Waits until the bot calls an incident about this target healed. */
  healed(target: string, timeoutMs: number): Promise<IncidentSummary>;
}

/**
 * An example of this repository, worked by the commands of its README and by nothing else. Only the ports that it publishes are others,
 * because something may listen on the usual ones here. Whatever happens, it is taken away with the README's own words at the end.
 */
export async function openExample(folder: string, projects: readonly string[]): Promise<Example> {
  const directory = join(repository, folder);
  const readme = await readFile(join(directory, 'README.md'), 'utf8');
  const [bot = 0, web = 0, prometheus = 0] = await freePorts(3);
  const env = { ALERT_BOT_PORT: String(bot), WEB_PORT: String(web), PROMETHEUS_PORT: String(prometheus) };
  const here = (line: string) => line.replaceAll('localhost:5001', `localhost:${bot}`);
  const run = (line: string) =>
    runCommand('bash', ['-euo', 'pipefail', '-c', here(line)], { cwd: directory, env, timeoutMs: 420_000 });
  const type = (heading: string) => run(commandsUnder(readme, heading));
  onTestFinished(async () => void (await type('Stop')));

  const containers = async () => (await Promise.all(projects.map(containersOf))).flat();
  const incidents = async () => {
    const { body } = await requestJson<{ items: IncidentSummary[] }>(`http://127.0.0.1:${bot}/incidents`);
    return body.items;
  };
  return {
    type,
    run,
    containers,
    incidents,
    container: async (service) => {
      const found = (await containers()).find((each) => each.service === service);
      if (!found) throw new Error(`there is no container of ${service}`);
      return found;
    },
    healed: (target, timeoutMs) =>
      eventually(
        async () => {
          const found = (await incidents()).find((each) => JSON.stringify(each).includes(`"${target}"`));
          if (found?.outcome !== 'healed') throw new Error(`not healed yet: ${JSON.stringify(found)}`);
          return found;
        },
        { timeoutMs },
      ),
  };
}

/** The lines of the ```sh blocks below a heading. */
export function commandsUnder(readme: string, heading: string): string {
  const section = readme.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const commands = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, lines = '']) => lines);
  if (commands.length === 0) throw new Error(`the README has no commands under "${heading}"`);
  return commands.join('\n');
}

interface Inspected {
  State: { Status: string; StartedAt: string; Health?: { Status: string } };
  Config: { Labels: Record<string, string> };
}

async function containersOf(project: string): Promise<ExampleContainer[]> {
  const listed = await runCommand('docker', ['ps', '-aq', '--filter', `label=${projectLabel}=${project}`]);
  const ids = listed.split('\n').filter(Boolean);
  if (ids.length === 0) return [];
  const seen = JSON.parse(await runCommand('docker', ['inspect', ...ids])) as Inspected[];
  return seen.map(({ State, Config }) => ({
    service: Config.Labels['com.docker.compose.service'] ?? '',
    status: State.Status,
    health: State.Health?.Status ?? '',
    startedAt: State.StartedAt,
  }));
}
