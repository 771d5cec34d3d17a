import type { ActionOptions, ActionResult } from '../runtime.ts';
import type { Acting, Failure } from './acting.ts';
import { nameOf } from './clone-container.ts';
import { serviceOf } from './compose-labels.ts';
import { findDependents } from './find-dependents.ts';
import { inspectAll } from './inspect-all.ts';
import { isHalfMade, listReplicas } from './project-scope.ts';
import type { RestartTarget } from './restart-replicas.ts';

type Restart = (target: RestartTarget) => Promise<ActionResult>;

/** Refusals that say that a dependent is not ours to touch. The restart of its parent was right all the same. */
const leftAlone = new Set(['not_opted_in', 'protected_target', 'held_by_person', 'changing', 'target_missing']);

/**
 * Restarts what a restart of `service` takes with it, as `docker compose restart` does since 2.17, after the parent is healthy.
 * A dependent that has not opted in is left as it is, and the answer says so.
 * @param restartedIds the containers of `service` that were restarted
 * @param restart restarts a dependent, with what depends on it in turn
 * @returns a sentence for each dependent, or the failure of the first that did not come back
 */
export async function restartDependents(
  { engine, scope }: Acting,
  service: string,
  restartedIds: readonly string[],
  { signal, onStep }: ActionOptions,
  restart: Restart,
): Promise<string[] | Failure> {
  const listed = [...(await listReplicas(engine, scope)).values()].flat().filter((one) => !isHalfMade(one));
  const project = [...(await inspectAll(engine, listed, signal)).values()];
  const { cutOff, followers } = findDependents(service, restartedIds, project);
  const targets = [
    ...cutOff.map((one) => ({ service: serviceOf(one.Config.Labels), replica: one.Id, called: nameOf(one) })),
    ...followers.map((name) => ({ service: name, called: `the service ${name}` })),
  ];
  const notes: string[] = [];
  for (const { called, ...target } of targets) {
    signal?.throwIfAborted();
    const why = 'replica' in target ? `shares the network of ${service}` : `restarts with ${service}`;
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
