import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '@stack/test-kit/eventually';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { simulate } from '../../src/healer/simulate.ts';
import { loadRunbooks, parseRunbooks, RunbookError } from '../../src/runbooks/load-runbooks.ts';
import { watchRunbooks } from '../../src/runbooks/runbook-source.ts';
import { tempDir } from '../support/temp-dir.ts';
import { alertOf, observation, start } from '../support/world.ts';

const shipped = fileURLToPath(new URL('../../runbooks.yml', import.meta.url));
const one = (lines: string) => `version: 1\nrunbooks:\n  - name: a\n    match: { alertname: A }\n    ${lines}\n`;

function messageOf(text: string): string {
  try {
    parseRunbooks(text, 'r.yml');
    return 'accepted';
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    return error.message;
  }
}

describe('the shipped runbooks', () => {
  it.each([
    ['APIHighLatency', {}, { reason: 'matched', action: { type: 'restart', service: 'api' } }],
    ['APIErrorRateHigh', {}, { reason: 'matched', action: { type: 'restart', service: 'api' } }],
    ['APIDown', {}, { reason: 'matched', action: { type: 'restart', service: 'api' } }],
    ['WorkerBacklogHigh', {}, { reason: 'matched', action: { type: 'scale', service: 'worker', from: 1, to: 3 } }],
    [
      'WorkerStalled',
      { instance: '10.0.6.1:8001' },
      { reason: 'matched', action: { type: 'restart', service: 'worker', replica: 'worker-1-id' } },
    ],
    [
      'ContainerUnhealthy',
      { project: 'demo', service: 'worker', instance: 'demo-worker-1' },
      { reason: 'matched', action: { type: 'restart', target: 'worker', replica: 'worker-1-id' } },
    ],
    // its healthcheck fails without the database too
    ['ContainerUnhealthy', { project: 'demo', service: 'api', instance: 'demo-api-1' }, { reason: 'observe_only' }],
    ['APIUnhealthy', {}, { reason: 'matched', action: { type: 'restart', target: 'api' } }],
    ['DatabaseDown', {}, { reason: 'no_runbook' }],
    ['HostHighCPU', {}, { reason: 'no_runbook' }],
    ['HostHighMemory', {}, { reason: 'no_runbook' }],
    ['HostDiskFilling', {}, { reason: 'no_runbook' }],
    ['TargetDown', {}, { reason: 'no_runbook' }],
    ['AlertBotEscalated', {}, { reason: 'no_runbook' }],
    ['Watchdog', {}, { reason: 'watchdog' }],
  ])('%s', async (alertname, labels, expected) => {
    const policy = await loadRunbooks(shipped);
    const [answer] = simulate(
      { alerts: [alertOf({ alertname, ...labels })], truncatedAlerts: 0 },
      observation(),
      policy,
      start,
    );
    expect(answer).toMatchObject(expected);
  });
});

it('a mode under defaults holds for the runbooks that do not say one', () => {
  const policy = parseRunbooks(
    `version: 1
defaults: { mode: observe }
runbooks:
  - { name: a, match: { alertname: A }, action: { restart: api } }
  - { name: b, match: { alertname: B }, mode: auto, action: { restart: api } }
`,
    'r.yml',
  );
  expect(policy.runbooks.map(({ mode }) => mode)).toEqual(['observe', 'auto']);
  expect(parseRunbooks(one('action: { restart: api }'), 'r.yml').runbooks[0]?.mode).toBe('auto');
});

it('fills in the defaults: file over built in, runbook over file', () => {
  const policy = parseRunbooks(
    `version: 1
defaults: { cooldown: 2m, budget: { actions: 5, within: 30m } }
runbooks:
  - { name: a, match: { alertname: A }, action: { restart: api }, limits: { cooldown: 10s }, verify: { within: 1m30s } }
  - { name: b, match: { alertname: B }, action: { restart: api } }
`,
    'r.yml',
  );
  expect(policy.budget).toEqual({ actions: 5, withinMs: 1_800_000 });
  expect(
    policy.runbooks.map(({ limits, verifyWithinMs }) => [limits.cooldownMs, verifyWithinMs, limits.attempts.max]),
  ).toEqual([
    [10_000, 90_000, 3],
    [120_000, 180_000, 3],
  ]);
});

