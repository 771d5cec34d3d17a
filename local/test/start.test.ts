import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@stack/test-kit/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StackStatus } from '../src/control-socket.ts';
import { findPrograms, missingPrograms } from '../src/programs.ts';
import { project } from '../src/project-name.ts';
import { clearAway, makeDataDirectory, type RunningSupervisor, startSupervisor } from './support/supervisor.ts';

const missing = missingPrograms(findPrograms(process.env['PATH'] ?? ''));

it('has Prometheus and its friends at hand in CI', () => {
  if (process.env['CI'] === 'true') expect(missing).toEqual([]);
});

describe.skipIf(missing.length > 0)('npm start', () => {
  let directory: string;
  let supervisor: RunningSupervisor;
  let first: StackStatus;

  beforeAll(async () => {
    directory = await makeDataDirectory();
    // the shipped timings: with fast ones the bot repairs within seconds what these tests break, and counts are no longer theirs
    supervisor = startSupervisor('main.ts', directory, { args: ['--logs', join(directory, 'logs')] });
    first = await supervisor.untilReady();
  }, 90_000);
  afterAll(() => clearAway(supervisor, directory));

  const row = async (part: string) => (await supervisor.status()).parts.find((each) => each.part === part);

  it('starts every part, healthy, and prints them in one table', async () => {
    const states = first.parts.map(({ part, state }) => `${part} ${state}`);
    const parts = ['db', 'api', 'worker', 'alert-bot', 'prometheus', 'alertmanager'];
    const exporters = ['node-exporter', 'blackbox-exporter', 'postgres-exporter'];
    expect(states).toEqual(expect.arrayContaining([...parts, ...exporters].map((part) => `${part} healthy`)));
    for (const part of [...parts, ...exporters])
      expect(supervisor.output()).toMatch(new RegExp(`^ {2}${part} +healthy +\\S`, 'm'));
  });

  it('serves the runbook page, and links to no page that the installed programs do not have', async () => {
    expect(await (await fetch(`${first.urls.alertBot}/runbooks`)).text()).toContain('id="apihighlatency"');
    const links = (await (await fetch(`${first.urls.alertBot}/links`)).json()) as Record<string, string | null>;
    expect(links['prometheus'] !== null).toBe((await fetch(first.urls.prometheus)).ok);
    const note = first.parts.find(({ part }) => part === 'prometheus')?.note;
    expect(note).toEqual(links['prometheus'] === null ? expect.stringContaining(first.urls.alertBot) : undefined);
    expect(links['grafana'] !== null).toBe(first.urls.grafana !== undefined);
  });

  it('has every part scraped under the job names of compose', async () => {
    const up = `${first.urls.prometheus}/api/v1/query?query=up`;
    await eventually(
      async () => {
        const { data } = (await (await fetch(up)).json()) as {
          data: { result: { metric: Record<string, string>; value: [number, string] }[] };
        };
        const jobs = data.result.filter(({ value }) => value[1] === '1').map(({ metric }) => metric['job']);
        expect(new Set(jobs)).toEqual(
          new Set([
            'alert-bot',
            'alertmanager',
            'api',
            'blackbox-exporter',
            'node-exporter',
            'postgres-exporter',
            'probe',
            'prometheus',
            'worker',
          ]),
        );
        const worker = data.result.find(({ metric }) => metric['job'] === 'worker');
        expect(`http://${worker?.metric['instance']}`).toBe(first.workers[0]);
      },
      { timeoutMs: 30_000, intervalMs: 200 },
    );
  });

  it('brings back what is killed, one part after the other, and the table says so', async () => {
    for (const part of ['api', 'worker', 'alert-bot', 'prometheus']) {
      const pid = await pidOf(part);
      process.kill(pid, 'SIGKILL');
      await eventually(async () => expect(await row(part)).toMatchObject({ state: 'healthy', restarts: 1 }), {
        timeoutMs: 20_000,
      });
      expect(supervisor.output()).toContain(`${part} ended (SIGKILL); it is started again in 1.0 s`);
    }
  }, 60_000);

  it('brings PostgreSQL back with its data', async () => {
    const newest = async () => (await fetch(`${first.urls.api}/transactions?limit=1`)).json();
    await eventually(async () => expect(JSON.stringify(await newest())).toContain('"id"'));
    const server = Number.parseInt(await readFile(join(directory, 'postgres/postmaster.pid'), 'utf8'), 10);
    process.kill(server, 'SIGKILL');
    await eventually(async () => expect(await row('db')).toMatchObject({ state: 'healthy', restarts: 1 }), {
      timeoutMs: 20_000,
    });
    await eventually(async () => expect(JSON.stringify(await newest())).toContain('"id"'), { timeoutMs: 20_000 });
    expect(supervisor.output()).toMatch(/db is back, healthy after/);
  }, 45_000);

  it('restarts the stalled replica that an alert names, when the bot asks for it', async () => {
    const instance = first.workers[0]?.replace('http://', '');
    const alert = (labels: object) => ({ alerts: [{ labels }] });
    const send = async (body: object) =>
      (await (
        await fetch(`${first.urls.alertBot}/alert`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
      ).json()) as { results: { decision: string; action: object }[] };
    const { results } = await send(alert({ alertname: 'WorkerStalled', job: 'worker', instance }));
    expect(results).toMatchObject([{ decision: 'act', action: { type: 'restart', service: 'worker' } }]);
    await eventually(() => expect(supervisor.output()).toContain('the alert bot restarts worker (one replica)'));
    await eventually(() => expect(supervisor.output()).toContain(`healthy ${project}-worker-1`));
  });

  it('refuses a second start and says where the first one is', async () => {
    const second = startSupervisor('main.ts', directory);
    expect(await second.exited).toEqual([2, null]);
    expect(second.output()).toContain(`It runs already (process ${supervisor.child.pid}`);
    expect(second.output()).toContain(first.urls.api);
  });

  it('keeps everything that each part says in a file of its own', async () => {
    for (const part of ['api', 'prometheus', 'db'])
      expect((await readFile(join(directory, `logs/${part}.log`), 'utf8')).length).toBeGreaterThan(100);
  });

  it('stops in order on Ctrl-C and leaves nothing running', async () => {
    const pids = await Promise.all(['api', 'worker', 'alert-bot', 'prometheus', 'alertmanager'].map(pidOf));
    supervisor.child.kill('SIGINT');
    expect(await supervisor.exited).toEqual([0, null]);
    expect(supervisor.output()).toContain('stopped; nothing is left running');
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  }, 45_000);

  async function pidOf(part: string): Promise<number> {
    const { pid } = (await row(part)) ?? {};
    if (pid === undefined) throw new Error(`${part} has no process`);
    return pid;
  }
});

/** No package brings Grafana here: a program of that name that tells how it was started. Resolves to its folder. */
async function putGrafanaInto(directory: string): Promise<string> {
  const script = `#!${process.execPath}
require('node:http').createServer((req, res) => res.end(JSON.stringify({ args: process.argv.slice(2), env: process.env })))
  .listen(Number(process.env.GF_SERVER_HTTP_PORT), process.env.GF_SERVER_HTTP_ADDR);
`;
  const folder = join(directory, 'programs');
  await mkdir(folder);
  await writeFile(join(folder, 'grafana'), script, { mode: 0o755 });
  return folder;
}

describe('without Prometheus and its friends', () => {
  let directory: string;
  let supervisor: RunningSupervisor;

  beforeAll(async () => {
    directory = await makeDataDirectory();
    const env = { PATH: `${await putGrafanaInto(directory)}:/usr/bin:/bin`, DEBIAN_TOOLS_DIR: '/nowhere' };
    supervisor = startSupervisor('main.ts', directory, { args: ['--no-fetch'], env });
  });
  afterAll(() => clearAway(supervisor, directory));

  it('npm start runs the rest and says what is missing, what that disables and how to get it', async () => {
    const { parts } = await supervisor.untilReady();
    expect(parts.filter(({ state }) => state === 'healthy').map(({ part }) => part)).toEqual(
      expect.arrayContaining(['db', 'api', 'worker', 'alert-bot']),
    );
    if (!parts.some(({ part, state }) => part === 'prometheus' && state === 'missing')) return; // it is in /usr/bin here
    expect(supervisor.output()).toContain('no metrics and no alerts, so nothing is repaired');
    for (const platform of ['Debian 12, Ubuntu 24.04 or newer:', 'macOS:', 'Windows:', 'anywhere:'])
      expect(supervisor.output()).toContain(platform);
  }, 60_000);

  it('starts Grafana when it is installed, on its port and with the provisioning of this machine', async () => {
    const { urls, parts } = await supervisor.status();
    expect(parts.find(({ part }) => part === 'grafana')).toMatchObject({ state: 'healthy', url: urls.grafana });
    const { args, env } = (await (await fetch(`${urls.grafana}/`)).json()) as {
      args: string[];
      env: NodeJS.ProcessEnv;
    };
    expect(args).toEqual(['server', '--homepath', '/usr/share/grafana']);
    const sources = await readFile(join(env['GF_PATHS_PROVISIONING'] ?? '', 'datasources/stack.yml'), 'utf8');
    expect(sources).toContain(`url: ${urls.prometheus}`);
    expect(env['MONITOR_DB_PASSWORD']).toMatch(/^[0-9a-f]{32}$/);
  });

  it('leaves no process behind when the supervisor dies of SIGKILL', async () => {
    const { parts, workers } = await supervisor.status();
    const pids = parts.flatMap(({ pid }) => pid ?? []);
    const server = Number.parseInt(await readFile(join(directory, 'postgres/postmaster.pid'), 'utf8'), 10);
    supervisor.child.kill('SIGKILL');
    for (const pid of [...pids, server]) await eventually(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'));
    await eventually(() => expect(fetch(`${workers[0]}/health/live`)).rejects.toThrow('fetch failed'));
  });
});
