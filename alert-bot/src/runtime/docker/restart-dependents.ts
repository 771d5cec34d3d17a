import type { ActionOptions, ActionResult, AffectedReplica } from '../runtime.ts';
import type { Acting, Failure } from './acting.ts';
import { nameOf } from './clone-container.ts';
import { type Dependents, findDependents, type Neighbour } from './find-dependents.ts';
import type { FoundTarget } from './find-target.ts';
import { inspectAll, inspectUnlessGone } from './inspect-all.ts';
import { allTargets, isHalfMade, listContainers } from './project-scope.ts';
import type { RestartTarget } from './restart-replicas.ts';

type Restart = (target: RestartTarget) => Promise<ActionResult>;

/** Refusals that say that a dependent is not ours to touch. The restart of its parent was right all the same. */
const leftAlone = new Set(['not_opted_in', 'protected_target', 'held_by_person', 'changing', 'target_missing']);

/**
 * Restarts what a restart of `parent` takes with it, as `docker compose restart` does since 2.17, after the parent is healthy.
 * A dependent that has not opted in is left as it is, and the answer says so.
 * @param restarted the containers of `parent` that were restarted
 * @param restart restarts a dependent, with what depends on it in turn
 * @returns a sentence for each dependent, or the failure of the first that did not come back
 */
export async function restartDependents(
  acting: Acting,
  parent: Omit<FoundTarget, 'replicas' | 'halfMade'>,
  restarted: readonly AffectedReplica[],
  { signal, onStep }: ActionOptions,
  restart: Restart,
): Promise<string[] | Failure> {
  const { cutOff, followers, stranded } = findDependents(parent, restarted, await findNeighbours(acting, signal));
  const targets = [
    ...cutOff.map(({ name, container }) => ({
      service: name.target,
      replica: container.Id,
      called: nameOf(container),
    })),
    ...followers.map((text) => ({ service: text, called: `the service ${text}` })),
  ];
  const notes = await describeStranded(acting, stranded);
  for (const { called, ...target } of targets) {
    signal?.throwIfAborted();
    const why = 'replica' in target ? `shares the network of ${parent.target}` : `restarts with ${parent.target}`;
    const result = await restart(target);
    if (!result.ok && !leftAlone.has(result.code)) return { ...result, message: `${called} ${why}: ${result.message}` };
    const note = result.ok
      ? `${called} ${why} and was restarted too`
      : `${called} ${why} and was not restarted: ${result.message}`;
    notes.push(note, ...((result.ok && result.notes) || []));
    onStep?.({ step: 'dependent', detail: note });
  }
  return notes;
}

/** It was made for a container that has been recreated since: no start can help it. */
async function describeStranded({ engine }: Acting, stranded: Dependents['stranded']): Promise<string[]> {
  const gone = await Promise.all(
    stranded.map(async (one) => ((await inspectUnlessGone(engine, one.owner)) ? [] : [one])),
  );
  return gone.flat().map(({ container, owner }) => {
    const what = `${nameOf(container)} shares the network of a container that is gone (${owner.slice(0, 12)})`;
    return `${what}: only "docker compose up -d" can make it again`;
  });
}

/** Also those that may not be touched: they are named. */
async function findNeighbours({ engine, scope }: Acting, signal: AbortSignal | undefined): Promise<Neighbour[]> {
  const targets = [...allTargets(await listContainers(engine, scope), scope).values()];
  const listed = targets.flatMap((target) => target.listed.map((one) => ({ ...one, target })));
  const whole = listed.filter((one) => !isHalfMade(one));
  const seen = await inspectAll(engine, whole, signal);
  return whole.flatMap(({ Id, target: { listed: _, ...name } }) => {
    const container = seen.get(Id);
    return container ? [{ name, container }] : [];
  });
}
