import { eventually } from '@stack/test-kit/eventually';
import { expect, it } from 'vitest';
import { createManagedProcess } from '../src/managed-process.ts';
import { loadMemoryLimits } from '../src/memory-limits.ts';
import { createProcessMeter } from '../src/process-meter.ts';
import { protectedGroup, replicaId } from '../src/replica-group.ts';
import { hastyTimes } from './support/hasty-times.ts';

const megabyte = 1024 ** 2;

/** A process that holds 60 MB and another one, which it started, that holds 30. */
const script = `
const { spawn } = require('node:child_process');
globalThis.kept = Buffer.alloc(60 * 1024 * 1024, 1);
const child = spawn(process.execPath, ['-e', 'globalThis.kept = Buffer.alloc(30 * 1024 * 1024, 1); setInterval(() => {}, 1000)']);
process.on('SIGTERM', () => { child.kill(); process.exit(0); });
setInterval(() => {}, 1000);
`;

it.skipIf(process.platform !== 'linux')(
  'a process is measured with what it started, against the limit of compose',
  async () => {
    const spec = { name: 'api', command: process.execPath, args: ['-e', script], env: { PATH: process.env['PATH'] } };
    const managed = createManagedProcess(spec, () => undefined, hastyTimes);
    const name = 'demo-api-1';
    const group = protectedGroup('api', { id: replicaId(name), name, number: 1, addresses: [], process: managed });
    const meter = createProcessMeter({
      project: 'demo',
      groups: () => [group],
      memoryLimits: new Map([['api', 384 * megabyte]]),
    });
    const look = async () => (await meter.look(AbortSignal.timeout(5_000))).samples[0];
    managed.start();
    try {
      await eventually(async () => {
        const sample = await look();
        expect(sample).toMatchObject({ project: 'demo', service: 'api', replica: name, state: 'running' });
        expect(sample?.usage?.memoryWorkingSetBytes).toBeGreaterThan(90 * megabyte);
        expect(sample?.usage?.memoryWorkingSetBytes).toBeLessThan(250 * megabyte);
        expect(sample?.usage?.memoryLimitBytes).toBe(384 * megabyte);
        expect(sample?.usage?.cpuSeconds).toBeGreaterThan(0);
        expect(sample?.usage?.startedAtSeconds).toBeGreaterThan(Date.now() / 1_000 - 60);
      });
    } finally {
      await managed.stop();
    }
    expect(await look()).toMatchObject({ state: 'exited' });
    expect(await look()).not.toHaveProperty('usage');
  },
);

it('the limits are those of the compose file', async () => {
  const limits = await loadMemoryLimits();
  expect(limits.get('api')).toBe(384 * megabyte);
  expect(limits.get('worker')).toBe(192 * megabyte);
});
