import type { Clock } from '@stack/service-kit/clock';
import { normalTarget, plainProject } from '../../targets/target-name.ts';
import { monotonicClock } from '../monotonic-clock.ts';
import { type ActionResult, type Observation, type Runtime, RuntimeUnavailable } from '../runtime.ts';
import { type Acting, engineFailure, unlessAborted } from './acting.ts';
import type { KnownReplica } from './await-successor.ts';
import { collectEvidence } from './collect-evidence.ts';
import { createDockerEngine, type DockerEngine } from './docker-engine.ts';
import { createEndNotes } from './end-notes.ts';
import { EngineError } from './engine-error.ts';
import { createContainerMeter } from './measure-containers.ts';
import { observeProject } from './observe-project.ts';
import { createOtherBots } from './other-bots.ts';
import { findOwnContainer, type OwnContainer, readSelfEvidence, type SelfEvidence } from './own-container.ts';
import { createOwnEndings } from './own-endings.ts';
import type { ProjectScope } from './project-scope.ts';
import { defaultProtectedServices } from './protection.ts';
import { createRecentChanges } from './recent-changes.ts';
import { createRememberedInspections } from './remembered-inspections.ts';
import { restartReplicas } from './restart-replicas.ts';
import { scaleService } from './scale-service.ts';
import { createEngineWatch } from './watch-engine.ts';
import { watchScope } from './watch-scope.ts';

export interface DockerRuntimeOptions {
  /** `unix:///path` (the default, /var/run/docker.sock) or `tcp://host:port`. */
  dockerHost?: string | undefined;
  /** DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, as the Docker CLI has them. */
  tlsVerify?: string | undefined;
  certPath?: string | undefined;
  /** The home project; found from the container that this process lives in when unset. */
  project?: string | undefined;
  /** Where else it may act; `*` is wherever a container opted in. */
  projects?: readonly string[] | undefined;
  /** A label that opts a container in, as `self-healing.enable` does. */
  optInLabel?: string | undefined;
  /** Compose services of the home project that are never touched, on top of the one that this process belongs to. */
  protectedServices?: readonly string[];
  /** The network that Prometheus scrapes, with the project's prefix or without; found by its container when unset. */
  scrapeNetwork?: string | undefined;
  /** Whether it only observes where an older bot acts. */
  standsBack?: boolean;
  /** How long an engine call may take that neither stops nor starts anything, in milliseconds. */
  callTimeoutMs?: number;
  /** What making, starting or removing a container may take, on top of the grace that it has for stopping. */
  startAllowanceMs?: number;
  /** Time between two looks at a container that is becoming healthy, in milliseconds. */
  pollMs?: number;
  /** How long a container without a healthcheck must run without a break to count as healthy, in milliseconds. */
  steadyMs?: number;
  /** How often the list of containers is compared with what the engine's events told, in milliseconds. */
  compareMs?: number;
}

export interface DockerRuntimeOverrides {
  engine?: DockerEngine;
  /** For deadlines: must not go back. */
  clock?: Clock;
  now?: () => number;
  self?: () => Promise<SelfEvidence>;
}

/**
 * Compose projects and plain containers on a Docker engine. Which is the home project, and which container is our own, is found out at the first call that the
 * engine answers, so a bot whose engine is away starts anyway.
 * @throws RuntimeUnavailable (every method) when the engine does not answer, or answers with an error to a mere question
 */
