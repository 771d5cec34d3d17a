import { readdirSync } from 'node:fs';
import { createFakeClock } from '@stack/test-kit/fake-clock';
import { expect, it, vi } from 'vitest';
import { createFaults } from '../src/faults.ts';

it('a latency fault slows the processor until its duration is over', () => {
  const clock = createFakeClock();
  const faults = createFaults(clock);
  expect(faults.extraLatencyMs()).toBe(0);
  faults.state.replace({ latencyMs: 9_000 }, 60);
  expect(faults.extraLatencyMs()).toBe(9_000);
  expect(Object.entries(faults.active()).filter(([, on]) => on === 1)).toEqual([['latency', 1]]);
  clock.jump(59_999);
  expect(faults.extraLatencyMs()).toBe(9_000);
  clock.jump(1);
  expect(faults.extraLatencyMs()).toBe(0);
  expect(faults.state.report()).toEqual({ active: {}, until: null });
});

it('a loop that is not stalled is not held up for a single turn of the clock', async () => {
  await createFaults(createFakeClock()).whileStalled(new AbortController().signal);
});

it('a leak of files, like every fault of the process, ends with its duration', async () => {
  const open = () => readdirSync('/proc/self/fd').length;
  const clock = createFakeClock();
  const faults = createFaults(clock);
  const before = open();
  faults.state.replace({ fileDescriptorsPerSecond: 500 }, 60);
  faults.apply(faults.state.current());
  await clock.advance(2_000);
  expect(open()).toBeGreaterThan(before + 900);
  expect(faults.active().file_descriptor_leak).toBe(1);
  await clock.advance(58_000);
  await vi.waitFor(() => expect(open()).toBeLessThan(before + 50));
  expect(faults.active().file_descriptor_leak).toBe(0);
});
