import { isOwnHostname } from './clone-container.ts';
import { labels } from './compose-labels.ts';
import type { ContainerInspect } from './engine-types.ts';

/**
 * What a running clone lacks of its source, in words; undefined when nothing. An engine may leave out what it does not
 * understand and still answer 201: Podman's API drops the networks of a creation. Such a replica would be up and do nothing.
 */
export function findLacking(source: ContainerInspect, clone: ContainerInspect): string | undefined {
  return (
    lackingNetwork(source, clone) ??
    lackingMount(source, clone) ??
    lackingVariable(source, clone) ??
    lackingPolicy(source, clone) ??
    lackingLabel(source, clone)
  );
}

/** A network that a clone was not even put on, in words; known as soon as it is made, before anything in it runs. */
export function findLackingEndpoint(source: ContainerInspect, clone: ContainerInspect): string | undefined {
  const has = new Set(Object.keys(clone.NetworkSettings.Networks ?? {}));
  const missing = Object.keys(source.NetworkSettings.Networks ?? {}).find((name) => !has.has(name));
  return missing && `the network ${missing}`;
}

type Check = (source: ContainerInspect, clone: ContainerInspect) => string | undefined;

const lackingNetwork: Check = (source, clone) => {
  const has = new Map(Object.entries(clone.NetworkSettings.Networks ?? {}));
  const wanted = Object.entries(source.NetworkSettings.Networks ?? {});
  const missing = wanted.find(([name, { IPAddress }]) => !has.has(name) || (IPAddress && !has.get(name)?.IPAddress));
  return missing && `an address on the network ${missing[0]}`;
};

/** Where the engine reports the mounts of the source, it must report those of the clone. */
const lackingMount: Check = (source, clone) => {
  const reported = new Set(reportedMounts(source));
  const has = new Set(reportedMounts(clone));
  const asked = new Set(askedMounts(clone));
  const missing = askedMounts(source).find((path) => !has.has(path) && (reported.has(path) || !asked.has(path)));
  return missing && `the mount ${missing}`;
};

const reportedMounts = ({ Mounts }: ContainerInspect): string[] => (Mounts ?? []).map(({ Destination }) => Destination);

function askedMounts({ HostConfig, Config }: ContainerInspect): string[] {
  return [
    ...(HostConfig.Binds ?? []).map((bind) => bind.split(':')[1] ?? ''),
    ...(HostConfig.Mounts ?? []).map(({ Target }) => Target),
    ...Object.keys(Config.Volumes ?? {}),
  ].filter((path) => path !== '');
}

/** Without its value: variables hold secrets. */
const lackingVariable: Check = (source, clone) => {
  const has = new Set(clone.Config.Env ?? []);
  const missing = (source.Config.Env ?? []).find((entry) => !has.has(entry) && !isOwnHostname(source, entry));
  return missing && `the variable ${missing.split('=')[0]}`;
};

const lackingPolicy: Check = ({ HostConfig }, clone) => {
  const wanted = HostConfig.RestartPolicy?.Name || 'no';
  return (clone.HostConfig.RestartPolicy?.Name || 'no') === wanted ? undefined : `the restart policy ${wanted}`;
};

/** The number is its own, and it replaced nothing. */
const lackingLabel: Check = (source, clone) => {
  const own = new Set<string>([labels.number, labels.replace, labels.clonedFrom]);
  const has = new Map(Object.entries(clone.Config.Labels));
  const missing = Object.entries(source.Config.Labels).find(
    ([name, value]) => !own.has(name) && has.get(name) !== value,
  );
  return missing && `the label ${missing[0]}`;
};
