import type { DockerEngine } from './docker-engine.ts';
import { hasStatus } from './engine-error.ts';
import type { ContainerInspect } from './engine-types.ts';
import { mapLimited } from './map-limited.ts';

/** Each call is a connection of its own. */
const maxAtOnce = 16;

/** Inspects containers, by id. Those that are gone by now are left out. */
export async function inspectAll(
  engine: DockerEngine,
  containers: readonly { Id: string }[],
  signal?: AbortSignal,
): Promise<Map<string, ContainerInspect>> {
  const seen = await mapLimited(containers, maxAtOnce, async ({ Id }) => {
    signal?.throwIfAborted();
    return inspectUnlessGone(engine, Id);
  });
  return new Map(seen.filter((one) => one !== undefined).map((one) => [one.Id, one]));
}

export async function inspectUnlessGone(engine: DockerEngine, id: string): Promise<ContainerInspect | undefined> {
  try {
    return await engine.inspect(id);
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}
