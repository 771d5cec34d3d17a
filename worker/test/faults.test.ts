import { createFakeClock } from '@stack/test-kit/fake-clock';
import { expect, it } from 'vitest';
import { createFaults } from '../src/faults.ts';

it('a latency fault slows the processor until its duration is over', () => {
  const clock = createFakeClock();
  const faults = createFaults(clock);
  expect(faults.extraLatencyMs()).toBe(0);
  faults.state.replace({ latencyMs: 9_000 }, 60);
  expect(faults.extraLatencyMs()).toBe(9_000);
  expect(faults.active()).toEqual({ stall: 0, latency: 1, crash: 0 });
  clock.jump(59_999);
  expect(faults.extraLatencyMs()).toBe(9_000);
  clock.jump(1);
  expect(faults.extraLatencyMs()).toBe(0);
  expect(faults.state.report()).toEqual({ active: {}, until: null });
});

it('a loop that is not stalled is not held up for a single turn of the clock', async () => {
  await createFaults(createFakeClock()).whileStalled(new AbortController().signal);
});