export function createDockerRuntime(
  options: DockerRuntimeOptions = {},
  overrides: DockerRuntimeOverrides = {},
): Runtime {
  const { dockerHost = 'unix:///var/run/docker.sock', pollMs = 100, steadyMs = 5_000 } = options;
  const { clock = monotonicClock, now = Date.now, self = readSelfEvidence } = overrides;
  const engine = overrides.engine ?? createDockerEngine({ ...options, dockerHost });
  const scope = once(() => asking(() => findScope(engine, options, self)));
  const ends = createEndNotes(() => monotonicClock.now());
  const changes = createRecentChanges(now);
  const events = createEngineWatch(engine, {
    now: () => monotonicClock.now(),
    compareMs: options.compareMs,
    onEvent: (event) => {
      ends.take(event);
      changes.take(event);
      inspections.forget(event.id);
    },
    onBreak: () => inspections.forgetAll(),
  });
  const inspections = createRememberedInspections(engine, {
    now: () => monotonicClock.now(),
    isHeard: () => events.isHeard(),
  });
  const measure = createContainerMeter(engine, { now: () => monotonicClock.now(), oomKillsOf: ends.oomKillsOf });
  const witnesses = { events, own: createOwnEndings() };
  const otherBots = options.standsBack === true ? createOtherBots(engine, () => monotonicClock.now()) : undefined;
  const lastSeen = new Map<string, KnownReplica>();
  const acting = async (): Promise<Acting> => {
    return { engine, scope: await scope(), witnesses, lastSeen, clock, pollMs, steadyMs };
  };
  const touching = async (target: string): Promise<Acting> => {
    const how = await acting();
    inspections.touch(normalTarget(target, how.scope.home));
    return how;
  };
  const listen = async () => events.start(watchScope(engine, await scope(), witnesses));

  return {
    observe: async (signal) => {
      const observer = { engine, inspections, scope: await scope(), witnesses, changes, otherBots, now };
      const observation = await asking(() => observeProject(observer, signal));
      remember(lastSeen, observation);
      await listen();
      return observation;
    },
    restart: async (target, actionOptions) => {
      const how = await touching(target.service);
      return unlessAborted(actionOptions, () => orFailure(restartReplicas(how, target, actionOptions), 'to restart'));
    },
    scale: async ({ service }, change, actionOptions) => {
      const how = await touching(service);
      return unlessAborted(actionOptions, () =>
        orFailure(scaleService(how, service, change, actionOptions), 'to scale'),
      );
    },
    meter: {
      look: async (signal) => {
        await listen();
        return asking(async () => measure(await scope(), signal));
      },
      hasEndedSince: ends.hasEndedSince,
    },
    // captured right before an action, whose last look comes after it
    evidence: (service, replica) =>
      asking(async () => collectEvidence(engine, (await touching(service)).scope, service, replica)),
    ping: async () => {
      await asking(() => engine.ping());
      void listen().catch(() => undefined); // so that it listens before the first alert; observe tells what is wrong
    },
    watch: (signal) => {
      void listen().catch(() => undefined); // the first look that the engine answers begins it otherwise
      return events.watch(signal);
    },
    close: async () => events.close(),
  };
}

/** How many replicas are remembered by their ids. */
const maxRemembered = 2_000;

function remember(known: Map<string, KnownReplica>, { services }: Observation): void {
  for (const { replicas } of services.values())
    for (const { id, name, number, startedAt } of replicas) {
      known.delete(id);
      known.set(id, { id, name, number, startedAt });
    }
  for (const id of known.keys()) if (known.size > maxRemembered) known.delete(id);
}

async function findScope(
  engine: DockerEngine,
  options: DockerRuntimeOptions,
  self: () => Promise<SelfEvidence>,
): Promise<ProjectScope> {
  const { projects = [], optInLabel, protectedServices = defaultProtectedServices, scrapeNetwork } = options;
  const own = await findOwnContainer(engine, await self());
  return {
    home: findHome(options, own),
    projects,
    optInLabel,
    protectedServices,
    ownContainerId: own?.id,
    ownImageId: own?.imageId,
    ownCommand: own?.command,
    scrapeNetwork,
  };
}

/**
 * Outside of compose the plain containers are at home. A bot that does not find its own container must be told where it may
 * act: a guess could be another project than the last time, with another memory.
 */
function findHome({ project, projects = [] }: DockerRuntimeOptions, own: OwnContainer | undefined): string {
  const home = project ?? own?.project;
  if (home) return home;
  if (own || projects.length > 0) return plainProject;
  const why = 'it does not run in a container of this engine';
  throw new RuntimeUnavailable(`The bot does not know where to act: ${why}. Set COMPOSE_PROJECT, or PROJECTS.`);
}

/** Remembers the first success and asks again after a failure. */
function once<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  return () => {
    found ??= find().catch((error) => {
      found = undefined;
      throw error;
    });
    return found;
  };
}

/** An engine that answers a question with an error cannot be reached for our purposes. */
async function asking<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new RuntimeUnavailable(`The Docker engine answered ${error.status}: ${error.message}`, { cause: error });
  }
}

const orFailure = (action: Promise<ActionResult>, doing: string) =>
  action.catch((error) => engineFailure(error, doing));
