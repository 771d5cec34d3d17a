import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { botLabels, createDoctorWorld, type DoctorWorld } from './doctor-world.ts';

let world: DoctorWorld;
beforeEach(async () => {
  world = await createDoctorWorld();
});
afterEach(() => world.stop());

const found = async (level: string) =>
  (await world.examine())
    .filter((finding) => finding.level === level)
    .map(({ check, text, remedy }) => `${check}: ${text} -> ${remedy}`);

it('finds nothing where everything is as it should be, and says what it looked at', async () => {
  const findings = await world.examine();
  expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
  expect([...new Set(findings.map(({ check }) => check))].sort()).toEqual(
    ['alertmanager', 'bots', 'engine', 'labels', 'log', 'projects', 'prometheus', 'runbooks'].sort(),
  );
});

it('says nothing of a project that has a bot of its own', async () => {
  world.seed('blog', 'site');
  world.seed('blog', 'alert-bot', { labels: botLabels });
  expect(await found('warning')).toEqual([]);
  expect(await found('problem')).toEqual([]);
});

it('asked outside of the bot with no settings, names where to ask', async () => {
  const findings = await world.examineFrom('elsewhere');
  expect(findings.filter(({ level }) => level === 'problem').map(({ text, remedy }) => `${text} -> ${remedy}`)).toEqual(
    [
      'this container knows nothing of the settings of the bot shop-alert-bot-1 -> ask there: docker exec shop-alert-bot-1 alert-bot doctor',
    ],
  );
});

it('waits for the Alertmanagers of a Prometheus that has just started', async () => {
  const { answers } = world.neighbours;
  const known = answers.get('/api/v1/alertmanagers');
  answers.set('/api/v1/alertmanagers', { data: { activeAlertmanagers: [] } });
  const startTime = new Date().toISOString();
  const toJSON = () => {
    answers.set('/api/v1/alertmanagers', known);
    return { data: { startTime } };
  };
  answers.set('/api/v1/status/runtimeinfo', { toJSON });
  expect(await found('problem')).toEqual([]);
});

it('touches nothing', async () => {
  await world.examine();
  expect(world.engine.events).toEqual([]);
});

type Break = (world: DoctorWorld) => unknown;
const label = (labels: Record<string, string>) => ({ labels });

const set =
  (name: string, value: string): Break =>
  ({ env }) => {
    env[name] = value;
  };
const routes =
  (change: (good: string) => string): Break =>
  ({ neighbours }) =>
    neighbours.say(change(neighbours.goodRoutes));

