import { type ActionOptions, RuntimeUnavailable } from '../runtime.ts';
import { type Acting, engineFailure, type Failure, failure, waitFor } from './acting.ts';
import { cloneContainer, replicaName } from './clone-container.ts';
import { type CloneRefusal, findCloneRefusal } from './clone-refusal.ts';
import { labels, replicaNumber } from './compose-labels.ts';
import type { DockerEngine } from './docker-engine.ts';
import { hasStatus, tolerate } from './engine-error.ts';
import type { ContainerInspect, ContainerSummary, CreateBody } from './engine-types.ts';
import { findInjectedFiles, injectFiles } from './injected-files.ts';

/**
 * Clones one replica, starts the clone and waits until it is healthy. Whatever fails after the creation removes the clone again.
 * @param taken numbers that turned out to be in use although the list does not show them; added to
 * @returns nothing when it worked, `name_taken` when the caller should look again
 */
export async function addReplica(
  acting: Acting,
  replicas: ContainerSummary[],
  taken: Set<number>,
  options: ActionOptions,
): Promise<Failure | 'name_taken' | undefined> {
  const number = Math.max(0, ...taken, ...replicas.map(({ Labels }) => replicaNumber(Labels))) + 1;
  let prepared: Prepared;
  try {
    prepared = await prepareClone(acting.engine, replicas, number);
  } catch (error) {
    return engineFailure(error, 'to read the replica to clone');
  }
  if ('refusal' in prepared) return failure('not_scalable', prepared.refusal.message);
  options.onStep?.({ step: 'creating', replica: prepared.name });
  try {
    const id = await acting.engine.create(prepared.name, prepared.body);
    return await completeClone(acting, id, prepared, options);
  } catch (error) {
    if (hasStatus(error, 409)) {
      taken.add(number);
      return 'name_taken';
    }
    return engineFailure(error, `to create ${prepared.name}`);
  }
}

interface ClonePlan {
  source: ContainerInspect;
  name: string;
  /** For `create`; on API < 1.44 it carries one endpoint, and `laterEndpoints` the others. */
  body: CreateBody;
  laterEndpoints: CreateBody['NetworkingConfig']['EndpointsConfig'];
}

type Prepared = ClonePlan | { refusal: CloneRefusal };

async function prepareClone(engine: DockerEngine, replicas: ContainerSummary[], number: number): Promise<Prepared> {
  const source = await engine.inspect(chooseSource(replicas).Id);
  const refusal = findCloneRefusal(source);
  if (refusal) return { refusal };
  const name = replicaName(source, number);
  const currentImageId = await engine.imageId(source.Config.Image).catch((error) => {
    if (hasStatus(error, 403, 404, 405)) return undefined;
    throw error;
  });
  const body = cloneContainer(source, { number, name, currentImageId });
  return { source, name, ...splitEndpoints(body, await engine.apiVersion()) };
}

/** The lowest number that compose made in one go: a container that replaced another one carries pinned volumes. */
function chooseSource(replicas: ContainerSummary[]): ContainerSummary {
  const original = replicas.find(({ Labels }) => !(labels.replace in Labels));
  return (original ?? replicas[0]) as ContainerSummary;
}

/** API < 1.44 takes one endpoint at creation, that of `NetworkMode`, and answers 400 to two. */
export function splitEndpoints(body: CreateBody, apiVersion: string): Pick<ClonePlan, 'body' | 'laterEndpoints'> {
  const [major = 0, minor = 0] = apiVersion.split('.').map(Number);
  const all = body.NetworkingConfig.EndpointsConfig;
  if (major > 1 || minor >= 44 || Object.keys(all).length < 2) return { body, laterEndpoints: {} };
  const primary =
    body.HostConfig.NetworkMode && body.HostConfig.NetworkMode in all
      ? body.HostConfig.NetworkMode
      : Object.keys(all)[0];
  const pick = (isPrimary: boolean) =>
    Object.fromEntries(Object.entries(all).filter(([network]) => (network === primary) === isPrimary));
  return { body: { ...body, NetworkingConfig: { EndpointsConfig: pick(true) } }, laterEndpoints: pick(false) };
}

async function completeClone(
  acting: Acting,
  id: string,
  plan: ClonePlan,
  options: ActionOptions,
): Promise<Failure | undefined> {
  const { engine } = acting;
  let started = false;
  try {
    for (const [network, endpoint] of Object.entries(plan.laterEndpoints))
      await engine.connectNetwork(network, id, endpoint);
    await injectFiles(engine, id, await findInjectedFiles(engine, plan.source));
    options.signal?.throwIfAborted();
    options.onStep?.({ step: 'starting', replica: plan.name });
    await tolerate(engine.start(id), 304);
    started = true;
    const verdict = await waitFor(acting, id, options);
    if (verdict.healthy) return void options.onStep?.({ step: 'healthy', replica: plan.name });
    await discard(engine, id);
    return failure(verdict.code, `The new replica ${plan.name} was removed again, because ${verdict.message}.`, true);
  } catch (error) {
    // One that runs is left alone: it may be healthy the next moment, and the next scaling counts it.
    if (!started) await discard(engine, id);
    return engineFailure(error, `to bring up ${plan.name}`);
  }
}

/** Best effort: what stays is recognised by its label and removed by the next scaling. */
async function discard(engine: DockerEngine, id: string): Promise<void> {
  try {
    await tolerate(engine.remove(id, { force: true }), 404, 409);
  } catch (error) {
    if (!(error instanceof RuntimeUnavailable) && !hasStatus(error, 500)) throw error;
  }
}
