import { describe, expect, it } from 'vitest';
import { splitEndpoints } from '../../src/runtime/docker/add-replica.ts';
import { cloneContainer, replicaName } from '../../src/runtime/docker/clone-container.ts';
import { type CloneRefusalCode, findCloneRefusal } from '../../src/runtime/docker/clone-refusal.ts';
import type { ContainerInspect, CreateBody } from '../../src/runtime/docker/engine-types.ts';
import { createContainer, defaultBehaviour } from './fake-container.ts';
import { composeBody, type ServiceOverrides } from './fake-world.ts';

const volume = 'a'.repeat(64);

function inspectOf(
  overrides: ServiceOverrides = {},
  edit: (source: ContainerInspect) => void = () => {},
): ContainerInspect {
  const source = createContainer(
    overrides.name ?? 'demo-worker-1',
    composeBody('worker', overrides),
    'sha256:one',
    defaultBehaviour,
  );
  edit(source);
  return source;
}

const clone = (source: ContainerInspect, currentImageId: string | undefined = 'sha256:one'): CreateBody =>
  cloneContainer(source, { number: 4, name: 'demo-worker-4', currentImageId });

describe('a clone', () => {
  it('is named after the next number, with the separator of its source', () => {
    expect(replicaName(inspectOf(), 4)).toBe('demo-worker-4');
    expect(replicaName(inspectOf({ name: 'demo_worker_1' }), 4)).toBe('demo_worker_4');
  });

  it('has the labels of its source, with its own number and without the trace of a replacement', () => {
    const source = inspectOf({ labels: { 'com.docker.compose.replace': 'worker-1', mine: 'kept' } });
    const { 'com.docker.compose.replace': _, ...kept } = source.Config.Labels;
    const own = { 'com.docker.compose.container-number': '4', 'self-healing.cloned-from': source.Id };
    expect(clone(source).Labels).toEqual({ ...kept, ...own });
    expect(clone(source).Labels['com.docker.compose.config-hash']).toBe('c0ffee');
  });

  it('gets a host name of its own, unless the user chose one', () => {
    expect(clone(inspectOf())).not.toHaveProperty('Hostname');
    expect(clone(inspectOf({ config: { Hostname: 'chosen' } })).Hostname).toBe('chosen');
  });

  it('never has a MAC address: the API from 1.52 on answers 400 to one', () => {
    expect(clone(inspectOf({ config: { MacAddress: '02:42:00:00:00:01' } }))).not.toHaveProperty('MacAddress');
  });

  it.each([
    ['the tag still names it', 'sha256:one', 'app:1'],
    ['the tag moved on', 'sha256:two', 'sha256:one'],
    ['the tag is gone', undefined, 'sha256:one'],
  ])('runs the image that its source runs: %s', (_, currentImageId, image) => {
    expect(cloneContainer(inspectOf(), { number: 4, name: 'demo-worker-4', currentImageId }).Image).toBe(image);
  });

  it('has everything else that its source was configured with, also what this version does not know', () => {
    const config = {
      Env: ['A=1'],
      Cmd: ['run'],
      Entrypoint: ['init'],
      User: 'node',
      Healthcheck: { Test: ['CMD', 'true'] },
      Future: 1,
    };
    const host = {
      Memory: 42,
      Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }],
      CapDrop: ['ALL'],
      ReadonlyRootfs: true,
      Future: 2,
    };
    const source = inspectOf({ config, host });
    const made = clone(source);
    expect(made).toMatchObject({ ...config, StopTimeout: 3 });
    expect(made.HostConfig).toEqual(source.HostConfig);
  });

  it.each([
    [
      'a named volume',
      { Type: 'volume', Source: 'demo_data', Target: '/data' },
      {},
      [{ Type: 'volume', Source: 'demo_data', Target: '/data' }],
    ],
    [
      'a bind',
      { Type: 'bind', Source: '/srv', Target: '/srv' },
      {},
      [{ Type: 'bind', Source: '/srv', Target: '/srv' }],
    ],
    ['an anonymous volume', { Type: 'volume', Target: '/anon' }, {}, [{ Type: 'volume', Target: '/anon' }]],
    [
      'an anonymous volume that compose pinned',
      { Type: 'volume', Source: volume, Target: '/anon' },
      {},
      [{ Type: 'volume', Target: '/anon' }],
    ],
    ['a pinned volume of the image', { Type: 'volume', Source: volume, Target: '/anon' }, { '/anon': {} }, []],
  ])('shares %s only where the user named it', (_, mount, Volumes, expected) => {
    expect(clone(inspectOf({ host: { Mounts: [mount] }, config: { Volumes } })).HostConfig.Mounts).toEqual(expected);
  });

  it('gets an anonymous volume of its own in place of a pinned one among the binds', () => {
    const made = clone(inspectOf({ host: { Binds: [`${volume}:/anon:rw`, 'demo_data:/data:rw'] } }));
    expect(made.HostConfig.Binds).toEqual(['demo_data:/data:rw']);
    expect(made.Volumes).toEqual({ '/anon': {} });
  });

  it('answers to its own name and to the aliases of the service, not to those of its source', () => {
    const source = inspectOf();
    const [network] = Object.values(source.NetworkSettings.Networks ?? {});
    network!.Aliases = ['demo-worker-1', 'worker', 'extra', source.Id.slice(0, 12)];
    expect(clone(source).NetworkingConfig.EndpointsConfig['demo_back']?.Aliases).toEqual([
      'demo-worker-4',
      'worker',
      'extra',
    ]);
  });

  it('takes from an endpoint only what the user asked for, never an address, an id or a MAC', () => {
    const endpoint = {
      ...{ Aliases: ['worker'], Links: ['db:db'], DriverOpts: { x: '1' }, GwPriority: 3 },
      ...{
        IPAMConfig: {},
        IPAddress: '172.18.0.2',
        MacAddress: '02:42:ac:12:00:02',
        Gateway: '172.18.0.1',
        DNSNames: ['worker'],
      },
      ...{ NetworkID: 'n', EndpointID: 'e', IPPrefixLen: 16 },
    };
    const made = clone(inspectOf({ networks: { demo_back: endpoint } }));
    expect(made.NetworkingConfig.EndpointsConfig).toEqual({
      demo_back: { Aliases: ['demo-worker-4', 'worker'], Links: ['db:db'], DriverOpts: { x: '1' }, GwPriority: 3 },
    });
  });

  it.each(['host', 'none', 'bridge'])(
    'has no endpoint settings in network mode %s, which takes none',
    (NetworkMode) => {
      const made = clone(inspectOf({ host: { NetworkMode }, networks: { [NetworkMode]: {} } }));
      expect(made.NetworkingConfig.EndpointsConfig).toEqual({});
    },
  );

  it('has no host name in network mode host, where it would be that of the machine', () => {
    const made = clone(inspectOf({ host: { NetworkMode: 'host' }, config: { Hostname: 'machine' } }));
    expect(made).not.toHaveProperty('Hostname');
  });

  it('leaves its source as it was', () => {
    const source = inspectOf({ host: { Mounts: [{ Type: 'volume', Source: volume, Target: '/anon' }] } });
    const before = structuredClone(source);
    clone(source);
    expect(source).toEqual(before);
  });
});

