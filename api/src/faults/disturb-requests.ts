import type { Clock } from '@stack/service-kit/clock';
import { ProblemError } from '@stack/service-kit/problems';
import type { RequestHandler, Response } from 'express';
import type { FaultName } from './fault-names.ts';
import type { ApiFaults } from './fault-shape.ts';

export interface DisturbanceOptions {
  clock: Clock;
  random: () => number;
  current: () => Partial<ApiFaults>;
  /** Aborts when the faults that are on now are changed or end. */
  signal: () => AbortSignal;
  onInjected: (fault: FaultName) => void;
}

/**
 * Latency, hang and errors, in this order, for the routes that it stands in front of. It runs inside the route, so the
 * histogram measures it under the route's own path. Requests that wait go on at once when the fault ends.
 */
export function disturbRequests({ clock, random, current, signal, onInjected }: DisturbanceOptions): RequestHandler {
  return (_req, res, next) => {
    const { latencyMs, hang, errorRate } = current();
    if (!latencyMs && !hang && !errorRate) return next();
    return disturb(res).then((goesOn) => goesOn && next());

    async function disturb(response: Response): Promise<boolean> {
      const ended = signal();
      if (latencyMs) {
        onInjected('latency');
        await clock.sleep(latencyMs, ended);
      }
      if (hang && !ended.aborted) {
        onInjected('hang');
        if (!(await hangUntil(ended, response))) return false;
      }
      if (errorRate && !ended.aborted && random() < errorRate) {
        onInjected('error_rate');
        throw new ProblemError('fault_injected', { detail: 'DELETE /faults ends it, and so does a restart.' });
      }
      return true;
    }
  };
}

/** Resolves to whether somebody still waits for the answer. */
function hangUntil(ended: AbortSignal, res: Response): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = () => {
      ended.removeEventListener('abort', finish);
      res.off('close', finish);
      resolve(!res.closed);
    };
    ended.addEventListener('abort', finish);
    res.on('close', finish);
  });
}