const setUps: [string, Break, RegExp][] = [
  [
    'there is no socket',
    set('DOCKER_HOST', 'unix:///nowhere/docker.sock'),
    /^engine: .*no socket \/nowhere\/docker\.sock -> mount the engine's socket there/,
  ],
  [
    'DOCKER_HOST is ssh://',
    set('DOCKER_HOST', 'ssh://me@there'),
    /^configuration: DOCKER_HOST: ssh:\/\/ is not supported.* -> change DOCKER_HOST/,
  ],
  [
    'the certificates are missing',
    (it) => Object.assign(it.env, { DOCKER_HOST: 'tcp://engine', DOCKER_TLS_VERIFY: '1' }),
    /^configuration: DOCKER_CERT_PATH: is required with TLS.* -> change DOCKER_CERT_PATH/,
  ],
  [
    'the socket proxy lets nothing be listed',
    ({ engine }) => engine.fail({ on: /containers\/json/, how: 403 }),
    /^engine: .*refuses GET \/containers\/json \(403\) -> allow it there \(docker-socket-proxy: CONTAINERS=1\)/,
  ],
  [
    'the socket proxy lets nothing be restarted',
    ({ engine }) => engine.fail({ on: /restart/, how: 403 }),
    /^engine: .*refuses POST .*restart \(403\) -> allow it there .*ALLOW_RESTARTS=1/,
  ],
  [
    'a variable has a typing error',
    set('RUNTIME', 'dokcer'),
    /^configuration: RUNTIME: must be one of docker, .* -> change RUNTIME/,
  ],
  [
    'PROJECTS names a project that is not there',
    set('PROJECTS', 'shop,blogg'),
    /^projects: there is no project blogg on this engine -> PROJECTS must name projects as docker compose ls does: shop/,
  ],
  [
    'two clones are one project',
    ({ seed }) => seed('shop', 'api', label({ 'com.docker.compose.project.working_dir': '/home/me/shop' })),
    /^projects: the project shop has containers from \/srv\/shop and \/home\/me\/shop.* -> .*COMPOSE_PROJECT_NAME/,
  ],
  [
    'nothing opted in',
    ({ engine }) => relabel(engine, { 'self-healing.enable': undefined }),
    /^labels: nothing has opted in.* -> add the label self-healing\.enable: "true"/,
  ],
  [
    'the label says yes',
    ({ engine }) => relabel(engine, { 'self-healing.enable': 'yes' }),
    /^labels: shop\/web has self-healing\.enable=yes, which does not count as a yes -> write self-healing\.enable: "true"/,
  ],
  [
    'what opted in is in another project',
    ({ engine, seed }) => {
      relabel(engine, { 'self-healing.enable': undefined });
      seed('blog', 'site');
    },
    /^labels: blog\/site opted in, but the bot may not act in blog -> set PROJECTS=shop,blog/,
  ],
  [
    'a database opted in',
    ({ seed, engine }) => {
      engine.state.images['postgres:18'] = 'sha256:one';
      seed('shop', 'store', { config: { Image: 'postgres:18' } });
    },
    /^labels: shop\/store opted in with "true", but its image postgres:18 holds data and is protected -> write its own name/,
  ],
  [
    'the runbooks have a mistake',
    ({ runbooks }) => writeFile(runbooks, 'version: 1\nrunbooks:\n  - nam: x\n'),
    /^runbooks: .*runbooks\.yml:3:.* -> mend .*check-runbooks/,
  ],
  [
    'a runbook names what is not there',
    ({ runbooks }) =>
      writeFile(
        runbooks,
        'version: 1\nrunbooks:\n  - name: x\n    match: { alertname: SiteDown }\n    action: { restart: wbe }\n',
      ),
    /^runbooks: the runbook x names wbe, which is not there -> name one of .*web/,
  ],
  [
    'Prometheus is not there',
    set('PROMETHEUS_URL', 'http://127.0.0.1:1'),
    /^prometheus: http:\/\/127\.0\.0\.1:1\/ does not answer.* -> correct PROMETHEUS_URL, or start it/,
  ],
  [
    'Prometheus wants a login',
    ({ neighbours }) => neighbours.answers.set('/api/v1/rules', 401),
    /^prometheus: .*401.* -> set PROMETHEUS_USERNAME and PROMETHEUS_PASSWORD/,
  ],
  [
    'Prometheus has no Alertmanager',
    ({ neighbours }) => neighbours.answers.set('/api/v1/alertmanagers', { data: { activeAlertmanagers: [] } }),
    /^prometheus: .*sends its alerts to no Alertmanager -> add alerting:/,
  ],
  [
    'Alertmanager does not know the bot',
    routes((good) => good.replace('http://alert-bot:5001/alert', 'http://pager/hook')),
    /^alertmanager: no receiver sends to the bot -> add one with webhook_configs/,
  ],
  [
    'no route leads to the bot',
    routes((good) => good.replace('    - { receiver: alert-bot, continue: true }\n', '')),
    /^alertmanager: no route leads to the receiver alert-bot -> add it under route\.routes/,
  ],
  [
    'the route ends at the bot',
    routes((good) => good.replace(', continue: true', '')),
    /^alertmanager: the route to alert-bot takes every alert and ends there.* -> add continue: true/,
  ],
  [
    'Alertmanager sends no token',
    set('ALERT_BOT_TOKEN', 'a-token-of-16-characters'),
    /^alertmanager: the receiver alert-bot sends no token.* -> add http_config/,
  ],
  [
    'the log has no folder',
    ({ folder }) => rm(join(folder, 'log'), { recursive: true }),
    /^log: the folder .* does not exist -> mount a volume there/,
  ],
  [
    'a second bot acts in the same project',
    ({ seed }) =>
      seed('shop', 'healer', {
        labels: { 'org.opencontainers.image.title': 'observability-stack-alert-bot', 'self-healing.enable': 'no' },
      }),
    /^bots: the bots shop-alert-bot-1 and shop-healer-1 both act in shop -> stop one of them, or give them different PROJECTS/,
  ],
  [
    'docker-autoheal runs beside it',
    ({ seed, engine }) => {
      engine.state.images['willfarrell/autoheal:latest'] = 'sha256:one';
      seed('old', 'autoheal', {
        labels: { 'self-healing.enable': 'no' },
        config: { Image: 'willfarrell/autoheal:latest' },
      });
    },
    /^bots: old-autoheal-1 .*restarts unhealthy containers too.* -> stop it/,
  ],
];

/** Changes the labels of every container but the bot. */
function relabel(engine: DoctorWorld['engine'], labels: Record<string, string | undefined>): void {
  for (const { Config, Name } of engine.state.containers) {
    if (Name.includes('alert-bot')) continue;
    for (const [name, value] of Object.entries(labels))
      if (value === undefined) delete Config.Labels[name];
      else Config.Labels[name] = value;
  }
}

describe('the one thing to change when', () => {
  it.each(setUps)('%s', async (_, breakIt, expected) => {
    await breakIt(world);
    const problems = await found('problem');
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
  });
});

describe('a warning, and no problem, when', () => {
  it.each<[string, Break, RegExp]>([
    [
      'the socket proxy hides the events',
      ({ engine }) => engine.fail({ on: /events/, how: 403 }),
      /^engine: the engine's events are not readable.* -> allow GET \/events.*EVENTS=1/,
    ],
    [
      'another project opted in too',
      ({ seed }) => seed('blog', 'site'),
      /^labels: blog\/site opted in, but the bot may not act in blog -> set PROJECTS=shop,blog/,
    ],
    [
      'the log is in the container itself',
      ({ bot }) => {
        bot.Mounts = [];
      },
      /^log: .*ends with the container -> mount a volume at/,
    ],
    [
      'no rule has the name of a runbook',
      ({ neighbours }) => neighbours.answers.set('/api/v1/rules', { data: { groups: [] } }),
      /^prometheus: no rule of .* is called SiteDown/,
    ],
    [
      'a container uses the network of another and did not opt in',
      ({ seed, engine }) =>
        seed('shop', 'client', {
          labels: { 'self-healing.enable': 'false' },
          host: { NetworkMode: `container:${engine.state.containers.find(({ Name }) => Name === '/shop-web-1')?.Id}` },
          networks: {},
        }),
      /^labels: shop\/client uses the network of shop\/web and loses it.* -> add the label to shop\/client too/,
    ],
    [
      'the route does not tell the end',
      routes((good) => good.replace('send_resolved: true', 'send_resolved: false')),
      /^alertmanager: .*does not say when an alert is over -> set send_resolved: true/,
    ],
  ])('%s', async (_, breakIt, expected) => {
    await breakIt(world);
    const warnings = await found('warning');
    expect(await found('problem')).toEqual([]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(expected);
  });
});
