import { labels, replicaNumber, serviceOf } from './compose-labels.ts';
import type { ContainerConfig, ContainerInspect, CreateBody, Endpoint, HostConfig } from './engine-types.ts';

export interface CloneOptions {
  /** The new replica's number. */
  number: number;
  /** The new container's name, see `replicaName`. */
  name: string;
  /** The id that `Config.Image` resolves to today; undefined when it resolves to nothing. */
  currentImageId: string | undefined;
}

/** `<project>-<service>-<n>`, with the separator that the source has (`_` under COMPOSE_COMPATIBILITY). */
export function replicaName(source: ContainerInspect, number: number): string {
  const of = source.Config.Labels;
  const separator = nameOf(source) === composeName(of, '_', replicaNumber(of)) ? '_' : '-';
  return composeName(of, separator, number);
}

/** Whether compose chose the name by itself. A `container_name` can exist only once. */
export const hasGeneratedName = (source: ContainerInspect): boolean =>
  isGeneratedName(nameOf(source), source.Config.Labels);

/** Whether `name` is what compose would call the replica with these labels. */
export const isGeneratedName = (name: string, of: ContainerConfig['Labels']): boolean =>
  ['-', '_'].some((separator) => name === composeName(of, separator, replicaNumber(of)));

export const nameOf = (source: ContainerInspect): string => source.Name.replace(/^\//, '');

/** Podman shows the host name that it gave the container among its variables. */
export const isOwnHostname = (source: ContainerInspect, entry: string): boolean =>
  entry === `HOSTNAME=${shortId(source)}`;

const shortId = (source: ContainerInspect): string => source.Id.slice(0, 12);

const composeName = (of: ContainerConfig['Labels'], separator: string, number: number) =>
  [of[labels.project], serviceOf(of), number].join(separator);

/**
 * The create body of one more replica, from the inspection of an existing one: a copy, edited only where a copy would clash or
 * where the compose CLI would not take it for its own. Every edit was found by experiment against compose 2.40: its row is in
 * `clone-container.test.ts`. Endpoints are all of the source's networks; on API < 1.44 the caller connects all but one later.
 */
export function cloneContainer(source: ContainerInspect, options: CloneOptions): CreateBody {
  return {
    ...cloneConfig(source, options),
    HostConfig: cloneHostConfig(source),
    NetworkingConfig: { EndpointsConfig: cloneEndpoints(source, options.name) },
  };
}

function cloneConfig(source: ContainerInspect, options: CloneOptions): ContainerConfig {
  const config = structuredClone(source.Config);
  // config-hash is copied, never computed: `up`, `scale` and `config --hash` each compute another one.
  config.Labels = { ...config.Labels, [labels.number]: String(options.number), [labels.clonedFrom]: source.Id };
  delete config.Labels[labels.replace];
  if (config.Hostname === shortId(source) || isHostNetwork(source)) delete config.Hostname;
  if (config.Env) config.Env = config.Env.filter((entry) => !isOwnHostname(source, entry));
  delete config.MacAddress; // API >= 1.52 answers 400; before, two containers would share it
  config.Image = options.currentImageId === source.Image ? config.Image : source.Image; // a moved tag is another image
  const lost = anonymousBinds(source).map((bind) => bind.split(':')[1] as string);
  if (lost.length > 0) config.Volumes = { ...config.Volumes, ...Object.fromEntries(lost.map((path) => [path, {}])) };
  return config;
}

function cloneHostConfig(source: ContainerInspect): HostConfig {
  const host = structuredClone(source.HostConfig);
  delete host['ContainerIDFile'];
  if (host.Binds) host.Binds = host.Binds.filter((bind) => !anonymousBinds(source).includes(bind));
  if (host.Mounts) host.Mounts = host.Mounts.flatMap((mount) => cloneMount(mount, source.Config.Volumes ?? {}));
  return host;
}

type Mount = NonNullable<HostConfig['Mounts']>[number];

/** Compose pins the anonymous volume of a container that it recreates by name: copied, two replicas would share it. */
function cloneMount(mount: Mount, imageVolumes: Record<string, object>): Mount[] {
  if (mount.Type !== 'volume' || !isAnonymousVolume(mount.Source)) return [mount];
  if (mount.Target in imageVolumes) return [];
  const { Source: _, ...fresh } = mount;
  return [fresh];
}

const isAnonymousVolume = (name: string | undefined): boolean => /^[0-9a-f]{64}$/.test(name ?? '');

const anonymousBinds = (source: ContainerInspect): string[] =>
  (source.HostConfig.Binds ?? []).filter((bind) => isAnonymousVolume(bind.split(':')[0]));

const isHostNetwork = (source: ContainerInspect): boolean => source.HostConfig.NetworkMode === 'host';

/** Modes that take no endpoint settings: the engine answers 400 for aliases on them. */
const withoutEndpoints = /^(host|none|container:.*)$/;

/** The networks that an engine puts a container on when none is named: Docker's and Podman's. They take no aliases. */
const engineNetworks = new Set(['bridge', 'podman']);

/**
 * The endpoints are what the container has and not what its mode says: Podman shows the mode `bridge` for every user network, and
 * `docker network connect` leaves a container in that mode on another network too.
 */
function cloneEndpoints(source: ContainerInspect, name: string): Record<string, Endpoint> {
  if (withoutEndpoints.test(source.HostConfig.NetworkMode ?? '')) return {};
  const networks = Object.entries(source.NetworkSettings.Networks ?? {});
  if (networks.every(([network]) => engineNetworks.has(network))) return {};
  return Object.fromEntries(
    networks.map(([network, endpoint]) => [
      network,
      engineNetworks.has(network) ? {} : cloneEndpoint(endpoint, source, name),
    ]),
  );
}

/** Only what the user asked for. Addresses, MAC, ids and DNS names belong to the source; API >= 1.44 would honour the MAC. */
function cloneEndpoint(endpoint: Endpoint, source: ContainerInspect, name: string): Endpoint {
  const own = [nameOf(source), shortId(source), name];
  const clone: Endpoint = { Aliases: [name, ...(endpoint.Aliases ?? []).filter((alias) => !own.includes(alias))] };
  if (endpoint.Links) clone.Links = [...endpoint.Links];
  if (endpoint.DriverOpts) clone.DriverOpts = { ...endpoint.DriverOpts };
  if (endpoint.GwPriority) clone.GwPriority = endpoint.GwPriority; // absent before API 1.48
  return clone;
}
