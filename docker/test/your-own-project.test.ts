import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { judgeRoutes } from '../../alert-bot/src/cli/doctor/judge-routes.ts';
import { parseRunbooks } from '../../alert-bot/src/runbooks/load-runbooks.ts';

const repository = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(repository, path), 'utf8');
const page = read('docs/your-own-project.md');

/** Every yaml block, as a reader copies it. */
const blocks = [...page.matchAll(/^```yaml\n(# (\S+)\n[\s\S]*?)^```$/gm)].map(([, text = '', file = '']) => ({
  text,
  file,
}));

describe('docs/your-own-project.md', () => {
  it('says of every yaml block which file it is', () => {
    expect(blocks.length).toBe([...page.matchAll(/^```yaml$/gm)].length);
    expect([...new Set(blocks.map(({ file }) => file))].sort()).toEqual([
      'alert-bot/runbooks.yml',
      'alertmanager.yml',
      'compose.yml',
    ]);
  });

  it.each(blocks)(
    'has a block of $file that stands alone: no anchor, no key twice, no key that the file does not have',
    ({ text, file }) => {
      expect(text).not.toMatch(/<<:|[:[-] [&*]\w/);
      const content = parse(text, { strict: true, uniqueKeys: true }) as unknown;
      if (file === 'compose.yml') checkCompose(content as ComposeFile);
      else if (file === 'alertmanager.yml')
        expect(judgeRoutes(text, { hosts: ['alert-bot'], hasToken: false })).toEqual([]);
      else expect(parseRunbooks(text, file).runbooks.length).toBeGreaterThan(0);
    },
  );

  it('names every variable and label of docker-autoheal, and every label of Docker-Guardian', () => {
    for (const name of [
      ...['CONTAINER_LABEL', 'INTERVAL', 'START_PERIOD', 'DEFAULT_STOP_TIMEOUT', 'ONLY_MONITOR_RUNNING'].map(
        (each) => `AUTOHEAL_${each}`,
      ),
      ...['WEBHOOK_URL', 'POST_RESTART_SCRIPT', 'DOCKER_SOCK', 'autoheal=true', 'autoheal.stop.timeout'],
      ...[
        'autoheal.action=restart',
        'autoheal.action=stop',
        'autoheal.notify',
        'docker-volume-backup.stop-during-backup',
      ],
    ])
      expect(page, name).toContain(name);
  });
});

interface ComposeFile {
  services: Record<string, { image?: string; volumes?: string[]; networks?: string[] }>;
  volumes?: object;
  networks?: object;
}

/** What `docker compose config` would refuse: a volume or network that nobody declares, a service without an image. */
function checkCompose({ services, volumes = {}, networks = {}, ...others }: ComposeFile): void {
  expect(Object.keys(others)).toEqual([]);
  for (const [name, service] of Object.entries(services)) {
    expect(service.image, name).toBeDefined();
    const named = (service.volumes ?? [])
      .map((volume) => volume.split(':')[0] as string)
      .filter((source) => /^\w/.test(source));
    expect(Object.keys(volumes)).toEqual(expect.arrayContaining(named));
    expect(Object.keys(networks)).toEqual(expect.arrayContaining(service.networks ?? []));
  }
}

describe('what users copy has the image that this version builds', () => {
  const version = (JSON.parse(read('package.json')) as { version: string }).version;
  const files = [
    'install/compose.yml',
    'docs/your-own-project.md',
    ...readdirSync(join(repository, 'examples'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('compose.yml'))
      .map((path) => `examples/${path}`),
  ];

  it.each(files)('%s', (path) => {
    const tags = [...read(path).matchAll(/observability-stack\/alert-bot:([\w.-]+)/g)].map(([, tag]) => tag);
    expect([...new Set(tags)].filter((tag) => tag !== version)).toEqual([]);
    for (const [, name, tag] of read(path).matchAll(/image: (prom\/[\w-]+):(\S+)/g))
      expect(read('.env.example')).toContain(`${name}:${tag}`);
  });
});
