import type { Lifecycle } from '@stack/service-kit/lifecycle';
import type { Logger } from '@stack/service-kit/logger';
import type { Registry } from 'prom-client';
import type { Runtime } from '../runtime/runtime.ts';
import { registerContainerMetrics } from './container-metrics.ts';
import type { ContainerSample } from './container-sample.ts';
import { createContainerSampler } from './container-sampler.ts';

export interface WatchContainersOptions {
  runtime: Runtime;
  /** 0 measures nothing. */
  intervalMs: number;
  /** Where `container_*` goes; undefined when another process exports it. */
  registry: Registry | undefined;
  lifecycle: Lifecycle;
  logger: Logger;
}

/** Measures the runtime's containers for as long as the process lives. @returns what was seen last */
export function watchContainers(options: WatchContainersOptions): () => readonly ContainerSample[] {
  const { runtime, intervalMs, registry, lifecycle, logger } = options;
  if (!runtime.meter || intervalMs === 0) return () => [];
  const sampler = createContainerSampler({ meter: runtime.meter, intervalMs, logger });
  if (registry) registerContainerMetrics(registry, sampler);
  sampler.start();
  lifecycle.onStop('container metrics', () => sampler.stop());
  return sampler.current;
}
