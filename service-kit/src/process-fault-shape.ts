import * as z from 'zod';

/** A whole number from 0 to `max`: the values of faults are bounded, because a demonstration must not take the machine. */
export const upTo = (max: number) => {
  const message = `must be a whole number from 0 to ${max}`;
  return z.int(message).min(0, message).max(max, message).optional();
};

const leakMessage = 'must be a number from 0.1 to 1';

/** Faults of the process itself, the same in every service: fields of the body of `PUT /faults`. */
export const processFaultShape = {
  memoryLeakMbPerSecond: upTo(64).meta({
    description:
      'Keeps this many more megabytes each second, up to `memoryLeakUpTo` of the memory limit; 256 MB where there is no limit.',
  }),
  memoryLeakUpTo: z.number(leakMessage).min(0.1, leakMessage).max(1, leakMessage).optional().meta({
    description: 'Of the leak: the share of the limit at which it stops; 0.95 when absent. 1: the kernel ends it.',
  }),
  cpuBurnThreads: upTo(4).meta({ description: 'Keeps this many cores busy.' }),
  eventLoopBlockMs: upTo(2_000).meta({
    description: 'The main thread waits this long in one call, again and again, and answers nothing meanwhile.',
  }),
  fileDescriptorsPerSecond: upTo(1_000).meta({
    description: 'Opens this many more files each second and never closes them, up to 4000.',
  }),
};
