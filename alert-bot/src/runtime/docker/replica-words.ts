import { nameOf } from './clone-container.ts';
import { serviceOf } from './compose-labels.ts';
import type { ContainerInspect, Endpoint } from './engine-types.ts';
import { isPrometheusImage } from './image-role.ts';

/** What an alert's `instance` may call a replica: each word means this one container of the project and no other. */
export interface ReplicaWords {
  addressesOf(container: ContainerInspect): string[];
  namesOf(container: ContainerInspect): string[];
}

/**
 * Addresses count only on the networks that Prometheus scrapes. An address of a dead container may be that of a living one on
 * another network: after `down` and `up` the networks of a project can swap their subnets.
 * @param scrapeNetwork the network's name, with the project's prefix or without; found by Prometheus' container when unset
 */
export function createReplicaWords(
  project: string,
  containers: readonly ContainerInspect[],
  scrapeNetwork?: string,
): ReplicaWords {
  const scraped = findScrapedNetworks(project, containers, scrapeNetwork);
  const onScraped = (container: ContainerInspect) => addressesOn(container, scraped);
  const isOwnAddress = createOwnership(containers, onScraped);
  const isOwnName = createOwnership(containers, wordsOf);
  return {
    addressesOf: (container) => onScraped(container).filter(isOwnAddress),
    namesOf: (container) => wordsOf(container).filter(isOwnName),
  };
}

/** Undefined when it cannot be told: then every network may be one. */
function findScrapedNetworks(
  project: string,
  containers: readonly ContainerInspect[],
  scrapeNetwork: string | undefined,
): ReadonlySet<string> | undefined {
  if (scrapeNetwork !== undefined) return new Set([scrapeNetwork, `${project}_${scrapeNetwork}`]);
  const scrapers = containers.filter(
    ({ Config }) => serviceOf(Config.Labels) === 'prometheus' || isPrometheusImage(Config.Image),
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
