import { type Clock, systemClock } from '@stack/service-kit/clock';

/** For deadlines: milliseconds since the process started. The wall clock may be set back, and a wait would last for hours. */
export const monotonicClock: Clock = { ...systemClock, now: () => performance.now() };
