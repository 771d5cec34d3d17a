import { createLogger } from '@stack/service-kit/logger';
import { eventually } from '@stack/test-kit/eventually';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { registerContainerMetrics } from '../../src/containers/container-metrics.ts';
import { createContainerSampler } from '../../src/containers/container-sampler.ts';
import { type FakeEngine, startFakeEngine } from '../runtime/fake-engine.ts';
import { createFakeRuntime, seedService } from '../runtime/fake-world.ts';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

/** A Docker runtime on a fake engine, sampled by hand at a time that the test sets. */
async function useContainers({ intervalMs = 5_000 } = {}) {
  const engine = await startFakeEngine();
  cleanUp.push(() => engine.stop());
  const runtime = createFakeRuntime(engine);
  cleanUp.push(() => runtime.close?.());
  const { meter } = runtime;
  if (!meter) throw new Error('the Docker runtime measures nothing');
  let later = 0;
  const logger = createLogger({ service: 'test', level: 'silent' });
  const sampler = createContainerSampler({ meter, intervalMs, logger, now: () => performance.now() + later });
  cleanUp.push(() => sampler.stop());
  const registry = new Registry();
  registerContainerMetrics(registry, sampler);
  const lines = async () => (await registry.metrics()).split('\n').filter((line) => !line.startsWith('#'));
  return {
    ...{ engine, runtime, sampler, registry },
    pass: (ms: number) => {
      later += ms;
    },
    value: async (name: string, replica: string, more = '') => {
      const line = (await lines()).find((one) => one.startsWith(`${name}{`) && one.includes(`"${replica}"${more}`));
      return line === undefined ? undefined : Number(line.split(' ').at(-1));
    },
    linesOf: async (replica: string) => (await lines()).filter((line) => line.includes(`replica="${replica}"`)),
  };
}

const megabyte = 1024 * 1024;
const endings = (engine: FakeEngine) => engine.requests.filter(({ url }) => url.includes('/stats')).length;

describe('what a container uses', () => {
  it.each([1, 2] as const)(
    'is the same on cgroup v%i: memory without page cache, devices and interfaces added up',
    async (cgroup) => {
      const { engine, sampler, value } = await useContainers();
      const uses = { cgroup, usage: 300 * megabyte, inactiveFile: 50 * megabyte, cpuNanoseconds: 2.5e9 };
      seedService(engine, 'web', { host: { Memory: 384 * megabyte, NanoCpus: 5e8 } }, { uses });
      await sampler.sample();
      const web = (name: string) => value(name, 'demo-web-1');
      expect(await web('container_memory_working_set_bytes')).toBe(250 * megabyte);
      expect(await web('container_spec_memory_limit_bytes')).toBe(384 * megabyte);
      expect(await web('container_cpu_usage_seconds_total')).toBe(2.5);
      expect(await web('container_spec_cpu_limit_cores')).toBe(0.5);
      expect(await web('container_cpu_cfs_periods_total')).toBe(40);
      expect(await web('container_cpu_cfs_throttled_periods_total')).toBe(4);
      expect(await web('container_cpu_cfs_throttled_seconds_total')).toBe(0.25);
      expect(await web('container_network_receive_bytes_total')).toBe(1_030);
      expect(await web('container_network_transmit_bytes_total')).toBe(2_040);
      expect(await web('container_fs_reads_bytes_total')).toBe(505);
      expect(await web('container_fs_writes_bytes_total')).toBe(700);
      expect(await web('container_restarts_total')).toBe(0);
      expect(await web('container_oom_events_total')).toBe(0);
      expect(await web('container_start_time_seconds')).toBeGreaterThan(1_700_000_000);
    },
  );

  it('has the labels project, service and replica, and no limit where there is none', async () => {
    const { engine, sampler, linesOf } = await useContainers();
    seedService(engine, 'web', { host: { Memory: 0, CpuQuota: 0 } });
    await sampler.sample();
    const lines = await linesOf('demo-web-1');
    expect(lines.join('\n')).toContain(
      'container_memory_working_set_bytes{project="demo",service="web",replica="demo-web-1"} ',
    );
    expect(lines.join('\n')).not.toContain('limit');
  });

  it('reads a CPU limit that was given as quota and period', async () => {
    const { engine, sampler, value } = await useContainers();
    seedService(engine, 'web', { host: { CpuQuota: 30_000, CpuPeriod: 20_000 } });
    seedService(engine, 'mail', { host: { CpuQuota: 50_000 } });
    await sampler.sample();
    expect(await value('container_spec_cpu_limit_cores', 'demo-web-1')).toBe(1.5);
    expect(await value('container_spec_cpu_limit_cores', 'demo-mail-1')).toBe(0.5);
  });

  it('counts what the kernel killed for memory, also after the engine started it again', async () => {
    const { engine, sampler, value } = await useContainers();
    const web = seedService(engine, 'web');
    await sampler.sample();
    await eventually(() => (engine.state.stream?.subscribers() ?? 0) > 0);
    for (const action of ['oom', 'die', 'start', 'oom', 'die', 'start']) engine.state.stream?.emit(action, web);
    await eventually(async () => {
      await sampler.sample();
      expect(await value('container_oom_events_total', 'demo-web-1')).toBe(2);
    });
  });

  it('counts an event once that is heard again after a lost connection', async () => {
    const { engine, sampler, value } = await useContainers();
    const web = seedService(engine, 'web');
    await sampler.sample();
    await eventually(() => (engine.state.stream?.subscribers() ?? 0) > 0);
    engine.state.stream?.emit('oom', web);
    engine.state.stream?.cut();
    await eventually(() => (engine.state.stream?.subscribers() ?? 0) > 0);
    engine.state.stream?.emit('oom', web);
    await eventually(async () => {
      await sampler.sample();
      expect(await value('container_oom_events_total', 'demo-web-1')).toBe(2);
    });
  });

  it('tells health and state, one of each being 1', async () => {
    const { engine, sampler, value } = await useContainers();
    seedService(engine, 'web', {}, { healthyAfter: 'never' });
    seedService(engine, 'plain', {}, { healthyAfter: 'none' });
    await sampler.sample();
    expect(await value('container_health', 'demo-web-1', ',health="unhealthy"')).toBe(1);
    expect(await value('container_health', 'demo-web-1', ',health="healthy"')).toBe(0);
    expect(await value('container_health', 'demo-plain-1', ',health="none"')).toBe(1);
    expect(await value('container_state', 'demo-web-1', ',state="running"')).toBe(1);
    expect(await value('container_state', 'demo-web-1', ',state="exited"')).toBe(0);
  });
});

