import type { Logger } from './logger.ts';
import { withTimeout } from './timeout.ts';

export interface Lifecycle {
  /** Names a release right after its acquisition. Releases run last in, first out. */
  onStop(name: string, release: () => unknown): void;
  /** Releases everything once, however often it is called. Resolves to the names of the steps that failed. */
  stop(): Promise<readonly string[]>;
}

export interface LifecycleOptions {
  logger: Logger;
  /** How long one release may take, in milliseconds, before it counts as failed and the next one runs. */
  stepTimeoutMs?: number;
}

/** Collects what must be released and releases it in reverse order; a step that fails or hangs stops none of the others. */
export function createLifecycle({ logger, stepTimeoutMs = 8_000 }: LifecycleOptions): Lifecycle {
  const steps: { name: string; release: () => unknown }[] = [];
  let stopping: Promise<readonly string[]> | undefined;

  async function releaseAll(): Promise<readonly string[]> {
    const failed: string[] = [];
    for (let step = steps.pop(); step; step = steps.pop()) {
      const { name, release } = step;
      try {
        await withTimeout(Promise.resolve().then(release), stepTimeoutMs, `stopping ${name}`);
        logger.debug({ step: name }, 'stopped');
      } catch (err) {
        failed.push(name);
        logger.error({ err, step: name }, 'a stop step failed');
      }
    }
    return failed;
  }

  return {
    onStop: (name, release) => void steps.push({ name, release }),
    stop: () => {
      stopping ??= releaseAll();
      return stopping;
    },
  };
}
