import { type Labels, labelOf, labels } from '../runtime/docker/compose-labels.ts';
import type { DockerEngine } from '../runtime/docker/docker-engine.ts';
import type { ContainerInspect, ContainerSummary } from '../runtime/docker/engine-types.ts';
import { findOwnContainer, readSelfEvidence, type SelfEvidence } from '../runtime/docker/own-container.ts';

/** A container as the engine's list has it, with the few things that `init` and `doctor` look at. */
export interface Surveyed {
  id: string;
  name: string;
  /** Undefined for a container that no compose project made. */
  project: string | undefined;
  service: string | undefined;
  image: string;
  state: string;
  /** In words, as `docker ps` has it: `Up 2 hours (healthy)`. */
  status: string;
  /** Host ports that it takes. */
  ports: number[];
  labels: Labels;
  networks: string[];
  /** `container:<id>` for one that lives in the network of another. */
  networkMode: string;
  /** Where in it something is mounted. */
  mounts: string[];
  command: string;
  /** The folder of the compose file. */
  folder: string | undefined;
}

export interface Survey {
  engine: { kind: 'Docker' | 'Podman'; version: string; apiVersion: string };
  containers: Surveyed[];
  /** The container that this process lives in; undefined when it lives in none of this engine. */
  own: ContainerInspect | undefined;
}

/** What the engine's list says beside what the adapter reads of it. */
interface Listed extends ContainerSummary {
  Image?: string;
  Command?: string;
  Status?: string;
  Ports?: { PublicPort?: number }[];
  NetworkSettings?: { Networks?: Record<string, unknown> | null };
  HostConfig?: { NetworkMode?: string };
  Mounts?: { Destination?: string }[];
}

/** Looks at the engine: every container, and which of them we are. @throws EngineError, EngineUnreachable */
export async function surveyEngine(
  engine: DockerEngine,
  self: () => Promise<SelfEvidence> = readSelfEvidence,
): Promise<Survey> {
  const { version, apiVersion, isPodman } = await engine.version();
  const containers = (await engine.listContainers()).map(toSurveyed);
  const own = await findOwnContainer(engine, await self());
  return {
    engine: { kind: isPodman ? 'Podman' : 'Docker', version, apiVersion },
    containers,
    own: own && (await engine.inspect(own.id)),
  };
}

function toSurveyed(listed: Listed): Surveyed {
  const of = listed.Labels ?? {};
  return {
    id: listed.Id,
    name: (listed.Names?.[0] ?? listed.Id.slice(0, 12)).replace(/^\//, ''),
    project: labelOf(of, labels.project),
    service: labelOf(of, labels.service),
    image: listed.Image ?? '',
    state: listed.State,
    status: listed.Status ?? '',
    ports: (listed.Ports ?? []).flatMap(({ PublicPort }) => PublicPort ?? []),
    labels: of,
    networks: Object.keys(listed.NetworkSettings?.Networks ?? {}),
    networkMode: listed.HostConfig?.NetworkMode ?? '',
    mounts: (listed.Mounts ?? []).map(({ Destination = '' }) => Destination),
    command: listed.Command ?? '',
    folder: labelOf(of, 'com.docker.compose.project.working_dir'),
  };
}

/** What a person calls it. */
export const titleOf = ({ project, service, name }: Surveyed): string =>
  project !== undefined && service !== undefined ? `${project}/${service}` : name;

/** The image's own label, which every container of it inherits. */
const ownTitle = 'observability-stack-alert-bot';

/** A container that runs the bot itself, not its agent and none of its commands. */
export const isBot = (one: Surveyed): boolean =>
  isOfOurImage(one) && !/\b(agent|doctor|init|simulate|check-runbooks|--help|--version)\b/.test(commandOf(one));

export const isOfOurImage = ({ labels: of }: Surveyed): boolean =>
  labelOf(of, 'org.opencontainers.image.title') === ownTitle;

const commandOf = ({ command }: Surveyed): string => command.replace(/^\S*alert-bot\b/, '');

/** By the image's name, whatever its registry and tag are. */
export const isImage = ({ image }: Surveyed, ...names: string[]): boolean => {
  const path = image.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
  return names.some((name) => path === name || path.endsWith(`/${name}`));
};
