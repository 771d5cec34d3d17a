import * as z from 'zod';

/** A whole number from 0 to `max`: the values of faults are bounded, because a demonstration must not take the machine. */
export const upTo = (max: number) => {
  const message = `must be a whole number from 0 to ${max}`;
  return z.int(message).min(0, message).max(max, message).optional();
};

/** Faults of the process itself, the same in every service: fields of the body of `PUT /faults`. */
export const processFaultShape = {
  cpuBurnThreads: upTo(4).meta({ description: 'Keeps this many cores busy.' }),
  eventLoopBlockMs: upTo(2_000).meta({
    description: 'The main thread waits this long in one call, again and again, and answers nothing meanwhile.',
  }),
  fileDescriptorsPerSecond: upTo(1_000).meta({
    description: 'Opens this many more files each second and never closes them, up to 4000.',
  }),
};