describe('a second replica is refused for', () => {
  const ports = (...HostPort: string[]) => ({
    PortBindings: { '80/tcp': HostPort.map((port) => ({ HostPort: port })) },
  });
  it.each<[string, ServiceOverrides, CloneRefusalCode | undefined]>([
    ['nothing: a plain service', {}, undefined],
    ['nothing: a port that the engine chooses', { host: ports('', '0') }, undefined],
    ['nothing: a range of ports', { host: ports('8000-8010') }, undefined],
    ['nothing: an empty binding', { host: { PortBindings: { '80/tcp': null } } }, undefined],
    ['a fixed host port', { host: ports('8080') }, 'fixed_host_port'],
    ['a fixed host port beside a free one', { host: ports('', '8080') }, 'fixed_host_port'],
    ['a container_name', { name: 'the-one' }, 'container_name'],
    [
      'a static IPv4 address',
      { networks: { demo_back: { IPAMConfig: { IPv4Address: '172.18.0.9' } } } },
      'static_address',
    ],
    [
      'a static IPv6 address',
      { networks: { demo_back: { IPAMConfig: { IPv6Address: 'fd00::9' } } } },
      'static_address',
    ],
    ['a fixed MAC address', { config: { MacAddress: '02:42:00:00:00:01' } }, 'mac_address'],
    [
      "another container's network",
      { host: { NetworkMode: `container:${'b'.repeat(64)}` } },
      'shared_network_namespace',
    ],
    ["another service's network", { host: { NetworkMode: 'service:db' } }, 'shared_network_namespace'],
    ['a container that removes itself', { host: { AutoRemove: true } }, 'auto_remove'],
  ])('%s', (_, overrides, code) => {
    expect(findCloneRefusal(inspectOf(overrides))?.code).toBe(code);
  });
});

describe('the endpoints of a clone go', () => {
  it.each(['1.44', '1.51', '2.0'])('all into the creation on API %s', (version) => {
    const body = clone(inspectOf());
    expect(splitEndpoints(body, version)).toEqual({ body, laterEndpoints: {} });
  });

  it.each(['1.24', '1.41', '1.43'])('one by one before API 1.44, that of the network mode first (%s)', (version) => {
    const body = clone(inspectOf());
    const { demo_back, demo_front } = body.NetworkingConfig.EndpointsConfig;
    const split = splitEndpoints(body, version);
    expect(split.body.NetworkingConfig.EndpointsConfig).toEqual({ demo_back });
    expect(split.laterEndpoints).toEqual({ demo_front });
  });
});
