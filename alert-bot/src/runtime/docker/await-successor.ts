import type { ActionOptions, AffectedReplica } from '../runtime.ts';
import { type Acting, type Failure, failure, waitFor } from './acting.ts';
import { nameOf } from './clone-container.ts';
import { numberOf } from './container-target.ts';
import type { ContainerInspect } from './engine-types.ts';
import { findTarget } from './find-target.ts';

/** How long compose may take between removing a container and starting the one that replaces it. */
export const successorMs = 10_000;

/** What is remembered of a replica that may be replaced meanwhile. */
export interface KnownReplica {
  id: string;
  name: string;
  number: number;
  startedAt: string;
}

export const toKnownReplica = (seen: ContainerInspect): KnownReplica => ({
  id: seen.Id,
  name: nameOf(seen),
  number: numberOf(seen),
  startedAt: seen.State.StartedAt,
});

/**
 * Somebody else replaced or restarted a replica while we were about to restart it, as `docker compose up` does. That is a restart:
 * its successor, or the same container with a new start time, only has to become healthy.
 * @param waitMs how long the successor may take to appear
 * @returns undefined when there is none
 */
export async function awaitSuccessor(
  acting: Acting,
  service: string,
  before: KnownReplica,
  options: ActionOptions,
  waitMs: number,
): Promise<AffectedReplica | Failure | undefined> {
  const successor = await untilThere(acting, service, before, options, waitMs);
  if (!successor) return undefined;
  const name = nameOf(successor);
  options.onStep?.({ step: 'replaced', replica: name, detail: 'somebody else restarted it' });
  const verdict = await waitFor(acting, successor.Id, options);
  if (!verdict.healthy)
    return failure(verdict.code, `${before.name} was restarted by somebody else, but ${verdict.message}.`, true);
  options.onStep?.({ step: 'healthy', replica: name });
  return { id: successor.Id, name, startedAt: verdict.startedAt, previousStartedAt: before.startedAt };
}

async function untilThere(
  { engine, scope, clock, pollMs }: Acting,
  service: string,
  before: KnownReplica,
  { signal }: ActionOptions,
  waitMs: number,
): Promise<ContainerInspect | undefined> {
  for (const deadline = clock.now() + waitMs; ; await clock.sleep(pollMs, signal)) {
    signal?.throwIfAborted();
    const found = await findTarget(engine, scope, service);
    const replicas = 'refusal' in found ? [] : found.replicas;
    const successor = replicas.find((replica) => replica.State.Running && follows(replica, before));
    if (successor || clock.now() >= deadline) return successor;
  }
}

function follows(replica: ContainerInspect, before: KnownReplica): boolean {
  if (replica.Id === before.id) return replica.State.StartedAt !== before.startedAt;
  return before.number > 0 && numberOf(replica) === before.number;
}
