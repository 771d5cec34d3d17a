import { hasGeneratedName, nameOf } from './clone-container.ts';
import type { ContainerInspect, Endpoint } from './engine-types.ts';

/** Why a service cannot have a second replica. Compose could not scale it either. */
export type CloneRefusalCode =
  | 'fixed_host_port'
  | 'container_name'
  | 'static_address'
  | 'mac_address'
  | 'shared_network_namespace'
  | 'auto_remove';

export interface CloneRefusal {
  code: CloneRefusalCode;
  message: string;
}

type Check = (source: ContainerInspect) => CloneRefusal | undefined;

const sharedNamespace: Check = ({ HostConfig }) => {
  const mode = HostConfig.NetworkMode ?? '';
  if (!/^(container|service):/.test(mode)) return undefined;
  return refusal('shared_network_namespace', `it lives in the network of another container (network_mode ${mode})`);
};

const containerName: Check = (source) => {
  if (hasGeneratedName(source)) return undefined;
  return refusal('container_name', `its name ${nameOf(source)} is fixed; remove container_name`);
};

/** An empty port, 0 or a range lets the engine choose. One fixed port fails at start with 500, so it is refused before. */
const fixedHostPort: Check = ({ HostConfig }) => {
  const bindings = Object.values(HostConfig.PortBindings ?? {}).flatMap((list) => list ?? []);
  const fixed = bindings.find(({ HostPort = '' }) => /^\d+$/.test(HostPort) && HostPort !== '0');
  return (
    fixed && refusal('fixed_host_port', `it publishes the fixed host port ${fixed.HostPort}; publish a range or none`)
  );
};

const staticAddress: Check = ({ NetworkSettings }) => {
  const pinned = Object.entries(NetworkSettings.Networks ?? {}).find(([, endpoint]) => pinnedAddress(endpoint));
  return (
    pinned &&
    refusal('static_address', `its address on the network ${pinned[0]} is fixed (${pinnedAddress(pinned[1])})`)
  );
};

const pinnedAddress = ({ IPAMConfig }: Endpoint): string | undefined =>
  IPAMConfig?.IPv4Address || IPAMConfig?.IPv6Address || IPAMConfig?.LinkLocalIPs?.[0] || undefined;

const macAddress: Check = ({ Config }) =>
  Config.MacAddress ? refusal('mac_address', `its MAC address is fixed (${Config.MacAddress})`) : undefined;

const autoRemove: Check = ({ HostConfig }) =>
  HostConfig['AutoRemove'] === true ? refusal('auto_remove', 'its container removes itself when it stops') : undefined;

const checks: Check[] = [sharedNamespace, containerName, fixedHostPort, staticAddress, macAddress, autoRemove];

/** The first reason why `source` cannot be cloned; undefined when it can. */
export function findCloneRefusal(source: ContainerInspect): CloneRefusal | undefined {
  for (const check of checks) {
    const found = check(source);
    if (found) return found;
  }
  return undefined;
}

function refusal(code: CloneRefusalCode, reason: string): CloneRefusal {
  return { code, message: `The service cannot have more than one replica: ${reason}.` };
}