it.each([
  ['', 'r.yml:1:1: Invalid input: expected object, received null'],
  ['version: 2\nrunbooks: []', 'r.yml:1:10: version: Invalid input: expected 1'],
  [one('action: { restart: api, oops: 1 }'), 'r.yml:5:13: runbooks[0].action: Unrecognized key: "oops"'],
  [
    'mode: observe\nversion: 1\nrunbooks: []',
    'r.yml:1:1: "mode" does not belong here but under `defaults` or in a runbook',
  ],
  [
    one('action: { restart: api, mode: observe }'),
    'r.yml:5:13: runbooks[0].action: "mode" does not belong here but under `defaults` or in a runbook',
  ],
  [
    one('cooldown: 5m\n    action: { restart: api }\n    typo: 1'),
    'r.yml:3:5: runbooks[0]: "cooldown" does not belong here but under `defaults`, or under `limits` of a runbook; Unrecognized key: "typo"',
  ],
  [
    one("action: { restart: '{project}-x/{service}' }"),
    "r.yml:5:24: runbooks[0].action.restart: must be SERVICE, PROJECT/SERVICE or -/CONTAINER, such as api, shop/web or '{project}/{service}'; a label name in braces stands for a whole segment",
  ],
  [
    one('action: { scale: -/web, to: 2, max: 2 }'),
    'r.yml:5:22: runbooks[0].action.scale: a container outside of compose projects cannot be scaled',
  ],
  [one('action: { scale: api, max: 3 }'), 'r.yml:5:13: runbooks[0].action: needs either `to` or `step`'],
  [one('action: { scale: api, to: 9, max: 3 }'), 'r.yml:5:31: runbooks[0].action.to: needs min ≤ to ≤ max'],
  [
    one('action: { restart: "a b" }'),
    "r.yml:5:24: runbooks[0].action.restart: must be SERVICE, PROJECT/SERVICE or -/CONTAINER, such as api, shop/web or '{project}/{service}'",
  ],
  [
    one('action: { restart: api }\n    mode: maybe'),
    'r.yml:6:11: runbooks[0].mode: Invalid option: expected one of "observe"|"approve"|"auto"',
  ],
  [
    one('action: { restart: api }\n    onResolved: { to: 1 }'),
    'r.yml:6:17: runbooks[0].onResolved: only makes sense with a scale action',
  ],
  [
    one('action: { restart: api }\n    limits: { cooldown: 5 }'),
    'r.yml:6:25: runbooks[0].limits.cooldown: must be a duration like 90s, 1m30s or 2h',
  ],
  [
    one('action: { restart: api }\n    limits: { cooldown: soon }'),
    'r.yml:6:25: runbooks[0].limits.cooldown: must be a duration like 90s, 1m30s or 2h',
  ],
  [
    'version: 1\nrunbooks:\n  - { name: a, match: {}, action: { restart: api } }',
    'r.yml:3:23: runbooks[0].match: must name at least one label',
  ],
  [
    'version: 1\nrunbooks:\n  - { name: a, match: { alertname: A }, action: { restart: api } }\n  - { name: a, match: { alertname: B }, action: { restart: api } }',
    'r.yml:4:13: runbooks[1].name: "a" is already taken',
  ],
])('refuses %j and says where', (text, message) => {
  expect(messageOf(text)).toBe(message);
});

describe('a change while the bot runs', () => {
  const watched = async () => {
    const path = join(await tempDir(), 'runbooks.yml');
    await writeFile(path, await readFile(shipped));
    return { path, source: await watchRunbooks({ path, logger: pino({ level: 'silent' }), pollMs: 10 }) };
  };

  it('is taken up, also when the file is replaced by another', async () => {
    const { path, source } = await watched();
    await writeFile(`${path}.new`, one('action: { restart: web }'));
    await rename(`${path}.new`, path);
    await eventually(() => expect(source.current().runbooks.map(({ target }) => target)).toEqual(['web']));
    source.stop();
  });

  it('with a mistake changes nothing and says why; the next good one is taken', async () => {
    const { path, source } = await watched();
    await writeFile(path, one('action: { reboot: web }'));
    await eventually(() => expect(source.status().lastError).toContain('runbooks.yml:5:13'));
    expect(source.current().runbooks.map(({ name }) => name)).toContain('worker-stalled');
    await writeFile(path, one('action: { restart: web }'));
    await eventually(() => expect(source.status()).toMatchObject({ lastError: null, count: 1 }));
    source.stop();
  });

  it('that removes the file keeps the last good one', async () => {
    const { path, source } = await watched();
    await rename(path, `${path}.gone`);
    await eventually(() => expect(source.status().lastError).toContain('cannot be read'));
    expect(source.current().runbooks.map(({ name }) => name)).toContain('worker-stalled');
    source.stop();
  });
});

it('a first file with a mistake is an error', async () => {
  await expect(
    watchRunbooks({ path: '/nowhere/runbooks.yml', logger: pino({ level: 'silent' }) }),
  ).rejects.toBeInstanceOf(RunbookError);
});
