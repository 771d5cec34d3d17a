import { fieldOf, labelsOf, listOf } from '../json.ts';
import type { Neighbour } from '../neighbour.ts';

/** A fault that somebody has switched on, as the service itself says. */
export interface InjectedFault {
  service: string;
  instance: string;
  fault: string;
}

export interface InjectedFaults {
  current(): readonly InjectedFault[];
  look(): Promise<void>;
}

/** `api_fault_active{fault="latency"} 1`; a sample of a replica that is gone says nothing any more. */
const query = 'last_over_time({__name__=~"[a-z]+_fault_active"}[15s]) == 1';
const mostFaults = 20;

/** Keeps in mind which faults are switched on, so that nobody hunts what somebody injected. Unknown counts as none. */
export function createInjectedFaults({ ask }: Pick<Neighbour, 'ask'>): InjectedFaults {
  let faults: readonly InjectedFault[] = [];
  return {
    current: () => faults,
    look: async () => {
      const answer = await ask('api/v1/query', [['query', query]], { optional: true, heavy: true });
      faults = answer.ok ? readFaults(answer.body) : [];
    },
  };
}

function readFaults(body: unknown): InjectedFault[] {
  const samples = listOf(fieldOf(fieldOf(body, 'data'), 'result'));
  return samples
    .map((sample) => labelsOf(fieldOf(sample, 'metric')))
    .flatMap((labels) => {
      const [service, instance, fault] = ['job', 'instance', 'fault'].map((name) => labels.get(name));
      return service && instance && fault ? [{ service, instance, fault }] : [];
    })
    .slice(0, mostFaults);
}
