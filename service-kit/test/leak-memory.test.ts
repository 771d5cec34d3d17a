import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createFakeClock } from '@stack/test-kit/fake-clock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leakMemory } from '../src/leak-memory.ts';
import { type OwnMemory, readOwnMemory } from '../src/own-memory.ts';

const megabyte = 1024 ** 2;

describe('a memory leak', () => {
  /** What it has kept after so many seconds at one megabyte a second, on top of 50 MB. */
  async function leakedAfter(seconds: number, upTo: number | undefined, limitBytes: number | undefined) {
    const clock = createFakeClock();
    const ending = new AbortController();
    let leakedMb = 0;
    const readMemory = (): OwnMemory => ({
      usedBytes: (50 + leakedMb) * megabyte,
      ...(limitBytes !== undefined && { limitBytes }),
    });
    const onLeak = () => {
      leakedMb += 1;
    };
    void leakMemory({ mbPerSecond: 1, upTo }, { clock, signal: ending.signal, onLeak, readMemory });
    await clock.advance((seconds - 1) * 1_000);
    ending.abort();
    return leakedMb;
  }

  it('grows in steps of a megabyte', async () => {
    expect(await leakedAfter(7, undefined, 100 * megabyte)).toBe(7);
  });

  it('stops at 95 % of the limit, which the rule sees and the kernel does not', async () => {
    expect(await leakedAfter(100, undefined, 100 * megabyte)).toBe(45);
  });

  it('stops at the share that was asked for', async () => {
    expect(await leakedAfter(100, 0.8, 100 * megabyte)).toBe(30);
  });

  it('goes on past the limit when it was asked to, until the kernel ends it', async () => {
    expect(await leakedAfter(100, 1, 100 * megabyte)).toBe(100);
  });

  it('stops at 256 MB where there is no limit', async () => {
    expect(await leakedAfter(400, 1, undefined)).toBe(256);
  });
});

describe('our own memory', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'cgroup-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const write = (files: Record<string, string>) => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  };

  it('is read from cgroup v2, without the page cache that can be taken back', () => {
    write({
      'memory.max': '402653184\n',
      'memory.current': '100000\n',
      'memory.stat': 'anon 1\ninactive_file 30000\n',
    });
    expect(readOwnMemory(undefined, root)).toEqual({ usedBytes: 70_000, limitBytes: 402_653_184 });
  });

  it('is read from cgroup v1', () => {
    write({
      'memory/memory.limit_in_bytes': '201326592\n',
      'memory/memory.usage_in_bytes': '100000\n',
      'memory/memory.stat': 'inactive_file 5\ntotal_inactive_file 40000\n',
    });
    expect(readOwnMemory(undefined, root)).toEqual({ usedBytes: 60_000, limitBytes: 201_326_592 });
  });

  it.each([
    ['no limit in cgroup v2', { 'memory.max': 'max\n', 'memory.current': '5\n', 'memory.stat': '' }],
    [
      'no limit in cgroup v1',
      { 'memory/memory.limit_in_bytes': '9223372036854771712', 'memory/memory.usage_in_bytes': '5' },
    ],
    ["the machine's own limit", { 'memory.max': String(64 * 1024 ** 3), 'memory.current': '5' }],
    ['no cgroup at all', {}],
  ])('has the limit that was configured with %s', (_, files) => {
    write(files);
    expect(readOwnMemory(undefined, root).limitBytes).toBeUndefined();
    const configured = readOwnMemory(384 * megabyte, root);
    expect(configured.limitBytes).toBe(384 * megabyte);
    expect(configured.usedBytes).toBeGreaterThan(10 * megabyte);
  });
});
