import type { ContainerSample } from '../containers/container-sample.ts';
import type { HealerViews, ReplicaView } from '../healer/views.ts';

const mebibyte = 1_048_576;

/** The views with what each replica used when it was last measured. One that is not measured has no memory, never 0. */
export function withMemory(views: HealerViews, samples: () => readonly ContainerSample[]): HealerViews {
  return {
    ...views,
    services: async () => {
      const view = await views.services();
      const usages = new Map(samples().map((sample) => [sample.id, sample.usage]));
      const measured = (replica: ReplicaView): ReplicaView => {
        const memory = memoryOf(usages.get(replica.id));
        return memory ? { ...replica, memory } : replica;
      };
      return {
        ...view,
        services: view.services.map((service) => ({ ...service, replicas: service.replicas.map(measured) })),
      };
    },
  };
}

/** In whole MiB: a page has no use for more, and the stream tells only what changes. */
function memoryOf(usage: ContainerSample['usage']): ReplicaView['memory'] {
  if (usage?.memoryWorkingSetBytes === undefined) return undefined;
  const { memoryWorkingSetBytes: used, memoryLimitBytes: limit } = usage;
  return { usedMiB: Math.round(used / mebibyte), limitMiB: limit === undefined ? null : Math.round(limit / mebibyte) };
}
