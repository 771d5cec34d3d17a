import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { judgeRoutes } from '../../src/cli/doctor/judge-routes.ts';
import { type InitPlan, planInit } from '../../src/cli/init/plan-init.ts';
import { renderCompose } from '../../src/cli/init/render-compose.ts';
import { renderRoute } from '../../src/cli/init/render-route.ts';
import { renderRunbooks } from '../../src/cli/init/render-runbooks.ts';
import { parseInit } from '../../src/cli/init.ts';
import { surveyEngine } from '../../src/cli/survey.ts';
import { parseRunbooks } from '../../src/runbooks/load-runbooks.ts';
import { createDockerEngine } from '../../src/runtime/docker/docker-engine.ts';
import { type FakeEngine, startFakeEngine } from '../runtime/fake-engine.ts';
import { composeBody, type ServiceOverrides } from '../runtime/fake-world.ts';

let engine: FakeEngine;
beforeEach(async () => {
  engine = await startFakeEngine();
});
afterEach(() => engine.stop());

const seed = (
  project: string,
  service: string,
  { image, labels, ...overrides }: ServiceOverrides & { image?: string } = {},
) => {
  if (image) engine.state.images[image] = 'sha256:one';
  return engine.seed(
    `${project}-${service}-1`,
    composeBody(service, {
      ...overrides,
      config: { ...(image && { Image: image }) },
      labels: { 'com.docker.compose.project': project, ...labels },
    }),
  );
};
const unlabelled = { labels: { 'self-healing.enable': '' } };

async function plan(projects?: string[]): Promise<InitPlan> {
  const client = createDockerEngine({ dockerHost: engine.dockerHost });
  const nobody = async () => ({ hostname: 'host', mountinfo: '', cgroup: '' });
  return planInit(await surveyEngine(client, nobody), { projects, defaultImage: 'bot:1' });
}

interface ComposeFile {
  services: {
    'alert-bot': {
      image: string;
      ports: string[];
      environment: Record<string, string>;
      networks?: string[];
      extra_hosts?: string[];
    };
  };
  networks?: Record<string, { external?: boolean; name?: string }>;
}
const compose = (of: InitPlan) => parse(renderCompose(of), { strict: true, uniqueKeys: true }) as ComposeFile;

describe('init', () => {
  it('prints a service without anchors that acts in the projects where something opted in', async () => {
    seed('shop', 'web');
    seed('blog', 'site', unlabelled);
    const text = renderCompose(await plan());
    expect(text).not.toMatch(/<<:|[:[-] [&*]\w/);
    expect(compose(await plan()).services['alert-bot']).toMatchObject({
      image: 'bot:1',
      environment: { PROJECTS: 'shop' },
    });
  });

  it('takes all projects where nothing opted in yet, and says which services need the label', async () => {
    seed('shop', 'web', unlabelled);
    seed('blog', 'site', unlabelled);
    const text = renderCompose(await plan());
    expect(text).toContain('# blog/site, shop/web');
    expect(compose(await plan()).services['alert-bot'].environment['PROJECTS']).toBe('blog,shop');
  });

  it('puts the bot on the networks of the Prometheus and the Alertmanager that it found', async () => {
    seed('shop', 'web');
    seed('watch', 'prometheus', { image: 'prom/prometheus:v3', networks: { watch_back: {} } });
    seed('watch', 'alertmanager', { image: 'registry.example.org/prom/alertmanager:v1', networks: { watch_back: {} } });
    const { services, networks } = compose(await plan());
    expect(services['alert-bot'].environment).toMatchObject({
      PROMETHEUS_URL: 'http://prometheus:9090',
      ALERTMANAGER_URL: 'http://alertmanager:9093',
    });
    expect(services['alert-bot'].networks).toEqual(['default', 'watched-1']);
    expect(networks?.['watched-1']).toEqual({ external: true, name: 'watch_back' });
  });

  it('reaches a Prometheus on the network of the host through the host', async () => {
    seed('watch', 'prometheus', { image: 'prom/prometheus:v3', host: { NetworkMode: 'host' }, networks: { host: {} } });
    const { services } = compose(await plan());
    expect(services['alert-bot'].environment['PROMETHEUS_URL']).toBe('http://host.docker.internal:9090');
    expect(services['alert-bot'].extra_hosts).toEqual(['host.docker.internal:host-gateway']);
  });

  it('prints runbooks that are usable, watch only, and name what a restart may cure', async () => {
    seed('shop', 'web');
    seed('shop', 'store', { image: 'postgres:18' });
    const { runbooks } = parseRunbooks(renderRunbooks(await plan()), 'runbooks.yml');
    expect(runbooks.map(({ target, mode }) => [target, mode])).toEqual([
      ['{project}/{service}', 'observe'],
      ['shop/web', 'observe'],
    ]);
  });

  it('prints a route behind which people still hear everything', () => {
    expect(parseAllDocuments(renderRoute())).toHaveLength(1);
    expect(judgeRoutes(renderRoute(), { hosts: ['alert-bot'], hasToken: false })).toEqual([]);
  });

  it('writes names from outside as what they are: no YAML and no variable of compose', async () => {
    const strange = await plan();
    const prometheus = { url: 'http://p"}\n  evil: 1 $HOME:9090', network: 'n: [x' };
    const { services, networks } = compose({ ...strange, prometheus });
    expect(services['alert-bot'].environment['PROMETHEUS_URL']).toBe('http://p"}\n  evil: 1 $$HOME:9090');
    expect(networks?.['watched-1']?.name).toBe('n: [x');
  });

  it.each<[string[], ReturnType<typeof parseInit>]>([
    [[], {}],
    [['compose'], { part: 'compose' }],
    [['runbooks', '--projects', 'a,b'], { part: 'runbooks', projects: ['a', 'b'] }],
    [['--projects=*'], { projects: ['*'] }],
    [['everything'], undefined],
    [['compose', 'route'], undefined],
    [['--projects'], undefined],
    [['--unknown'], undefined],
  ])('understands %j', (args, expected) => {
    expect(parseInit(args)).toEqual(expected);
  });
});