describe('a container that is gone', () => {
  it('disappears when the engine says so, before the next look', async () => {
    const { engine, sampler, linesOf } = await useContainers();
    const web = seedService(engine, 'web');
    await sampler.sample();
    expect(await linesOf('demo-web-1')).not.toEqual([]);
    await eventually(() => (engine.state.stream?.subscribers() ?? 0) > 0);
    engine.people.dockerStop(web);
    await eventually(async () => expect(await linesOf('demo-web-1')).toEqual([]));
  });

  it('has only its state while it is stopped, and is not measured', async () => {
    const { engine, sampler, linesOf } = await useContainers();
    engine.people.dockerStop(seedService(engine, 'web'));
    await sampler.sample();
    const lines = await linesOf('demo-web-1');
    expect(lines).toHaveLength(7);
    expect(lines).toContain('container_state{project="demo",service="web",replica="demo-web-1",state="exited"} 1');
    expect(endings(engine)).toBe(0);
  });

  it('leaves nothing behind when it was removed, even without events', async () => {
    const { engine, sampler, registry } = await useContainers();
    delete engine.state.stream;
    seedService(engine, 'web');
    await sampler.sample();
    engine.state.containers = [];
    await sampler.sample();
    expect(await registry.metrics()).not.toContain('demo-web-1');
  });

  it('costs the others nothing when it vanishes in the middle of a look', async () => {
    const { engine, sampler, linesOf, registry } = await useContainers();
    const web = seedService(engine, 'web');
    seedService(engine, 'mail');
    engine.fail({ on: new RegExp(`${web.Id}/stats`), how: 404 });
    await sampler.sample();
    expect(await linesOf('demo-web-1')).toEqual([]);
    expect(await linesOf('demo-mail-1')).not.toEqual([]);
    expect(await registry.metrics()).toContain('container_scrape_error 0');
  });
});

describe('an engine in trouble', () => {
  it('leaves a gap after three intervals, never an old value for ever, and is told', async () => {
    const { engine, sampler, pass, linesOf, registry } = await useContainers();
    seedService(engine, 'web');
    await sampler.sample();
    engine.fail({ on: /stats/, how: 500 });
    pass(10_000);
    await sampler.sample();
    expect(await linesOf('demo-web-1')).not.toEqual([]);
    expect(await registry.metrics()).toContain('container_scrape_error 1');
    pass(10_000);
    await sampler.sample();
    expect(await linesOf('demo-web-1')).toEqual([]);
    engine.recover();
    await sampler.sample();
    expect(await linesOf('demo-web-1')).not.toEqual([]);
    expect(await registry.metrics()).toContain('container_scrape_error 0');
  });

  it('that hangs does not hold a scrape up, nor the next look for longer than its own deadlines', async () => {
    const { engine, sampler, registry } = await useContainers({ intervalMs: 200 });
    seedService(engine, 'web');
    seedService(engine, 'mail');
    await sampler.sample();
    engine.fail({ on: /web-1|stats/, how: 'hang' });
    const looking = sampler.sample();
    const before = performance.now();
    expect(await registry.metrics()).toContain('demo-mail-1');
    expect(performance.now() - before).toBeLessThan(100);
    await looking;
    expect(performance.now() - before).toBeLessThan(5_000);
    expect(await registry.metrics()).toContain('container_scrape_error 1');
  });

  it('is asked for four containers at a time at most, and for inspections of those only that changed', async () => {
    const { engine, sampler } = await useContainers();
    for (let number = 1; number <= 20; number++) seedService(engine, 'web', { number }, { healthyAfter: 1 });
    await sampler.sample();
    await sampler.sample();
    engine.requests.length = 0;
    await sampler.sample();
    const asked = engine.requests.map(({ url }) => url.replace(/^.*\//, '').replace(/\?.*/, ''));
    expect(asked.filter((what) => what === 'stats')).toHaveLength(20);
    expect(asked).toHaveLength(21);
  });
});
