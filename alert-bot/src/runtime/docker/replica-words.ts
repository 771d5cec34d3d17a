import { nameOf } from './clone-container.ts';
import { labelOf, labels, serviceOf } from './compose-labels.ts';
import type { ContainerInspect, Endpoint } from './engine-types.ts';
import { isPrometheusImage } from './image-role.ts';

/** What an alert's `instance` may call a replica: each word means this one container of its project and no other. */
export interface ReplicaWords {
  addressesOf(container: ContainerInspect): string[];
  namesOf(container: ContainerInspect): string[];
}

/**
 * Addresses count only on the networks that Prometheus scrapes. An address of a dead container may be that of a living one on
 * another network: after `down` and `up` the networks of a project can swap their subnets.
 * @param home the bot's own project, in which the name `prometheus` alone tells what a service is
 * @param scrapeNetwork the network's name, with a project's prefix or without; found by Prometheus' container when unset
 */
export function createReplicaWords(
  home: string,
  containers: readonly ContainerInspect[],
  scrapeNetwork?: string,
): ReplicaWords {
  const scraped = findScrapedNetworks(home, containers, scrapeNetwork);
  const onScraped = (container: ContainerInspect) => addressesOn(container, scraped);
  const isOwnAddress = createOwnership(containers, onScraped);
  const named = createOwnership(containers, wordsInProject);
  const isOwnName = (container: ContainerInspect) => (word: string) => named(inProject(container, word));
  return {
    addressesOf: (container) => onScraped(container).filter(isOwnAddress),
    namesOf: (container) => wordsOf(container).filter(isOwnName(container)),
  };
}

/** Undefined when it cannot be told: then every network may be one. */
function findScrapedNetworks(
  home: string,
  containers: readonly ContainerInspect[],
  scrapeNetwork: string | undefined,
): ReadonlySet<string> | undefined {
  const projects = containers.map(projectOf);
  if (scrapeNetwork !== undefined)
    return new Set([scrapeNetwork, ...projects.map((project) => `${project}_${scrapeNetwork}`)]);
  const scrapers = containers.filter(
    (one) =>
      (projectOf(one) === home && serviceOf(one.Config.Labels) === 'prometheus') || isPrometheusImage(one.Config.Image),
  );
  const networks = scrapers.flatMap(({ NetworkSettings }) => Object.keys(NetworkSettings.Networks ?? {}));
  // on the host's own network it reaches them all
  return networks.length === 0 || networks.includes('host') ? undefined : new Set(networks);
}

function addressesOn({ NetworkSettings }: ContainerInspect, networks: ReadonlySet<string> | undefined): string[] {
  const endpoints = Object.entries(NetworkSettings.Networks ?? {});
  return endpoints
    .filter(([network]) => networks?.has(network) ?? true)
    .flatMap(([, { IPAddress, GlobalIPv6Address }]) => [IPAddress, GlobalIPv6Address])
    .filter((address): address is string => address !== undefined && address !== '');
}

function wordsOf(container: ContainerInspect): string[] {
  const { Id, Config, NetworkSettings } = container;
  const aliases = Object.values(NetworkSettings.Networks ?? {}).flatMap(aliasesOf);
  const words = [nameOf(container), Id.slice(0, 12), Id, ...aliases, Config.Hostname ?? ''];
  const service = serviceOf(Config.Labels); // means all of its replicas, also while there is only one
  return [...new Set(words.filter((word) => word !== '' && word !== service))];
}

const projectOf = ({ Config }: ContainerInspect): string => labelOf(Config.Labels, labels.project) ?? '';

/** Host names and aliases of two projects may be the same; each project is looked at for itself. */
const inProject = (container: ContainerInspect, word: string): string => `${projectOf(container)}/${word}`;

const wordsInProject = (container: ContainerInspect): string[] =>
  wordsOf(container).map((word) => inProject(container, word));

const aliasesOf = ({ Aliases, DNSNames }: Endpoint): string[] => [...(Aliases ?? []), ...(DNSNames ?? [])];

/** Tells of a word whether one container only has it. */
function createOwnership(
  containers: readonly ContainerInspect[],
  wordsIn: (container: ContainerInspect) => string[],
): (word: string) => boolean {
  const count = new Map<string, number>();
  for (const container of containers)
    for (const word of new Set(wordsIn(container))) count.set(word, (count.get(word) ?? 0) + 1);
  return (word) => count.get(word) === 1;
}
