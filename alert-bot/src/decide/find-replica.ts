import type { Replica } from '../runtime/runtime.ts';

/**
 * The host of an `instance` label as Prometheus, probes and people write it: `10.0.0.7:8001`, `[fd00::7]:8001`,
 * `[::ffff:10.0.0.7]:8001`, `http://10.0.0.7:8001/metrics`, `shop-web-1:8080`, or any of them without a port.
 */
export function hostOf(instance: string): string {
  const address = instance
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/[/?#].*$/s, '')
    .replace(/^[^@]*@/, '');
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(address)?.[1];
  const host = bracketed ?? (address.split(':').length > 2 ? address : address.replace(/:\d+$/, ''));
  return host.toLowerCase().replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '');
}

/** `host:port` of the label, for replicas that share an address and differ by their port. */
const hostAndPort = (instance: string): string => {
  const port = /:(\d+)(?:[/?#].*)?$/s.exec(instance.trim())?.[1];
  return port === undefined ? hostOf(instance) : `${hostOf(instance)}:${port}`;
};

/** Every replica that the label `instance` may mean: more than one is one too many to act on. */
export function replicasAt(instance: string, replicas: readonly Replica[]): Replica[] {
  const full = hostAndPort(instance);
  const host = hostOf(instance);
  if (host === '') return [];
  const withPort = replicas.filter(({ addresses }) => addresses.includes(full));
  return withPort.length > 0 ? withPort : replicas.filter((replica) => isCalled(replica, host));
}

function isCalled({ id, name, addresses, names = [] }: Replica, host: string): boolean {
  if (addresses.some((address) => address.toLowerCase() === host)) return true;
  if (/^[0-9a-f]{12,64}$/.test(host) && id.toLowerCase().startsWith(host)) return true;
  return name.toLowerCase() === host || names.some((other) => other.toLowerCase() === host);
}
