import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleService } from '../../../tools/build/bundle-service.mjs';

const folder = mkdtempSync(join(tmpdir(), 'alert-bot-cli-'));
const program = join(folder, 'main.js');
const runbooks = resolve(import.meta.dirname, '../../runbooks.yml');
beforeAll(() => bundleService('alert-bot', program));
afterAll(() => rmSync(folder, { recursive: true }));

/** The real program, with no container runtime in reach. */
function run(args: string[], input = '', env: Record<string, string> = {}) {
  const options = { input, encoding: 'utf8' as const, cwd: folder };
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    ...options,
    env: { PATH: process.env['PATH'], DOCKER_HOST: 'unix:///nowhere/docker.sock', ...env },
  });
  return { status, stdout, stderr };
}

const alert = (alertname: string, more = {}) => ({ labels: { alertname, severity: 'critical', ...more } });

it('--help tells every command, on standard output', () => {
  const { status, stdout } = run(['--help']);
  expect(status).toBe(0);
  for (const command of ['agent', 'simulate FILE', 'check-runbooks', 'init', 'doctor', '--version'])
    expect(stdout).toContain(command);
});

it.each([['dance'], ['simulate'], ['agent', 'x'], ['check-runbooks', 'a', 'b'], ['init', 'x'], ['doctor', '--yaml']])(
  '"%s" is not understood: exit code 2 and the help',
  (...args) => {
    const { status, stdout, stderr } = run(args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`does not understand: ${args.join(' ')}`);
  },
);

it('the shipped runbooks are usable, and what they say is printed', () => {
  const { status, stdout } = run(['check-runbooks', runbooks]);
  expect(status).toBe(0);
  expect(stdout).toContain('worker-backlog: auto scale worker');
});

it('runbooks with a mistake are refused with line and column', () => {
  const path = join(folder, 'bad.yml');
  writeFileSync(
    path,
    'version: 1\nrunbooks:\n  - name: x\n    match: { alertname: A }\n    action: { explode: api }\n',
  );
  const { status, stderr } = run(['check-runbooks', path]);
  expect(status).toBe(2);
  expect(stderr).toMatch(/bad\.yml:5:\d+: /);
});

it('simulate says what would happen to each alert and why, and touches nothing', () => {
  const payload = {
    alerts: [
      alert('APIHighLatency'),
      alert('APIErrorRateHigh'),
      alert('WorkerBacklogHigh'),
      alert('WorkerStalled', { instance: '10.0.0.7:8001' }),
      alert('DatabaseDown'),
      { ...alert('APIDown'), status: 'resolved' },
    ],
  };
  const { status, stdout } = run(['simulate', '-', runbooks], JSON.stringify(payload));
  expect(status).toBe(0);
  expect(stdout).toContain('no container runtime in reach');
  expect(stdout.split('\n').filter((line) => line.startsWith('  '))).toEqual([
    '  APIHighLatency -> restart api; reason: matched, runbook api-high-latency',
    '  APIErrorRateHigh -> nothing now (it would be: restart api); reason: in_progress, runbook api-error-rate',
    '  WorkerBacklogHigh -> scale worker from 1 to 3; reason: matched, runbook worker-backlog',
    '  WorkerStalled -> nothing now (it would be: restart worker); reason: in_progress, runbook worker-stalled',
    '  DatabaseDown -> nothing; reason: no_runbook',
    '  APIDown -> nothing; reason: resolved',
  ]);
});

it.each([
  ['no JSON', '{"alerts":', /JSON/],
  ['no payload', '{"alerts":[{}]}', /alerts\[0\]\.labels/],
])('simulate refuses what is %s with exit code 2', (_name, input, message) => {
  const { status, stderr } = run(['simulate', '-', runbooks], input);
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
});

it('simulate judges the other alerts and names the one that cannot be taken', () => {
  const payload = { alerts: [alert('DatabaseDown'), { labels: { alertname: 7 } }] };
  const { status, stdout } = run(['simulate', '-', runbooks], JSON.stringify(payload));
  expect(status).toBe(0);
  expect(stdout).toContain('DatabaseDown -> nothing');
  expect(stdout).toContain('1 alerts cannot be taken:\n  alerts[1].labels.alertname: must be a text');
});

it('simulate names a file that is not there', () => {
  const { status, stderr } = run(['simulate', '/nowhere.json', runbooks]);
  expect([status, stderr]).toEqual([2, expect.stringContaining('/nowhere.json')]);
});

it('a configuration that is not usable is told in full, with exit code 2', () => {
  const { status, stderr } = run([], '', {
    RUNTIME: 'agent',
    SMTP_URL: 'smtp://mail',
    ALERT_BOT_TOKEN: 'long-enough-token-here',
  });
  expect(status).toBe(2);
  expect(stderr).toContain('AGENT_URL: is required with RUNTIME=agent');
  expect(stderr).toContain('MAIL_TO: is required with SMTP_URL');
});

it.each(['init', 'doctor'])('%s --help says what it does and its exit codes', (command) => {
  const { status, stdout } = run([command, '--help']);
  expect(status).toBe(0);
  expect(stdout).toMatch(new RegExp(`^alert-bot ${command} [\\s\\S]*Exit codes:`));
});

it('doctor says in one line what keeps it from the engine and what to do, for people and for programs', () => {
  const { status, stdout } = run(['doctor'], '', { RUNBOOKS_PATH: runbooks });
  expect(status).toBe(1);
  expect(stdout).toMatch(/^problem {2}engine: .*no socket \/nowhere\/docker\.sock -> mount the engine's socket there/);
  const json = run(['doctor', '--json'], '', { RUNBOOKS_PATH: runbooks });
  const { ok, findings } = JSON.parse(json.stdout) as { ok: boolean; findings: { level: string }[] };
  expect([json.status, ok, findings[0]?.level]).toEqual([1, false, 'problem']);
});

it('init without an engine says so with exit code 1, and prints nothing to paste', () => {
  const { status, stdout, stderr } = run(['init']);
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toContain('there is no socket /nowhere/docker.sock');
});
