import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadAlertBotConfig } from '../../alert-bot/src/config.ts';
import { loadApiConfig } from '../../api/src/config.ts';
import { loadMigrateConfig } from '../../db/src/config.ts';
import { loadWorkerConfig } from '../../worker/src/config.ts';

interface Service {
  image?: string;
  build?: { dockerfile: string };
  container_name?: string;
  deploy?: object;
  environment?: Record<string, string>;
  ports?: string[];
  networks: string[];
  volumes?: string[];
  healthcheck?: { test: string[] };
  depends_on?: Record<string, object>;
  labels?: Record<string, string>;
  mem_limit?: string;
  restart?: string;
}

const repository = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(repository, path), 'utf8');
const compose = read('docker-compose.yml');
const hardened = read('docker-compose.hardened.yml');
const { services } = parse(compose, { merge: true }) as { services: Record<string, Service> };
const service = (name: string) => services[name] as Service;

/** NAME=value lines of .env.example */
const example = new Map(
  [...read('.env.example').matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
);

/** `${NAME:-default}` and `${NAME:?message}` of a compose file, comments left out, those inside of a default too */
function variablesOf(text: string): { name: string; fallback: string | undefined }[] {
  const found: { name: string; fallback: string | undefined }[] = [];
  const innermost = /\$\{([A-Z_]+)(?::-([^${}]*))?(?::\?[^}]*)?\}/g;
  let code = text.replace(/^\s*#.*$/gm, '');
  while (code.search(innermost) >= 0)
    code = code.replace(innermost, (_all, name: string, fallback?: string) => {
      found.push({ name, fallback: fallback?.replaceAll('\0', '…') });
      return '\0';
    });
  return found;
}

describe('.env.example', () => {
  test('lists every variable that the compose files use, that of the project, and no other', () => {
    const used = new Set([...variablesOf(compose), ...variablesOf(hardened)].map(({ name }) => name));
    used.add('COMPOSE_PROJECT_NAME');
    expect([...example.keys()].sort()).toEqual([...used].sort());
  });

  test('has image pins before anything else', () => {
    const names = [...example.keys()];
    const pins = names.filter((name) => name.endsWith('_IMAGE'));
    expect(names.slice(0, pins.length)).toEqual(pins);
  });

  test('says what the default is: copying it to .env changes nothing', () => {
    // An empty line in the example leaves the default of the compose file, which may differ in the hardened overlay, in force.
    for (const { name, fallback } of variablesOf(compose))
      if (fallback !== '' && !fallback?.includes('…') && example.get(name) !== '')
        expect(example.get(name), name).toBe(fallback);
  });

  const configs = {
    api: loadApiConfig({ DATABASE_URL: 'postgres://x@y/z' }),
    worker: loadWorkerConfig({ DATABASE_URL: 'postgres://x@y/z' }),
    migrate: loadMigrateConfig({ DATABASE_URL: 'postgres://x@y/z' }),
    'alert-bot': loadAlertBotConfig({}),
  };

  test.each(Object.entries(configs))(
    'agrees with the defaults in the code of %s for what compose passes on',
    (name, config) => {
      for (const [variable, value] of Object.entries(service(name).environment ?? {})) {
        if (value !== `\${${variable}:-}` || example.get(variable) === '') continue;
        expect(String((config as Record<string, unknown>)[variable]), variable).toBe(example.get(variable));
      }
    },
  );
});

describe('docker-compose.hardened.yml', () => {
  const required = [...hardened.replace(/^\s*#.*$/gm, '').matchAll(/\$\{([A-Z_]+):\?(.*)\}$/gm)];
  const names = required.map(([, name]) => name);

  test('asks once for each secret, and the message for any of them names all, with what is set already', () => {
    expect([...new Set(names)]).toEqual(names);
    expect(names).toEqual(expect.arrayContaining(['POSTGRES_PASSWORD', 'ALERT_BOT_TOKEN', 'AGENT_TOKEN']));
    for (const [, , message] of required)
      for (const name of names) expect(message).toContain(`${name}\${${name}:+ (set)}`);
  });

  test('the command of docs/operations.md makes all of them', () => {
    const [, made = ''] = /for name in ([A-Z_ ]+); do/.exec(read('docs/operations.md')) ?? [];
    expect(made.split(' ').sort()).toEqual([...names].sort());
  });
});

/** What compose makes of a text in this environment. An empty variable counts as unset. */
function interpolate(text: string, env: Readonly<Record<string, string>>): string {
  const innermost = /\$\{([A-Z_]+)(?::-([^${}]*))?\}/g;
  let result = text;
  while (result.search(innermost) >= 0)
    result = result.replace(innermost, (_all, name: string, fallback = '') => env[name] || fallback);
  return result;
}

describe('links', () => {
  const ports = { ALERT_BOT_PORT: '6001', GRAFANA_PORT: '6002', PROMETHEUS_PORT: '6003', ALERTMANAGER_PORT: '6004' };
  /** Where a browser is sent, by who says it. */
  const linksIn = (env: Record<string, string>) => {
    const variable = (name: string, key: string) => interpolate(service(name).environment?.[key] ?? '', env);
    const externalUrl = (name: string) =>
      interpolate(
        String((service(name) as { command?: string[] }).command?.find((each) => each.includes('external-url'))),
        env,
      ).split('=')[1];
    return {
      bot: [variable('alert-bot', 'PUBLIC_URL'), variable('prometheus', 'ALERT_BOT_LINK_URL')],
      grafana: [
        variable('alert-bot', 'GRAFANA_LINK_URL'),
        variable('prometheus', 'GRAFANA_LINK_URL'),
        variable('grafana', 'GF_SERVER_ROOT_URL'),
      ],
      prometheus: [variable('alert-bot', 'PROMETHEUS_LINK_URL'), externalUrl('prometheus')],
      alertmanager: [externalUrl('alertmanager')],
    };
  };
  const at = (host: string, [bot, grafana, prometheus, alertmanager]: readonly string[]) => ({
    bot: Array(2).fill(`http://${host}:${bot}`),
    grafana: Array(3).fill(`http://${host}:${grafana}`),
    prometheus: Array(2).fill(`http://${host}:${prometheus}`),
    alertmanager: [`http://${host}:${alertmanager}`],
  });

  test.each<[string, Record<string, string>, string]>([
    ['this machine', {}, 'localhost'],
    ['the address that is published', { BIND_ADDRESS: '192.168.7.7' }, '192.168.7.7'],
    ['PUBLIC_HOST', { BIND_ADDRESS: '0.0.0.0', PUBLIC_HOST: 'box' }, 'box'],
  ])('lead to %s', (_name, env, host) => {
    expect(linksIn(env)).toEqual(at(host, ['5001', '3000', '9090', '9093']));
    expect(linksIn({ ...env, ...ports })).toEqual(at(host, ['6001', '6002', '6003', '6004']));
  });

  test('name no machine anywhere else', () => {
    const fixed = compose.replace(/^\s*#.*$/gm, '').match(/(?<!:-)https?:\/\/localhost\S*/g) ?? [];
    expect(fixed).toEqual([]);
  });

  test('may be followed: PUBLIC_HOST is a host that the services answer for', () => {
    for (const name of ['api', 'worker', 'alert-bot'])
      expect(
        interpolate(service(name).environment?.['ALLOWED_HOSTS'] ?? '', { PUBLIC_HOST: 'box.example.org' }),
        name,
      ).toBe('box.example.org');
  });
});

describe('two clones on one host', () => {
  test('are two projects: no compose file names the project, so that it is called like the folder', () => {
    for (const text of [compose, hardened]) expect(parse(text, { merge: true })).not.toHaveProperty('name');
    expect(example.get('COMPOSE_PROJECT_NAME')).toBe('');
  });

  test('share nothing that has a name of its own: no volume, network or image is named, and every port has a variable', () => {
    const { volumes, networks } = parse(compose, { merge: true }) as Record<string, Record<string, object>>;
    for (const [name, body] of Object.entries({ ...volumes, ...networks }))
      for (const key of ['name', 'external']) expect(body, name).not.toHaveProperty(key);
    for (const [name, { build, image }] of Object.entries(services)) if (build) expect(image, name).toBeUndefined();
  });
});

describe('docker-compose.yml', () => {
  // Set by the image, by the compose project or by a unit that is not a container.
  const left = [
    'HOST',
    'PORT',
    'DOCKER_HOST',
    'DOCKER_TLS_VERIFY',
    'DOCKER_CERT_PATH',
    'COMPOSE_PROJECT',
    'AGENT_URL',
    'AGENT_TOKEN',
    'AGENT_MAX_REPLICAS',
    'AGENT_MAX_ACTIONS_PER_HOUR',
    'AGENT_REPAIRS_HELD',
    'INCIDENT_LOG_PATH',
    'MIGRATE_TIMEOUT_MS',
    'MEMORY_LIMIT_MB',
    // the stack's own Prometheus and Alertmanager have no login
    ...['PROMETHEUS', 'ALERTMANAGER'].flatMap((source) =>
      ['USERNAME', 'PASSWORD', 'BEARER_TOKEN'].map((part) => `${source}_${part}`),
    ),
  ];

  test.each(['api', 'worker', 'migrate', 'alert-bot'] as const)('passes every variable of %s on', (name) => {
    const folder = name === 'migrate' ? 'db' : name;
    const names = [...read(`${folder}/src/config.ts`).matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(
      ([, variable = '']) => variable,
    );
    const passed = Object.keys(service(name).environment ?? {});
    expect(names.length).toBeGreaterThan(2);
    expect(names.filter((variable) => !passed.includes(variable) && !left.includes(variable))).toEqual([]);
  });

  test('has no container_name, which forbids scaling, and no deploy section, whose appearance recreates every replica', () => {
    for (const [name, { container_name, deploy }] of Object.entries(services))
      expect({ container_name, deploy }, name).toEqual({ container_name: undefined, deploy: undefined });
  });

  test('opts exactly the API and the worker in to self-healing', () => {
    const optedIn = Object.entries(services).filter(([, { labels }]) => labels?.['self-healing.enable'] === 'true');
    expect(optedIn.map(([name]) => name)).toEqual(['api', 'worker']);
  });

  test('gives the Docker socket to the alert bot only', () => {
    const holders = Object.entries(services).filter(([, { volumes }]) =>
      volumes?.some((volume) => volume.includes('docker.sock')),
    );
    expect(holders.map(([name]) => name)).toEqual(['alert-bot']);
  });

  test('lets nothing depend on the worker: starting the dependent would scale the worker back', () => {
    for (const [name, { depends_on }] of Object.entries(services))
      expect(Object.keys(depends_on ?? {}), name).not.toContain('worker');
  });

  test('keeps the alert bot independent of everything it may have to heal', () => {
    expect(service('alert-bot').depends_on).toBeUndefined();
  });

  test('keeps the database on a network of its own, away from Prometheus, Alertmanager and the alert bot', () => {
    expect(service('db').networks).toEqual(['data']);
    for (const name of ['prometheus', 'alertmanager', 'alert-bot', 'node-exporter', 'blackbox-exporter'])
      expect(service(name).networks, name).toEqual(['monitoring']);
  });

  test('publishes every port on BIND_ADDRESS', () => {
    for (const [name, { ports = [] }] of Object.entries(services))
      for (const port of ports)
        expect(port, name).toMatch(/^\$\{BIND_ADDRESS:-127\.0\.0\.1\}:\$\{[A-Z_]+_PORT:-\d+\}:\d+$/);
  });

  test('limits the memory of every service and checks the health of every one that runs an image of others', () => {
    for (const [name, { mem_limit, build, healthcheck }] of Object.entries(services)) {
      expect(mem_limit, name).toMatch(/^\d+m$/);
      if (!build) expect(healthcheck?.test[0], name).toBe('CMD');
    }
  });

  test('has the same order of keys in every service', () => {
    const order = [
      '<<',
      'image',
      'build',
      'restart',
      'user',
      'entrypoint',
      'command',
      'ports',
      'networks',
      'environment',
      'volumes',
      'tmpfs',
      'healthcheck',
      'depends_on',
      'stop_grace_period',
      'mem_limit',
      'shm_size',
      'pids_limit',
      'scale',
      'labels',
    ];
    const raw = parse(compose) as { services: Record<string, object> };
    for (const [name, keys] of Object.entries(raw.services).map(([each, body]) => [each, Object.keys(body)] as const))
      expect(keys, name).toEqual([...keys].sort((a, b) => order.indexOf(a) - order.indexOf(b)));
  });
});

describe('the Dockerfiles', () => {
  const dockerfiles = ['api', 'worker', 'alert-bot', 'db'].map((name) => [name, read(`${name}/Dockerfile`)] as const);
  const dependencies = (text: string) => /^FROM \$\{NODE_IMAGE\} AS dependencies\n[\s\S]*?(?=^FROM)/m.exec(text)?.[0];

  test.each(dockerfiles)('%s: the base image is the pinned one', (_name, text) => {
    expect(/^ARG NODE_IMAGE=(.*)$/m.exec(text)?.[1]).toBe(example.get('NODE_IMAGE'));
  });

  test('share the stage that runs npm ci word for word, so that it runs once', () => {
    expect(new Set(dockerfiles.map(([, text]) => dependencies(text))).size).toBe(1);
  });

  test('know every workspace: npm ci refuses a lockfile with one that is missing', () => {
    const { workspaces } = JSON.parse(read('package.json')) as { workspaces: string[] };
    const stage = dependencies(dockerfiles[0]?.[1] ?? '') ?? '';
    const copied = [...stage.matchAll(/^COPY (\S+)\/package\.json \1\/$/gm)].map(([, name]) => name);
    expect(copied.sort()).toEqual([...workspaces].sort());
  });

  test.each(dockerfiles.filter(([name]) => name !== 'db'))(
    '%s: its compile cache is made for the path that it runs from, by the stage before',
    (_name, text) => {
      const made = /NODE_COMPILE_CACHE=(\S+) warm-up node (\S+)/.exec(text);
      expect(made?.slice(1)).toEqual(['/app/.compile-cache', '/app/main.js']);
      expect(text).toContain('COPY --from=build /app ./');
      expect(/^ENV .*NODE_COMPILE_CACHE=(\S+)$/m.exec(text)?.[1]).toBe('/app/.compile-cache');
    },
  );

  test('nobody has node read source maps at the start: it takes as long as everything else together', () => {
    for (const text of [...dockerfiles.map(([, each]) => each), read('docker/alert-bot')])
      expect(text).not.toContain('--enable-source-maps');
  });
});
