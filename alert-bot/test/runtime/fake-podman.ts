import type { ContainerInspect, CreateBody, Endpoint } from '../../src/runtime/docker/engine-types.ts';

/** What `GET /version` of Podman 4.3 says. */
export const podmanVersion = {
  Platform: { Name: 'linux/amd64/debian-12' },
  Components: [{ Name: 'Podman Engine', Version: '4.3.1', Details: { APIVersion: '4.3.1', MinAPIVersion: '4.0.0' } }],
  Version: '4.3.1',
};

/**
 * An inspection as Podman shows it, seen with 4.3: the mode `bridge` for every user network, a health without a status where there is no
 * healthcheck, the host name among the variables, every alias of the container with its short id.
 */
export function presentAsPodman(inspect: ContainerInspect): ContainerInspect {
  const { HostConfig, State, Config } = inspect;
  const mode = HostConfig.NetworkMode ?? '';
  if (!/^(host|none|container:.*)$/.test(mode)) HostConfig.NetworkMode = 'bridge';
  State.Health ??= { Status: '', FailingStreak: 0, Log: null };
  const own = (Config.Env ?? []).some((entry) => entry.startsWith('HOSTNAME='));
  if (!own) Config.Env = [...(Config.Env ?? []), 'container=podman', `HOSTNAME=${Config.Hostname}`];
  return inspect;
}

/** The networks of a creation: those that are named, else the one that Podman has for containers without. */
export function podmanNetworks({ NetworkingConfig }: CreateBody): Record<string, Endpoint> {
  const named = NetworkingConfig?.EndpointsConfig ?? {};
  return Object.keys(named).length > 0 ? named : { podman: {} };
}
