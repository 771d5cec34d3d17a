import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { canLimitMemory, createMemoryLimit, type MemoryLimit } from '../src/memory-limit.ts';

const limits: MemoryLimit[] = [];
afterEach(() => {
  for (const limit of limits.splice(0)) limit.remove();
});

async function takeMebibytes(mebibytes: number, limit: MemoryLimit) {
  const script = `const taken = Buffer.alloc(${mebibytes} * 1048576, 1); process.exit(taken[7] === 1 ? 0 : 3)`;
  const { command, args } = limit.wrap(process.execPath, ['-e', script]);
  const child: ChildProcess = spawn(command, args, { stdio: 'ignore' });
  const [code, signal] = await once(child, 'exit');
  return { code, signal };
}

describe.skipIf(!canLimitMemory())('a memory limit', () => {
  const create = (mebibytes: number) => {
    const limit = createMemoryLimit(mebibytes);
    limits.push(limit);
    return limit;
  };

  it('lets a process live that stays below, and says how much it used', async () => {
    const limit = create(256);
    expect(await takeMebibytes(50, limit)).toEqual({ code: 0, signal: null });
    expect(limit.wasKilled()).toBe(false);
    expect(limit.peakBytes()).toBeGreaterThan(50 * 1_048_576);
    expect(limit.peakBytes()).toBeLessThan(256 * 1_048_576);
  });

  it('kills a process that goes over it, and says so', async () => {
    const limit = create(128);
    expect(await takeMebibytes(300, limit)).toEqual({ code: null, signal: 'SIGKILL' });
    expect(limit.wasKilled()).toBe(true);
  });
});
