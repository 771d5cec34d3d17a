import { type ActionOptions, RuntimeUnavailable } from '../runtime.ts';
import { type Acting, engineFailure, type Failure, failure, waitFor } from './acting.ts';
import { cloneContainer, replicaName } from './clone-container.ts';
import { type CloneRefusal, findCloneRefusal } from './clone-refusal.ts';
import { labelOf, labels, replicaNumber } from './compose-labels.ts';
import type { DockerEngine } from './docker-engine.ts';
import { hasStatus, tolerate } from './engine-error.ts';
import type { ContainerInspect, CreateBody } from './engine-types.ts';
import { findLacking, findLackingEndpoint } from './find-lacking.ts';
import { findInjectedFiles, injectFiles } from './injected-files.ts';

/** `name_taken`: the caller should look again. */
export type AddOutcome = Failure | 'name_taken' | { id: string; name: string };

/**
 * Clones one replica, starts the clone and waits until it is healthy. Whatever fails after the creation removes the clone again.
 * @param taken numbers that turned out to be in use although the list does not show them; added to
 */
export async function addReplica(
  acting: Acting,
  replicas: readonly ContainerInspect[],
  taken: Set<number>,
  options: ActionOptions,
): Promise<AddOutcome> {
  const number = Math.max(0, ...taken, ...replicas.map(({ Config }) => replicaNumber(Config.Labels))) + 1;
  let prepared: Prepared;
  try {
    prepared = await prepareClone(acting.engine, chooseSource(replicas), number);
  } catch (error) {
    return engineFailure(error, 'to read the replica to clone');
  }
  if ('refusal' in prepared) return failure('not_scalable', prepared.refusal.message);
  options.onStep?.({ step: 'creating', replica: prepared.name });
  let id: string;
  try {
    id = await acting.engine.create(prepared.name, prepared.body);
  } catch (error) {
    if (!hasStatus(error, 409)) return engineFailure(error, `to create ${prepared.name}`);
    taken.add(number);
    return 'name_taken';
  }
  return (await completeClone(acting, id, prepared, options)) ?? { id, name: prepared.name };
}

interface ClonePlan {
  source: ContainerInspect;
  name: string;
  /** For `create`; on API < 1.44 it carries one endpoint, and `laterEndpoints` the others. */
  body: CreateBody;
  laterEndpoints: CreateBody['NetworkingConfig']['EndpointsConfig'];
}

type Prepared = ClonePlan | { refusal: CloneRefusal };

async function prepareClone(engine: DockerEngine, source: ContainerInspect, number: number): Promise<Prepared> {
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
function chooseSource(replicas: readonly ContainerInspect[]): ContainerInspect {
  const original = replicas.find(({ Config }) => labelOf(Config.Labels, labels.replace) === undefined);
  return (original ?? replicas[0]) as ContainerInspect;
}

/** API < 1.44 takes one endpoint at creation, that of `NetworkMode`, and answers 400 to two. */
export function splitEndpoints(body: CreateBody, apiVersion: string): Pick<ClonePlan, 'body' | 'laterEndpoints'> {
  const [major = 0, minor = 0] = apiVersion.split('.').map(Number);
  const all = body.NetworkingConfig.EndpointsConfig;
  if (major > 1 || minor >= 44 || Object.keys(all).length < 2) return { body, laterEndpoints: {} };
  const primary =
    body.HostConfig.NetworkMode && Object.hasOwn(all, body.HostConfig.NetworkMode)
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
    const endpoint = findLackingEndpoint(plan.source, await engine.inspect(id));
    if (endpoint) return await refuseHalfMade(engine, id, plan.name, endpoint);
    const files = await findInjectedFiles(engine, plan.source);
    if ('refusal' in files) {
      await discard(engine, id);
      return failure('not_scalable', `The service cannot have more than one replica: ${files.refusal}.`);
    }
    await injectFiles(engine, id, files);
    options.signal?.throwIfAborted();
    options.onStep?.({ step: 'starting', replica: plan.name });
    await tolerate(engine.start(id), 304);
    started = true;
    const verdict = await waitFor(acting, id, options);
    if (!verdict.healthy) {
      await discard(engine, id);
      const code = verdict.code === 'target_missing' ? 'conflict' : verdict.code; // somebody removed it
      return failure(code, `The new replica ${plan.name} was removed again, because ${verdict.message}.`, true);
    }
    const lacking = findLacking(plan.source, await engine.inspect(id));
    if (lacking) return await refuseHalfMade(engine, id, plan.name, lacking);
    options.onStep?.({ step: 'healthy', replica: plan.name });
    return undefined;
  } catch (error) {
    // One that runs is left alone: it may be healthy the next moment, and the next scaling counts it.
    if (!started) await discard(engine, id);
    const gone = `Somebody removed ${plan.name}, or a network of it, while it was made.`;
    if (hasStatus(error, 404)) return failure('conflict', gone, true);
    return engineFailure(error, `to bring up ${plan.name}`);
  }
}

async function refuseHalfMade(engine: DockerEngine, id: string, name: string, lacking: string): Promise<Failure> {
  await discard(engine, id);
  return failure('not_scalable', `The engine made ${name} without ${lacking}; it was removed again.`);
}

/** Best effort: what stays is recognised by its label and removed by the next scaling. */
async function discard(engine: DockerEngine, id: string): Promise<void> {
  try {
    await tolerate(engine.remove(id, { force: true }), 404, 409);
  } catch (error) {
    if (!(error instanceof RuntimeUnavailable) && !hasStatus(error, 500)) throw error;
  }
}
